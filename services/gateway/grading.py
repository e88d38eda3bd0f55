"""The grading table of an exam, from rows of Correcta: a line a student, the classes, and their statistics. Pure.

States, totals and statistics follow `contracts.correcta` and `contracts.numbers`, as every report's do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from contracts.correcta import (
    WHOLE_COURSE,
    CopyState,
    StoredPart,
    answer_score,
    attempt_order,
    copy_state,
    copy_total,
    question_maximum,
    reached_classes,
    stored_score,
    unanswered_score,
)
from contracts.numbers import Summary, decimal, summary, total_of

Row = Mapping[str, Any]

ABSENT = "absent"
EVERYONE = ""
"""The key of the statistics of all classes together."""


@dataclass(frozen=True)
class ClassNode:
    """A class and the classes below it."""

    id: str
    name: str
    children: tuple["ClassNode", ...]


@dataclass(frozen=True)
class GradingLine:
    """A student's line of the grading table. `state` is a `CopyState` or `ABSENT`; `total` None is "no grade yet".

    `submission_id` is the attempt's: an export's warnings name it. None where nothing was handed in.
    """

    student_id: str
    name: str
    email: str
    class_ids: tuple[str, ...]
    state: str
    total: Decimal | None = None
    submitted_at: datetime | None = None
    submission_id: str | None = None


@dataclass(frozen=True)
class Grading:
    """What the grading dashboard shows of an exam. `statistics` are by class, with those below it, and `EVERYONE`."""

    maximum: Decimal
    classes: tuple[ClassNode, ...]
    class_names: dict[str, str]
    lines: tuple[GradingLine, ...]
    statistics: dict[str, Summary]


def grading(
    *,
    classes: Sequence[Row],
    members: Sequence[Row],
    attempts: Sequence[Row],
    answers: Iterable[Row],
    points: Iterable[Row],
    aimed_at: Sequence[str],
) -> Grading:
    """The table in the order of names.

    Args:
        classes, members, attempts, answers, points: rows of the queries of these names (`sql/directory.sql`).
        aimed_at: the classes that had to sit the exam.
    """
    maximum = total_of(decimal(question_maximum(row["is_mcq"], row["own"], row["segments"])) for row in points)
    shown = [row for row in classes if row["name"] != WHOLE_COURSE and not row["archived"]]
    lines = _lines(_expected(members, classes, aimed_at), members, attempts, answers)
    return Grading(
        maximum=maximum,
        classes=tree(shown),
        class_names={row["id"]: row["name"] for row in shown},
        lines=lines,
        statistics=_statistics(shown, lines, maximum),
    )


def tree(classes: Sequence[Row]) -> tuple[ClassNode, ...]:
    """Classes as a tree. One whose parent is unknown, hidden or part of a cycle stands at the top; none is lost."""
    known = {row["id"] for row in classes}
    below: dict[str | None, list[Row]] = {}
    for row in classes:
        below.setdefault(row["parent_id"] if row["parent_id"] in known else None, []).append(row)
    placed: set[str] = set()

    def node(row: Row) -> ClassNode:
        placed.add(row["id"])
        children = tuple(node(child) for child in below.get(row["id"], []) if child["id"] not in placed)
        return ClassNode(row["id"], row["name"], children)

    roots = [node(row) for row in below.get(None, [])]
    roots += [node(row) for row in classes if row["id"] not in placed]
    return tuple(roots)


def _reached(classes: Sequence[Row], class_ids: Iterable[str]) -> frozenset[str]:
    return reached_classes(((row["id"], row["name"], row["parent_id"]) for row in classes), class_ids)


def _expected(members: Sequence[Row], classes: Sequence[Row], aimed_at: Iterable[str]) -> list[Row]:
    """The enrolments of those who had to sit the exam: its classes with those below them, else the whole course."""
    within = _reached(classes, aimed_at)
    return [row for row in members if not row["archived"] and (not within or row["class_id"] in within)]


def _statistics(classes: Sequence[Row], lines: Sequence[GradingLine], maximum: Decimal) -> dict[str, Summary]:
    graded = [(line.total, set(line.class_ids)) for line in lines if line.state == CopyState.GRADED]
    totals = [(total, class_ids) for total, class_ids in graded if total is not None]
    found = {EVERYONE: summary((total for total, _ in totals), maximum)}
    for row in classes:
        within = _reached(classes, [row["id"]])
        found[row["id"]] = summary((total for total, class_ids in totals if class_ids & within), maximum)
    return found


def _scores(answers: Iterable[Row], graded: Mapping[str, bool]) -> dict[str, list[Decimal | None]]:
    """What the answers of each attempt were given."""
    scores: dict[str, list[Decimal | None]] = {}
    for row in answers:
        is_graded = graded.get(row["attempt_id"], False)
        parts = [StoredPart(*part) for part in zip(row["scores"], row["written"], strict=True)]
        several = [part.score for part in parts] if row["several"] else []
        score = answer_score(stored_score(row["score"], parts), several, graded=is_graded)
        if score is None and not any(part.written for part in parts):
            score = unanswered_score(graded=is_graded)
        scores.setdefault(row["attempt_id"], []).append(score)
    return scores


def _lines(
    expected: Sequence[Row], members: Sequence[Row], attempts: Sequence[Row], answers: Iterable[Row]
) -> tuple[GradingLine, ...]:
    classes: dict[str, list[str]] = {}
    for row in members:
        classes.setdefault(row["id"], []).append(row["class_id"])
    ordered = sorted(attempts, key=lambda row: attempt_order(row["submitted_at"], row["id"]))
    counting = {row["student_id"]: row for row in ordered}
    scores = _scores(answers, {row["id"]: row["status"] == "GRADED" for row in attempts})
    present = [
        GradingLine(
            student_id=row["student_id"],
            name=row["name"] or row["email"],
            email=row["email"],
            class_ids=tuple(classes.get(row["student_id"], ())),
            state=copy_state(row["status"], scores.get(row["id"], [])),
            total=copy_total(row["status"], scores.get(row["id"], [])),
            submitted_at=row["submitted_at"].replace(tzinfo=UTC) if row["submitted_at"] else None,
            submission_id=row["id"],
        )
        for row in counting.values()
    ]
    absent = {
        row["id"]: GradingLine(row["id"], row["name"] or row["email"], row["email"], tuple(classes[row["id"]]), ABSENT)
        for row in expected
        if row["id"] not in counting
    }
    return tuple(sorted([*present, *absent.values()], key=lambda line: (line.name.casefold(), line.student_id)))
