"""Correcta's rules, as the dashboard and the reports share them."""

from datetime import UTC, datetime
from decimal import Decimal
from math import inf, nan

import pytest

from contracts.correcta import (
    UNREADABLE,
    Award,
    CopyState,
    StoredPart,
    attempt_order,
    award,
    copy_state,
    copy_total,
    is_automatic_comment,
    question_maximum,
    reached_classes,
)

TREE = (("mpsi", "MPSI", None), ("a", "Groupe A", "mpsi"), ("a1", "Trinôme", "a"), ("all", "__DEFAULT__", None))


def test_classes_bring_those_below_them_and_the_whole_course_means_everyone() -> None:
    assert reached_classes(TREE, ["mpsi"]) == {"mpsi", "a", "a1"}
    assert reached_classes(TREE, ["a", "all"]) == frozenset()
    assert reached_classes(TREE, ["gone"]) == frozenset(), "a class that is no longer there names nobody in particular"
    assert reached_classes((("x", "X", "y"), ("y", "Y", "x")), ["x"]) == {"x", "y"}


def test_a_graded_attempt_counts_before_any_other_then_the_one_handed_in_latest() -> None:
    morning, noon = (datetime(2026, 1, 20, hour, tzinfo=UTC) for hour in (8, 12))
    attempts = [("GRADED", None, "z"), ("GRADED", morning, "y"), ("GRADED", morning, "x"), ("SUBMITTED", noon, "b")]
    assert max(attempts, key=lambda attempt: attempt_order(*attempt)) == ("GRADED", morning, "y")
    others = [("SUBMITTED", morning, "a"), ("GRADING_IN_PROGRESS", noon, "a"), ("SUBMITTED", None, "c")]
    assert max(others, key=lambda attempt: attempt_order(*attempt)) == ("GRADING_IN_PROGRESS", noon, "a")


@pytest.mark.parametrize(
    ("is_mcq", "own", "segments", "maximum"),
    [
        (True, 3.0, [1.0, 1.0], 3.0),
        (True, None, [2.0, -1.0, None], 2.0),
        (True, nan, [2.0, inf], 2.0),
        (False, 4.0, [2.0, 3.0], 5.0),
        (False, 4.0, [2.0, -1.0, None, nan], 1.0),
        (False, 4.0, [None], 0.0),
        (False, 4.0, [], 0.0),
        (False, None, [0.1, 0.2], 0.3),
    ],
)
def test_points_of_its_own_count_for_an_mcq_only(
    is_mcq: bool, own: float | None, segments: list[float | None], maximum: float
) -> None:
    assert question_maximum(is_mcq, own, segments) == maximum


WRITTEN, BLANK = StoredPart(None, written=True), StoredPart(None, written=False)


@pytest.mark.parametrize(
    ("whole", "parts", "open_score", "graded_score"),
    [
        (2.0, [StoredPart(1.0, written=True)], "2", "2"),
        (2.0, [], "2", "2"),
        (None, [StoredPart(0.1, written=True), StoredPart(0.2, written=False)], "0.3", "0.3"),
        (None, [StoredPart(1.0, written=True), WRITTEN], None, "1"),
        (None, [StoredPart(1.0, written=True), BLANK], "1", "1"),
        (None, [WRITTEN, BLANK], None, None),
        (None, [BLANK, BLANK], None, "0"),
        (None, [], None, "0"),
    ],
)
def test_what_an_answer_was_given(
    whole: float | None, parts: list[StoredPart], open_score: str | None, graded_score: str | None
) -> None:
    for graded, score in ((False, open_score), (True, graded_score)):
        assert award(whole, parts, graded=graded) == Award(None if score is None else Decimal(score))


@pytest.mark.parametrize("stored", [nan, inf, -inf])
@pytest.mark.parametrize("graded", [False, True])
def test_a_score_that_is_no_finite_number_cannot_be_read(stored: float, graded: bool) -> None:
    part = StoredPart(stored, written=False)
    assert award(stored, [BLANK], graded=graded) == UNREADABLE
    assert award(None, [StoredPart(1.0, written=True), part], graded=graded) == UNREADABLE
    assert award(1.0, [part], graded=graded) == Award(Decimal(1)), "the question's own score counts"


@pytest.mark.parametrize(
    ("status", "scores", "state", "total"),
    [
        ("GRADED", [Decimal(1), Decimal(2)], CopyState.GRADED, 3),
        ("GRADED", [Decimal(1), None], CopyState.IN_GRADING, 1),
        ("GRADED", [], CopyState.GRADED, 0),
        ("GRADING_IN_PROGRESS", [Decimal(1), None], CopyState.IN_GRADING, 1),
        ("GRADING_IN_PROGRESS", [None], CopyState.IN_GRADING, None),
        ("SUBMITTED", [None], CopyState.UNGRADED, None),
        ("SUBMITTED", [Decimal(1), None], CopyState.IN_GRADING, 1),
    ],
)
def test_state_and_total_of_a_copy(
    status: str, scores: list[Decimal | None], state: CopyState, total: int | None
) -> None:
    assert (copy_state(status, scores), copy_total(status, scores)) == (state, total)


@pytest.mark.parametrize("text", ["Correct answer", " Incorrect answer\n", "Correct answer\n\nIncorrect answer"])
def test_correcta_s_own_comments_are_known(text: str) -> None:
    assert is_automatic_comment(text)


@pytest.mark.parametrize("text", ["", "correct", "Correct answer\n\nBravo", "Correct answer but late", "Bravo"])
def test_other_comments_are_somebody_s(text: str) -> None:
    assert not is_automatic_comment(text)
