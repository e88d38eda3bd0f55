"""The parts of the front pages: each line in one, and no more in a part than its own pages say."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.events import Warning as ExportWarning
from contracts.options import ReportOptions
from contracts.states import WarningCode
from services.renderer.grading.gradebook import build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.pages.front_parts import (
    HEADING_LINES,
    PAGE_LINES,
    PART_PAGES,
    ContentsRange,
    contents_ranges,
    front_part,
    summary_of,
)
from tests.builders import a_student, a_submission, an_exam_header


@given(st.integers(min_value=0, max_value=6_000))
def test_each_copy_has_its_line_in_one_range_and_ranges_end_with_a_page(copies: int) -> None:
    ranges = contents_ranges(copies)
    assert [ordinal for each in ranges for ordinal in range(each.first, each.end)] == list(range(copies))
    for each in ranges[:-1]:
        lines = each.end - each.first + (0 if each.first else HEADING_LINES)
        assert lines == PART_PAGES * PAGE_LINES == each.likely_pages * PAGE_LINES


def test_only_the_first_part_has_the_summary() -> None:
    header = an_exam_header()
    rows = [mark_copy(header.exam, a_submission(id=f"s{n}", student=a_student(id=f"u{n}"))) for n in range(3)]
    book = build_gradebook(header, rows, ReportOptions())
    warning = ExportWarning(code=WarningCode.FORMULA_NOT_DRAWN, submission_id="s1", message="x")
    summary = summary_of(book, [warning])
    assert summary.copies == 3
    assert {key: row.submission_id for key, (_, row) in summary.warned.items()} == {"s1": "s1"}
    first = front_part(ContentsRange(0, 2), book, (5, 6, 7), summary)
    second = front_part(ContentsRange(2, 3), book, (5, 6, 7), summary)
    assert (first.summary, first.pages) == (summary, (5, 6))
    assert (second.summary, second.pages, second.rows) == (None, (7,), book.rows[2:])
