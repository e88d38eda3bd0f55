"""Rules of Correcta that the dashboard and every report share: its class tree, the attempt that counts, what a copy is
worth and how far it is graded. Pure; the rows come from whoever reads the database.

Three rules decide what a copy is worth:

- On a graded copy a question without an answer is worth 0: Correcta keeps no row for it.
- A copy called graded that still holds an answer without a score counts as being graded: its total is partial.
- A copy being graded has a partial total; one of which nothing is graded has none. "Not graded" is None, never zero.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.numbers import ZERO, decimal, total_of

WHOLE_COURSE = "__DEFAULT__"
"""The name of Correcta's hidden class that stands for the whole course; it is never shown."""


class CopyState(StrEnum):
    """How far a copy is graded."""

    GRADED = "graded"
    IN_GRADING = "in_grading"
    UNGRADED = "ungraded"


def reached_classes(classes: Iterable[tuple[str, str, str | None]], class_ids: Iterable[str]) -> frozenset[str]:
    """The classes in `class_ids` and all below them, at any depth; empty means everyone: no class of the course is
    asked for, or the whole course is.

    Args:
        classes: (id, name, parent's id) of the course's classes. Typed in by people: a parent may be missing or part of
            a cycle.
    """
    names: dict[str, str] = {}
    children: dict[str | None, list[str]] = {}
    for class_id, name, parent_id in classes:
        names[class_id] = name
        children.setdefault(parent_id, []).append(class_id)
    waiting = [class_id for class_id in class_ids if class_id in names]
    if any(names[class_id] == WHOLE_COURSE for class_id in waiting):
        return frozenset()
    found: set[str] = set()
    while waiting:
        class_id = waiting.pop()
        if class_id not in found:
            found.add(class_id)
            waiting.extend(children.get(class_id, ()))
    return frozenset(found)


def attempt_order(submitted_at: datetime | None, attempt_id: str) -> tuple[bool, datetime, str]:
    """A sort key for the attempts of one student: the last one counts, the one handed in latest."""
    return (submitted_at is not None, submitted_at or datetime.min, attempt_id)


def question_maximum(is_mcq: bool, own: float | None, segments: Iterable[float | None]) -> float:
    """The points of a question: its own, else the sum of its segments' (of an MCQ's options, of the positive ones)."""
    if own is not None:
        return float(own)
    points = (decimal(value) for value in segments if value is not None)
    return float(total_of(value for value in points if value > 0 or not is_mcq))


class StoredPart(NamedTuple):
    """What is stored of one part of an answer: its score, if it has one, and whether something was written in it."""

    score: float | None
    written: bool


def stored_score(whole: float | None, parts: Collection[StoredPart]) -> float | None:
    """The score of an answer as it is stored: the question's own, else its parts' together, once each part in which
    something was written has one.
    """
    if whole is not None:
        return float(whole)
    scores = [decimal(part.score) for part in parts if part.score is not None]
    if not scores or any(part.written and part.score is None for part in parts):
        return None
    return float(total_of(scores))


def answer_score(score: float | None, parts: Sequence[float | None], *, graded: bool) -> Decimal | None:
    """What an answer was given: its own score, else the sum of its parts'. All parts need one, unless the teacher is
    done with the copy (`graded`).
    """
    if score is not None:
        return decimal(score)
    scores = [decimal(part) for part in parts if part is not None]
    if not scores or (not graded and len(scores) < len(parts)):
        return None
    return total_of(scores)


def unanswered_score(*, graded: bool) -> Decimal | None:
    """What a question without an answer was given."""
    return ZERO if graded else None


def copy_state(status: str, scores: Collection[Decimal | None]) -> CopyState:
    """How far a copy is graded, from Correcta's status and its answers' scores."""
    if status == "GRADED" and None not in scores:
        return CopyState.GRADED
    if status == "SUBMITTED" and all(score is None for score in scores):
        return CopyState.UNGRADED
    return CopyState.IN_GRADING


def copy_total(status: str, scores: Collection[Decimal | None]) -> Decimal | None:
    """The points of a copy so far; None where nothing is graded."""
    given = [score for score in scores if score is not None]
    return total_of(given) if given or (status == "GRADED" and not scores) else None
