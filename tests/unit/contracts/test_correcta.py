"""Correcta's rules, as the dashboard and the reports share them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from contracts.correcta import (
    CopyState,
    StoredPart,
    answer_score,
    attempt_order,
    copy_state,
    copy_total,
    reached_classes,
    stored_score,
    unanswered_score,
)

TREE = (("mpsi", "MPSI", None), ("a", "Groupe A", "mpsi"), ("a1", "Trinôme", "a"), ("all", "__DEFAULT__", None))


def test_classes_bring_those_below_them_and_the_whole_course_means_everyone() -> None:
    assert reached_classes(TREE, ["mpsi"]) == {"mpsi", "a", "a1"}
    assert reached_classes(TREE, ["a", "all"]) == frozenset()
    assert reached_classes(TREE, ["gone"]) == frozenset(), "a class that is no longer there names nobody in particular"
    assert reached_classes((("x", "X", "y"), ("y", "Y", "x")), ["x"]) == {"x", "y"}


def test_the_attempt_handed_in_latest_counts() -> None:
    morning, noon = (datetime(2026, 1, 20, hour, tzinfo=UTC) for hour in (8, 12))
    attempts = [(noon, "a"), (None, "z"), (morning, "y"), (noon, "b")]
    assert max(attempts, key=lambda attempt: attempt_order(*attempt)) == (noon, "b")


@pytest.mark.parametrize(
    ("score", "parts", "graded", "given"),
    [
        (1.5, [9.0], False, "1.5"),
        (None, [1.0, 0.5], False, "1.5"),
        (None, [1.0, None], False, None),
        (None, [1.0, None], True, "1"),
        (None, [], True, None),
        (None, [None], True, None),
        (0.1, [], True, "0.1"),
    ],
)
def test_an_answer_is_worth_its_own_score_or_its_parts(
    score: float | None, parts: list[float | None], graded: bool, given: str | None
) -> None:
    assert answer_score(score, parts, graded=graded) == (None if given is None else Decimal(given))


@pytest.mark.parametrize(
    ("whole", "parts", "score"),
    [
        (2.0, [StoredPart(1.0, True)], 2.0),
        (None, [StoredPart(0.1, True), StoredPart(0.2, False)], 0.3),
        (None, [StoredPart(1.0, True), StoredPart(None, True)], None),
        (None, [StoredPart(1.0, True), StoredPart(None, False)], 1.0),
        (None, [], None),
    ],
)
def test_the_stored_score_of_an_answer(whole: float | None, parts: list[StoredPart], score: float | None) -> None:
    assert stored_score(whole, parts) == score


def test_an_unanswered_question_is_worth_nothing_once_the_copy_is_graded() -> None:
    assert unanswered_score(graded=True) == 0
    assert unanswered_score(graded=False) is None


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
