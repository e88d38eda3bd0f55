"""The grading table of an exam, from rows of Correcta: a line a student, the classes, and their statistics. Pure.

States, totals and statistics follow `contracts.correcta` and `contracts.numbers`, as every report's do.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from contracts.collation import person_key, sort_key
from contracts.correcta import (
    GRADED,
    IN_PROGRESS,
    WHOLE_COURSE,
    CopyState,
    NoCopy,
    StoredPart,
    attempt_order,
    award,
    copy_state,
    copy_total,
    is_ticked,
    question_maximum,
    reached_classes,
)
from contracts.numbers import Summary, decimal, summary, total_of
from contracts.residue import has_text

Row = Mapping[str, Any]

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
    """A student's line of the grading table; `total` None is "no grade yet".

    `submission_id` is the attempt's: an export's warnings name it. None where nothing was handed in. `copies` is how
    many were handed in, of which one counts. `variant` is set where it answers other questions than the exam's: the
    title of the variant, which is exported on its own; its total is out of other points and is not shown.
    """

    student_id: str
    name: str
    email: str
    class_ids: tuple[str, ...]
    state: CopyState | NoCopy
    total: Decimal | None = None
    submitted_at: datetime | None = None
    submission_id: str | None = None
    copies: int = 0
    variant: str | None = None


@dataclass(frozen=True)
class Grading:
    """What the grading dashboard shows of an exam. `statistics` are by class, with those below it, and `EVERYONE`;
    `class_places` are the places of the lines' classes among one another, None for no class.
    """

    maximum: Decimal
    classes: tuple[ClassNode, ...]
    class_names: dict[str, str]
    class_places: dict[tuple[str, ...], int | None]
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
    left_out: Mapping[str, str],
) -> Grading:
    """The table in the order of names.

    Args:
        classes, members, attempts, answers, points: rows of the queries of these names (`sql/directory.sql`).
        aimed_at: the classes that had to sit the exam.
        left_out: the titles of the exam's variants that ask other questions, by id.
    """
    points = list(points)
    maximum = total_of(decimal(question_maximum(row["is_mcq"], row["own"], row["segments"])) for row in points)
    shown = [row for row in classes if row["name"] != WHOLE_COURSE and not row["archived"]]
    shown.sort(key=lambda row: (sort_key(row["name"]), row["id"]))
    lines = _lines(_expected(members, classes, aimed_at), members, attempts, answers, len(points), left_out)
    names = {row["id"]: row["name"] for row in shown}
    return Grading(
        maximum=maximum,
        classes=tree(shown),
        class_names=names,
        class_places=_class_places(names, lines),
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


def _class_places(names: Mapping[str, str], lines: Iterable[GradingLine]) -> dict[tuple[str, ...], int | None]:
    keys = {
        line.class_ids: [sort_key(names[class_id]) for class_id in line.class_ids if class_id in names]
        for line in lines
    }
    return {ids: place if keys[ids] else None for place, ids in enumerate(sorted(keys, key=keys.__getitem__))}


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


def _scores(answers: Iterable[Row], graded: Mapping[str, bool], questions: int) -> dict[str, list[Decimal | None]]:
    """What each attempt was given for its answers, and for the questions of which there is none."""
    scores: dict[str, list[Decimal | None]] = {}
    for row in answers:
        written = is_ticked if row["is_mcq"] else has_text
        parts = [
            StoredPart(score, written(content)) for score, content in zip(row["scores"], row["contents"], strict=True)
        ]
        given = award(row["score"], parts, graded=graded.get(row["attempt_id"], False))
        scores.setdefault(row["attempt_id"], []).append(given.score)
    for attempt_id, each in scores.items():
        unanswered = award(None, [], graded=graded.get(attempt_id, False)).score
        each.extend([unanswered] * (questions - len(each)))
    return scores


def _lines(
    expected: Sequence[Row],
    members: Sequence[Row],
    attempts: Sequence[Row],
    answers: Iterable[Row],
    questions: int,
    left_out: Mapping[str, str],
) -> tuple[GradingLine, ...]:
    classes: dict[str, list[str]] = {}
    for row in members:
        classes.setdefault(row["id"], []).append(row["class_id"])
    handed_in = [row for row in attempts if row["status"] != IN_PROGRESS]
    ordered = sorted(handed_in, key=lambda row: attempt_order(row["status"], row["submitted_at"], row["id"]))
    counting = {row["student_id"]: row for row in ordered}
    copies = Counter(row["student_id"] for row in handed_in)
    scores = _scores(answers, {row["id"]: row["status"] == GRADED for row in attempts}, questions)
    lines = [
        GradingLine(
            student_id=student_id,
            name=row["name"] or row["email"],
            email=row["email"],
            class_ids=tuple(classes.get(student_id, ())),
            state=copy_state(row["status"], scores.get(row["id"], [])),
            total=None if row["exam_id"] in left_out else copy_total(row["status"], scores.get(row["id"], [])),
            submitted_at=row["submitted_at"].replace(tzinfo=UTC) if row["submitted_at"] else None,
            submission_id=row["id"],
            copies=copies[student_id],
            variant=left_out.get(row["exam_id"]),
        )
        for student_id, row in counting.items()
    ]
    known = set(counting)
    for state, column, rows in ((NoCopy.NOT_HANDED_IN, "student_id", attempts), (NoCopy.ABSENT, "id", expected)):
        without = {row[column]: row for row in rows if row[column] not in known}
        known.update(without)
        lines += [
            GradingLine(
                student_id, row["name"] or row["email"], row["email"], tuple(classes.get(student_id, ())), state
            )
            for student_id, row in without.items()
        ]
    return tuple(sorted(lines, key=lambda line: person_key(line.name, line.email, line.student_id)))
