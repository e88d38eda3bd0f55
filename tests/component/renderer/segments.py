"""Segments for tests: a copy or the front pages, set from built exams."""

from collections.abc import Sequence
from typing import Any

from contracts.graded_exam import (
    ExamHeader,
    Submission,
)
from contracts.options import ReportOptions
from services.renderer.grading.gradebook import build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.limits import Limits
from services.renderer.pages.front_parts import ContentsRange, front_part, summary_of
from services.renderer.typesetting.typesetter import Rendered, Typesetter
from tests.builders import (
    a_question,
    a_section,
    a_student,
    a_submission,
    an_answer,
    an_exam,
    an_exam_header,
)


def set_copy(
    submission: Submission | None = None,
    header: ExamHeader | None = None,
    images: dict[str, Any] | None = None,
    number: int | None = None,
    **options: Any,
) -> Rendered:
    header = header or an_exam_header()
    submission = submission or a_submission()
    typesetter = Typesetter(header, ReportOptions(**options), Limits())
    return typesetter.copy(submission, mark_copy(header.exam, submission), images or {}, number)


def set_front(
    header: ExamHeader | None = None,
    warnings: Any = (),
    part: tuple[int, int] | None = None,
    more: Sequence[Submission] = (),
    **options: Any,
) -> Rendered:
    header = header or an_exam_header()
    chosen = ReportOptions(**options)
    copies = [a_submission(), a_submission(student=a_student(name="Ève Brûlé")), *more]
    book = build_gradebook(header, [mark_copy(header.exam, each) for each in copies], chosen)
    pages = [10 * number for number, _ in enumerate(book.rows, 1)]
    contents = ContentsRange(*part) if part else ContentsRange(0, len(book.rows))
    return Typesetter(header, chosen, Limits()).front(front_part(contents, book, pages, summary_of(book, warnings)))


def one_question(written: Any = "On a $x$.", **question: Any) -> tuple[Submission, ExamHeader]:
    header = an_exam_header(exam=an_exam(sections=(a_section(a_question(**question)),)))
    return a_submission(an_answer(content=written)), header
