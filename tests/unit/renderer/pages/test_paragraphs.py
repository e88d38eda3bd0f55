"""Paragraphs: punctuation stays with its formula, lines read in their own direction."""

import re

from tests.unit.renderer.pages.fragments import html


def test_punctuation_stays_with_its_formula() -> None:
    assert re.search(r'<span class="n">\(<img[^>]*/>\),</span> puis', html("Soit ($x$), puis"))


def test_lines_read_in_their_own_direction() -> None:
    assert html("Le mot\nהנגזרת\nfin") == '<p>Le mot</p><p dir="rtl" data-lang="he">הנגזרת</p><p>fin</p>'


def test_a_page_holds_each_block_of_lines_and_the_last_two_stay_with_what_follows() -> None:
    assert [block.count("<br/>") + 1 for block in re.findall("<p>.*?</p>", html("\n".join(["x"] * 50)))] == [24, 24, 2]
    assert '<p>a</p><p class="k">b<br/>c</p><p class="math">' in html("a\nb\nc$$x$$")


def test_a_run_of_another_script_says_its_language() -> None:
    assert html("Il dit Здравствуйте, puis rien") == (
        '<p>Il dit <span data-lang="ru">Здравствуйте</span>, puis rien</p>'
    )
