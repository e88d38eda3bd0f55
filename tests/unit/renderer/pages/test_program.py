"""Programs: whole, numbered, their long lines marked."""

import re
from html import unescape

from contracts.states import WarningCode
from services.renderer.limits import Limits
from services.renderer.pages.program import CODE_COLUMNS
from tests.unit.renderer.pages.fragments import fragments_of


def test_code_is_whole_and_its_long_lines_are_marked() -> None:
    program = "x = 1\n" + "y" * (CODE_COLUMNS + 5)
    rows = re.findall(r"<p>(.*?)</p>", str(fragments_of().code(program)))
    assert [unescape(re.sub(r"<[^>]*>", "", row)) for row in rows] == [
        "  1 x = 1",
        f"  2 {'y' * CODE_COLUMNS}",
        "  ↪ yyyyy",
    ]


def test_code_over_the_limit_is_cut_and_says_so() -> None:
    fragments = fragments_of(Limits(answer_characters=10))
    markup = str(fragments.code("x" * 25))
    assert "x" * 10 in markup
    assert "x" * 11 not in markup
    assert "10/25" in markup
    assert [warning.code for warning in fragments.resources.warnings.values()] == [WarningCode.CONTENT_TRUNCATED]


def test_what_an_editor_leaves_in_a_program_takes_no_column_and_ends_its_lines() -> None:
    rows = re.findall(r"<p>(.*?)</p>", str(fragments_of().code("\ufeffx = 1\x0by = 2\n\u200b")))
    assert [unescape(re.sub(r"<[^>]*>", "", row)) for row in rows] == ["  1 x = 1", "  2 y = 2"]
