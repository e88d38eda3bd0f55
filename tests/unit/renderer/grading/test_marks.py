"""The marks of one copy: exact sums, ungraded never zero."""

from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest

from contracts.correcta import CopyState
from contracts.graded_exam import Answer, AnswerPart
from services.renderer.grading.marks import CopyMarks, mark_copy
from services.renderer.language.french import FRENCH
from tests.builders import (
    a_question,
    a_section,
    a_submission,
    an_answer,
    an_exam,
    an_mcq_answer,
)

EXAM = an_exam()


def _row(**overrides: Any) -> CopyMarks:
    return mark_copy(EXAM, a_submission(**overrides))


def _blank(status: str) -> CopyMarks:
    return _row(answers=(), status=status)


def test_marks_follow_the_exam_whatever_the_order_of_the_answers() -> None:
    row = _row(answers=(an_mcq_answer(), an_answer()))
    assert [mark.question_id for mark in row.marks] == ["q1", "q2"]
    assert [mark.score for mark in row.marks] == [Decimal(3), Decimal(1)]
    assert (row.total, row.maximum, row.state) == (Decimal(4), Decimal(6), CopyState.GRADED)


def test_an_unanswered_question_of_a_graded_copy_is_worth_zero_and_says_so() -> None:
    row = _row(answers=(an_answer(),))
    assert (row.marks[1].score, row.marks[1].answered) == (Decimal(0), False)
    assert (row.total, row.state) == (Decimal(3), CopyState.GRADED)


def test_a_blank_graded_copy_is_worth_zero() -> None:
    assert (_blank("GRADED").total, _blank("GRADED").state) == (Decimal(0), CopyState.GRADED)


@pytest.mark.parametrize("empty", [an_answer(content="  \n", score=None), Answer(question_id="q1")])
def test_an_empty_answer_counts_as_unanswered(empty: Answer) -> None:
    row = _row(answers=(empty, an_mcq_answer()))
    assert (row.marks[0].score, row.marks[0].answered, row.state) == (Decimal(0), False, CopyState.GRADED)


def test_an_ungraded_copy_has_no_total_and_no_zero() -> None:
    row = _row(answers=(an_answer(score=None),), status="SUBMITTED")
    assert (row.total, row.state) == (None, CopyState.UNGRADED)
    assert [mark.score for mark in row.marks] == [None, None]
    assert not row.partial


def test_a_copy_being_graded_has_a_partial_total() -> None:
    row = _row(answers=(an_answer(score=None), an_mcq_answer()), status="GRADING_IN_PROGRESS")
    assert (row.total, row.state, row.partial) == (Decimal(1), CopyState.IN_GRADING, True)


def test_a_submitted_copy_with_an_automatic_mark_is_being_graded() -> None:
    row = _row(answers=(an_answer(score=None), an_mcq_answer()), status="SUBMITTED")
    assert row.state is CopyState.IN_GRADING


def test_a_graded_copy_with_an_answer_left_without_score_is_not_final() -> None:
    row = _row(answers=(an_answer(score=None), an_mcq_answer()))
    assert (row.state, row.partial, row.marks[0].score) == (CopyState.IN_GRADING, True, None)


@pytest.mark.parametrize(
    ("scores", "status", "expected"),
    [
        ((1.5, 0.5), "GRADED", Decimal(2)),
        ((1.5, None), "GRADED", Decimal("1.5")),
        ((1.5, None), "GRADING_IN_PROGRESS", None),
        ((None, None), "GRADED", None),
    ],
)
def test_parts_are_added_up(scores: tuple[float | None, ...], status: str, expected: Decimal | None) -> None:
    parts = tuple(AnswerPart(content="oui", score=score) for score in scores)
    row = _row(answers=(Answer(question_id="q1", parts=parts), an_mcq_answer()), status=status)
    assert row.marks[0].score == expected


def test_the_question_s_own_score_wins_over_its_parts() -> None:
    answer = an_answer(parts=(AnswerPart(content="oui", score=1.0),))
    assert _row(answers=(answer,)).marks[0].score == Decimal(3)


def test_provenance_and_harmonisation_are_kept() -> None:
    mark = _row(answers=(an_answer(score=4.5, harmonized_from=4.1, origin="ai"),)).marks[0]
    assert (mark.score, mark.maximum, mark.harmonized_from, mark.origin) == (
        Decimal("4.5"),
        Decimal(4),
        Decimal("4.1"),
        "ai",
    )


def test_thirds_and_tenths_are_added_without_noise() -> None:
    exam = an_exam(sections=(a_section(*(a_question(id=f"q{n}", max_points=0.7) for n in range(20))),))
    tenths = mark_copy(exam, a_submission(*(an_answer(question_id=f"q{n}", score=0.7) for n in range(20))))
    thirds = mark_copy(exam, a_submission(*(an_answer(question_id=f"q{n}", score=2 / 3) for n in range(3))))
    assert (tenths.total, tenths.maximum) == (Decimal(14), Decimal(14))
    assert thirds.total is not None
    assert FRENCH.points(thirds.total) == "2"


def test_an_unreadable_score_of_a_blank_answer_is_no_zero() -> None:
    row = _row(answers=(an_answer(content="", score=inf), an_mcq_answer()))
    assert (row.marks[0].score, row.marks[0].unreadable, row.marks[0].answered) == (None, True, False)


def test_an_unreadable_part_makes_the_sum_unreadable_but_not_the_questions_own_score() -> None:
    parts = (AnswerPart(content="oui", score=1.0), AnswerPart(content="non", score=-inf, max_points=nan))
    assert parts[1].max_points is None
    assert _row(answers=(an_answer(score=None, parts=parts),)).marks[0].unreadable
    assert _row(answers=(an_answer(score=2.0, parts=parts),)).marks[0].score == Decimal(2)
