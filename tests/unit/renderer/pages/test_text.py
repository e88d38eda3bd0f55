"""Runs of text: shown whole, with one warning for each place."""

from contracts.states import WarningCode
from services.renderer.content.blocks import Truncation
from services.renderer.language.french import FRENCH
from services.renderer.limits import Limits
from services.renderer.pages.segment import SegmentContext
from services.renderer.pages.text import TextWriter
from tests.unit.renderer.pages.fragments import BOOK


def test_the_same_warning_is_given_once_a_place() -> None:
    segment = SegmentContext(BOOK, FRENCH, Limits(), submission_id="att-1")
    for where in ("", "", "", "Question 2"):
        TextWriter(segment, where).text("\u202e")
    assert [(warning.code, warning.submission_id) for warning in segment.resources.warnings.values()] == [
        (WarningCode.CHARACTER_REPLACED, "att-1")
    ] * 2


def test_what_the_fonts_do_not_have_is_shown_as_a_code_point() -> None:
    segment = SegmentContext(BOOK, FRENCH, Limits(), covers=lambda character: character != "ж")
    assert "U+0436" in TextWriter(segment, "").text("ж")


def test_what_is_left_out_is_said() -> None:
    segment = SegmentContext(BOOK, FRENCH, Limits())
    block = Truncation(WarningCode.TABLE_TRUNCATED, "rows", 3, 7)
    assert TextWriter(segment, "").truncation(block) == f'<p class="note">{FRENCH.warnings.table_truncated} (3/7)</p>'
    assert [warning.code for warning in segment.resources.warnings.values()] == [WarningCode.TABLE_TRUNCATED]
