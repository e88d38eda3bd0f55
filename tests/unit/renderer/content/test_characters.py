"""What was typed stays, character by character; what would act is shown."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.residue import cleaned
from services.renderer.content.characters import BOXES, LONGEST_WORD, STACKED_MARKS, Characters, reads_right_to_left

TAGS = re.compile(r"<[^>]*>")


def markup(text: str) -> str:
    return str(Characters().markup(text))


def test_everyday_text_is_left_alone() -> None:
    assert markup("L’élève a écrit « œuvre » : 3,5 € – voilà…") == "L’élève a écrit « œuvre » : 3,5 € – voilà…"


def test_markup_is_escaped() -> None:
    assert markup("<b>\"&'</b>") == "&lt;b&gt;&#34;&amp;&#39;&lt;/b&gt;"


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u206a", "\x00", "\x1b", "\x81", "\ue000", "\uf06c", "\ud800"]
)
def test_what_acts_or_hides_is_shown_by_its_code(character: str) -> None:
    characters = Characters()
    html = str(characters.markup(f"a{character}b"))
    assert html == f'a<span class="ctl">U+{ord(character):04X}</span>b'
    assert characters.shown == 1


def test_a_run_of_the_same_character_is_one_box() -> None:
    assert "U+202E\u00a0×3" in markup("\u202e" * 3)


def test_what_editors_leave_is_left_out_without_a_word() -> None:
    characters = Characters()
    html = str(characters.markup("\ufeffd\u0092un\u00ade\n\u200b\uf0b7 ligne\x0bet page\x0cdeux"))
    assert html == "d’une\n• ligne\net page\ndeux"
    assert characters.shown == 0


def test_marks_of_real_languages_are_kept() -> None:
    vietnamese = "e\u0302\u0301"
    assert markup(vietnamese) == vietnamese


def test_stacked_marks_are_counted_not_set() -> None:
    html = markup("z" + "\u0301" * 1_000)
    assert html.count("\u0301") == STACKED_MARKS
    assert f"+{1_000 - STACKED_MARKS}" in html


def test_different_marks_on_one_letter_count_together() -> None:
    marks = "\u0301\u0302\u0303\u0304\u0305\u0306"
    assert sum(mark in markup("z" + marks) for mark in marks) == STACKED_MARKS


def test_emoji_and_arabic_keep_their_joiners() -> None:
    family = "👩\u200d👩\u200d👧"
    assert markup(family) == family
    assert markup("می\u200cخواهم") == "می\u200cخواهم"


def test_joiners_in_a_row_are_shown() -> None:
    assert "U+200D\u00a0×9" in markup("a" + "\u200d" * 9)


def test_a_character_no_face_has_is_shown() -> None:
    characters = Characters(covers=lambda character: character != "ꙮ")
    assert "U+A66E" in str(characters.markup("ꙮ"))


def test_line_ends_of_every_system_are_line_breaks() -> None:
    assert markup("a\r\nb\rc\u2028d") == "a\nb\nc\nd"


def test_a_word_too_long_to_be_one_is_broken_and_whole() -> None:
    html = markup("a" * (3 * LONGEST_WORD))
    assert html.count("<br/>") == 2
    assert TAGS.sub("", html) == "a" * (3 * LONGEST_WORD)


def test_a_flood_of_spaces_is_counted() -> None:
    assert "U+0020\u00a0×50000" in markup(" " * 50_000 + "x")


def test_a_flood_of_boxes_is_counted() -> None:
    characters = Characters(marks_word="signes")
    html = str(characters.markup("a\u202e" * 5_000))
    assert html.count('class="ctl"') == BOXES + 1
    assert f"+{5_000 - BOXES} signes" in html
    assert characters.shown == 5_000


def test_a_hostile_text_takes_no_longer_than_it_is() -> None:
    begun = time.process_time()
    markup("é\u0301\u200b\u202ea" * 80_000)
    assert time.process_time() - begun < 5


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd", "Po", "Sm", "Zs", "Cf", "Mn", "Cc", "Co"])))
def test_no_letter_digit_or_sign_is_lost_or_added(text: str) -> None:
    def readable(value: str) -> list[str]:
        return [character for character in value if character.isalnum() and character not in "\u3164\uffa0\u115f\u1160"]

    text = cleaned(text)  # which has tests of its own

    boxed = re.sub(r'<span class="ctl">[^<]*</span>', "", markup(text))
    unescaped = boxed.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"').replace("&#39;", "'")
    assert readable(re.sub("<br/>", "", unescaped.replace("&amp;", "&"))) == readable(text)


@pytest.mark.parametrize(("text", "rtl"), [("שלום x", True), ("مرحبا", True), ("12 x שלום", False), ("…", False)])
def test_the_first_letter_decides_the_direction(text: str, rtl: bool) -> None:
    assert reads_right_to_left(text) is rtl


def test_a_long_word_is_broken_whatever_it_is_made_of() -> None:
    assert str(Characters().markup("e\u0301" * LONGEST_WORD * 2)).count("<br/>") == 3
    assert str(Characters().markup("e\u0301 " * LONGEST_WORD * 2)).count("<br/>") == 0


def test_more_joiners_than_a_word_has_are_shown() -> None:
    family = "\U0001f468\u200d" * 8
    assert "ctl" not in Characters().markup(f"{family} {family} {family}")
    assert str(Characters().markup(family * 3)).count("U+200D") == 8
