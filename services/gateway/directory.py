"""Reads of Correcta's tables: users, exams, classes, and the grading dashboard's table. It never writes there.

Every look-up by id is within an institution, so that a foreign row looks absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg

from services.common.database import connection, queries

SQL = queries(Path(__file__).parent / "sql" / "directory.sql")

WHOLE_COURSE = "__DEFAULT__"
"""The name of Correcta's hidden class that means "whole course"; never shown."""


@dataclass(frozen=True)
class User:
    """An account as it is now, whatever its session says."""

    role: str
    institution_id: str | None
    archived: bool
    name: str


@dataclass(frozen=True)
class Exam:
    """An exam of an institution."""

    id: str
    title: str
    course_id: str
    course_code: str
    course_name: str
    class_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Teacher:
    """Someone who may sign in to the demo."""

    id: str
    name: str
    email: str
    role: str
    institution_id: str
    institution: str


@dataclass(frozen=True)
class ClassNode:
    """A class and what is below it."""

    id: str
    name: str
    children: tuple["ClassNode", ...]


@dataclass(frozen=True)
class Copy:
    """A line of the grading table. `status` is Correcta's, or `ABSENT`; `total` None is "no grade yet".

    `submission_id` is the attempt's: an export's warnings name it. None where nothing was handed in.
    """

    student_id: str
    name: str
    email: str
    class_ids: tuple[str, ...]
    status: str
    total: Decimal | None
    submitted_at: datetime | None
    submission_id: str | None = None


@dataclass(frozen=True)
class Grading:
    """What the grading dashboard shows of an exam."""

    exam: Exam
    maximum: Decimal
    classes: tuple[ClassNode, ...]
    class_names: dict[str, str]
    copies: tuple[Copy, ...]


class Directory:
    """Reads of Correcta's tables.

    Every method raises `services.common.database.DatabaseUnavailable` while PostgreSQL is away.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def user(self, user_id: str) -> User | None:
        """An account, archived or not."""
        row = await self._row("user", user_id)
        return None if row is None else User(row["role"], row["institution_id"], row["archived"], row["name"] or "")

    async def exam(self, exam_id: str, institution_id: str) -> Exam | None:
        """An exam of the institution."""
        row = await self._row("exam", exam_id, institution_id)
        return None if row is None else Exam(**{**dict(row), "class_ids": tuple(row["class_ids"])})

    async def has_classes(self, course_id: str, class_ids: Sequence[str]) -> bool:
        """Whether every one of these classes is the course's."""
        wanted = set(class_ids)
        found = {row["id"] for row in await self._rows("class_ids", course_id, sorted(wanted))}
        return found == wanted

    async def titles(self, exam_ids: Sequence[str], institution_id: str) -> dict[str, str]:
        """The titles of the institution's exams among these."""
        rows = await self._rows("titles", list(exam_ids), institution_id)
        return {row["id"]: row["title"] for row in rows}

    async def exams(self, institution_id: str) -> list[dict[str, str]]:
        """The institution's exams, for the demo's front page."""
        return [dict(row) for row in await self._rows("exams", institution_id)]

    async def teachers(self) -> list[Teacher]:
        """Everyone who may sign in to the demo, by institution."""
        rows = await self._rows("teachers")
        return [Teacher(**{**dict(row), "name": row["name"] or row["email"]}) for row in rows]

    async def grading(self, exam: Exam) -> Grading:
        """The grading table: a line a copy and a line an absent student, in the order of names."""
        async with connection(self._pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
            classes = await db.fetch(SQL["classes"], exam.course_id)
            members = await db.fetch(SQL["members"], exam.course_id)
            attempts = await db.fetch(SQL["attempts"], exam.id)
            totals = {row["attempt_id"]: row["total"] for row in await db.fetch(SQL["totals"], exam.id)}
            maximum = await db.fetchval(SQL["maximum"], exam.id)
        return Grading(
            exam=exam,
            maximum=maximum,
            classes=tree(classes),
            class_names={row["id"]: row["name"] for row in classes if row["name"] != WHOLE_COURSE},
            copies=_copies(_expected(members, classes, exam.class_ids), members, attempts, totals),
        )

    async def ping(self) -> None:
        """Raise unless Correcta's tables answer."""
        await self._row("user", "")

    async def _row(self, name: str, *arguments: Any) -> asyncpg.Record | None:
        async with connection(self._pool) as db:
            return await db.fetchrow(SQL[name], *arguments)

    async def _rows(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        async with connection(self._pool) as db:
            rows: list[asyncpg.Record] = await db.fetch(SQL[name], *arguments)
        return rows


def tree(classes: Sequence[Any]) -> tuple[ClassNode, ...]:
    """Classes as a tree. One whose parent is unknown, hidden or part of a cycle stands at the top; none is lost."""
    shown = [row for row in classes if row["name"] != WHOLE_COURSE]
    known = {row["id"] for row in shown}
    below: dict[str | None, list[Any]] = {}
    for row in shown:
        below.setdefault(row["parent_id"] if row["parent_id"] in known else None, []).append(row)
    placed: set[str] = set()

    def node(row: Any) -> ClassNode:
        placed.add(row["id"])
        children = tuple(node(child) for child in below.get(row["id"], []) if child["id"] not in placed)
        return ClassNode(row["id"], row["name"], children)

    roots = [node(row) for row in below.get(None, [])]
    roots += [node(row) for row in shown if row["id"] not in placed]
    return tuple(roots)


def _expected(members: Sequence[Any], classes: Sequence[Any], class_ids: Sequence[str]) -> list[Any]:
    """The enrolments of those who had to sit the exam: its classes with their subgroups, else the whole course."""
    names = {row["id"]: row["name"] for row in classes}
    if not class_ids or any(names.get(class_id) == WHOLE_COURSE for class_id in class_ids):
        return list(members)
    reached = set(class_ids)
    growing = True
    while growing:
        added = {row["id"] for row in classes if row["parent_id"] in reached} - reached
        reached |= added
        growing = bool(added)
    return [row for row in members if row["class_id"] in reached]


def _latest(attempts: Sequence[Any]) -> list[Any]:
    """One copy a student: the one handed in last, as in every report."""
    earliest = datetime.min
    ordered = sorted(attempts, key=lambda row: (row["submitted_at"] or earliest, row["id"]))
    return list({row["student_id"]: row for row in ordered}.values())


def _copies(
    expected: Sequence[Any], members: Sequence[Any], attempts: Sequence[Any], totals: dict[str, Decimal | None]
) -> tuple[Copy, ...]:
    classes: dict[str, list[str]] = {}
    for row in members:
        classes.setdefault(row["id"], []).append(row["class_id"])
    handed_in = [
        Copy(
            student_id=row["student_id"],
            name=row["name"] or row["email"],
            email=row["email"],
            class_ids=tuple(classes.get(row["student_id"], ())),
            status=row["status"],
            total=totals.get(row["id"]) if row["status"] != "SUBMITTED" else None,
            submitted_at=row["submitted_at"].replace(tzinfo=UTC) if row["submitted_at"] else None,
            submission_id=row["id"],
        )
        for row in _latest(attempts)
    ]
    present = {copy.student_id for copy in handed_in}
    absent = {
        row["id"]: Copy(
            row["id"], row["name"] or row["email"], row["email"], tuple(classes[row["id"]]), "ABSENT", None, None
        )
        for row in expected
        if row["id"] not in present
    }
    return tuple(sorted([*handed_in, *absent.values()], key=lambda copy: (copy.name.casefold(), copy.student_id)))
