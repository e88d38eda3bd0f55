"""Rules of Correcta that the dashboard and every report share: its class tree, the attempt that counts, what a copy is
worth and how far it is graded. Pure; the rows come from whoever reads the database.

Four rules decide what a copy is worth:

- On a graded copy a question without an answer is worth 0: Correcta keeps no row for it.
- A copy called graded that still holds an answer without a score counts as being graded: its total is partial.
- A copy being graded has a partial total; one of which nothing is graded has none. "Not graded" is None, never zero.
- A stored score that is no finite number cannot be read: it counts nowhere, and its copy's total is partial.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import NamedTuple

from contracts.numbers import ZERO, decimal, total_of

WHOLE_COURSE = "__DEFAULT__"
"""The name of Correcta's hidden class that stands for the whole course; it is never shown."""

AUTOMATIC_COMMENTS = frozenset({"Correct answer", "Incorrect answer"})
"""The comments that Correcta's own code gives with an automatic mark, in English whatever the exam's language."""


GRADED = "GRADED"
"""Correcta's status of an attempt that the teacher is done with."""

IN_PROGRESS = "IN_PROGRESS"
"""Correcta's status of an attempt that was begun and not handed in: nothing submits one when time is over."""


class CopyState(StrEnum):
    """How far a copy is graded."""

    GRADED = "graded"
    IN_GRADING = "in_grading"
    UNGRADED = "ungraded"


class NoCopy(StrEnum):
    """Why there is no copy of a student: begun and not handed in, or not begun."""

    NOT_HANDED_IN = "not_handed_in"
    ABSENT = "absent"


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


def attempt_order(status: str, submitted_at: datetime | None, attempt_id: str) -> tuple[bool, bool, datetime, str]:
    """A sort key for the attempts of one student, by Correcta's status: the last one counts, a graded one before any
    other, and among those the one handed in latest.
    """
    return (status == GRADED, submitted_at is not None, submitted_at or datetime.min, attempt_id)


def is_automatic_comment(text: str) -> bool:
    """Whether a comment is nothing but Correcta's own words: once, or once for each part of an answer."""
    paragraphs = [paragraph.strip() for paragraph in text.strip().split("\n\n")]
    return AUTOMATIC_COMMENTS.issuperset(paragraphs)


def question_maximum(is_mcq: bool, own: float | None, segments: Iterable[float | None]) -> float:
    """The points of a question: of an MCQ its own, else those of its options that are positive; of any other question
    those of its segments together.

    A text question may keep points of its own from the time when it was an MCQ: Correcta does not count them, not even
    where no segment has any. Points that are not finite are none.
    """
    if is_mcq and own is not None and isfinite(own):
        return float(own)
    points = (decimal(value) for value in segments if value is not None and isfinite(value))
    return float(total_of(value for value in points if value > 0 or not is_mcq))


STORED_TICKS = frozenset({"true", "1"})


def is_ticked(content: str) -> bool:
    """Whether the stored content of an MCQ answer's part ticks its option."""
    return content.strip().lower() in STORED_TICKS


class StoredPart(NamedTuple):
    """What is stored of one part of an answer: its score, if it has one, and whether something was written in it."""

    score: float | None
    written: bool


class Award(NamedTuple):
    """What an answer was given: None where it is not graded. `unreadable`: a score is stored and is not a number."""

    score: Decimal | None
    unreadable: bool = False


UNREADABLE = Award(None, unreadable=True)


def award(whole: float | None, parts: Collection[StoredPart], *, graded: bool) -> Award:
    """What an answer was given: its own score, else its parts' together.

    Each part in which something was written needs a score, unless the teacher is done with the copy (`graded`). Then an
    answer in which nothing was written, or that does not exist (no parts), is worth 0. PostgreSQL's floats may be NaN
    or infinite; a score that is cannot be read, and neither can the sum of it and others.
    """
    stored = [part.score for part in parts if part.score is not None] if whole is None else [whole]
    if not all(map(isfinite, stored)):
        return UNREADABLE
    if not stored:
        return Award(ZERO if graded and not any(part.written for part in parts) else None)
    if whole is None and not graded and any(part.written and part.score is None for part in parts):
        return Award(None)
    return Award(total_of(map(decimal, stored)))


def copy_state(status: str, scores: Collection[Decimal | None]) -> CopyState:
    """How far a copy is graded, from Correcta's status and its answers' scores."""
    if status == GRADED and None not in scores:
        return CopyState.GRADED
    if status == "SUBMITTED" and all(score is None for score in scores):
        return CopyState.UNGRADED
    return CopyState.IN_GRADING


def copy_total(status: str, scores: Collection[Decimal | None]) -> Decimal | None:
    """The points of a copy so far; None where nothing is graded."""
    given = [score for score in scores if score is not None]
    return total_of(given) if given or (status == GRADED and not scores) else None
