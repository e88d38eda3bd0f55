"""What a worker makes of what it is handed."""

from pathlib import Path

import pytest

from contracts.options import ReportOptions
from services.renderer.assembly.segments import unpack
from services.renderer.grading.gradebook import build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.limits import Limits
from services.renderer.pages.front_parts import FrontPart, summary_of
from services.renderer.workers.results import decode
from services.renderer.workers.tasks import Context, FrontRequest, save, typeset_front
from tests.builders import a_submission, an_exam_header


@pytest.mark.parametrize("statistics", [True, False])
def test_front_pages_obey_the_options_that_show_on_no_copy(statistics: bool, tmp_path: Path) -> None:
    header, options = an_exam_header(), ReportOptions(statistics=statistics)
    book = build_gradebook(header, [mark_copy(header.exam, a_submission())], options)
    save(tmp_path / "context", Context(header, options, Limits()))
    part = FrontPart(0, book.rows, (2,), summary_of(book))
    save(tmp_path / "request", FrontRequest(part, {}, target=tmp_path / "front"))

    typeset_front(tmp_path / "context", tmp_path / "request")

    segment = unpack(decode((tmp_path / "front").read_bytes()).segment)
    assert (b"/Figure" in segment.lines) is statistics
