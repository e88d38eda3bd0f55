"""The class in numbers, against hand-made series and the definitions themselves."""

import math
from decimal import Decimal

from contracts.options import ReportOptions
from services.renderer.grading.gradebook import build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.grading.statistics import Statistics, summarise
from tests.builders import a_question, a_section, a_submission, an_answer, an_exam, an_exam_header


def _summary(*scores: float | None, maximum: float = 20.0) -> Statistics:
    exam = an_exam(sections=(a_section(a_question(max_points=maximum)),))
    rows = [mark_copy(exam, a_submission(an_answer(score=score))) for score in scores]
    return summarise(build_gradebook(an_exam_header(exam=exam), rows, ReportOptions()))


def test_a_series_worked_by_hand() -> None:
    summary = _summary(4, 6, 8, 10, 10, 12, 15, 19)
    assert summary.count == 8
    quartiles = [summary.minimum, summary.q1, summary.median, summary.q3, summary.maximum]
    assert quartiles == [Decimal(value) for value in (4, 6, 10, 12, 19)]
    assert summary.mean == Decimal("10.5")
    assert summary.deviation is not None
    assert math.isclose(summary.deviation**2, Decimal("20.5"))


def test_only_graded_copies_count() -> None:
    exam = an_exam()
    graded = a_submission()
    partial = a_submission(an_answer(score=0.5), status="GRADING_IN_PROGRESS")
    ungraded = a_submission(an_answer(score=None), status="SUBMITTED")
    rows = [mark_copy(exam, submission) for submission in (graded, partial, ungraded)]
    summary = summarise(build_gradebook(an_exam_header(), rows, ReportOptions()))
    assert (summary.count, summary.mean, summary.questions[0].count) == (1, Decimal(4), 1)


def test_nothing_graded_has_no_numbers() -> None:
    summary = _summary(None)
    assert summary.count == 0
    assert (summary.mean, summary.median, summary.q1, summary.deviation, summary.minimum) == (None,) * 5
    assert (summary.questions[0].mean, summary.questions[0].rate) == (None, None)


def test_bars_hold_their_lower_end_and_the_last_one_both() -> None:
    summary = _summary(0, 1.99, 2, 19.99, 20, 23, -1)
    assert [bar.count for bar in summary.bins] == [3, 1, 0, 0, 0, 0, 0, 0, 0, 3]
    assert (summary.bins[1].lower, summary.bins[1].upper) == (Decimal(2), Decimal(4))


def test_an_exam_out_of_nothing_has_no_bars_and_no_rate() -> None:
    summary = _summary(0, 1, maximum=0.0)
    assert (summary.bins, summary.questions[0].rate) == ((), None)


def test_success_per_question() -> None:
    exam = an_exam(sections=(a_section(a_question(max_points=4.0), a_question(id="q9", max_points=2.0)),))
    both = a_submission(an_answer(score=3.0), an_answer(question_id="q9", score=2.0))
    one = a_submission(an_answer(score=1.0))
    rows = [mark_copy(exam, submission) for submission in (both, one)]
    first, second = summarise(build_gradebook(an_exam_header(exam=exam), rows, ReportOptions())).questions
    assert (first.mean, first.rate, first.answered) == (Decimal(2), Decimal("0.5"), 2)
    assert (second.mean, second.rate, second.answered, second.count) == (Decimal(1), Decimal("0.5"), 1, 2)
