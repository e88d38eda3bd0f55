"""Reads of Correcta's tables: users, exams, classes, and the grading dashboard's table. It never writes there.

Every look-up by id is within an institution, so that a foreign row looks absent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from contracts.correcta import WHOLE_COURSE
from contracts.variants import differing, variant_title
from services.common.database import connection, queries
from services.gateway.grading import Grading, grading

SQL = queries(Path(__file__).parent / "sql" / "directory.sql")


@dataclass(frozen=True)
class User:
    """An account as it is now, whatever its session says."""

    role: str
    institution_id: str | None
    archived: bool
    name: str


@dataclass(frozen=True)
class Exam:
    """An exam of an institution, with the time zone that the institution's settings name, which there may not be."""

    id: str
    title: str
    course_id: str
    course_code: str
    course_name: str
    class_ids: tuple[str, ...] = ()
    timezone: str | None = None


@dataclass(frozen=True)
class Teacher:
    """Someone who may sign in to the demo."""

    id: str
    name: str
    email: str
    role: str
    institution_id: str
    institution: str


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

    async def has_institution(self, institution_id: str) -> bool:
        """Whether there is an institution of this id."""
        return await self._row("institution", institution_id) is not None

    async def exam(self, exam_id: str, institution_id: str) -> Exam | None:
        """An exam of the institution."""
        row = await self._row("exam", exam_id, institution_id)
        return None if row is None else Exam(**{**dict(row), "class_ids": tuple(row["class_ids"])})

    async def copies(self, exam_id: str, most: int) -> int:
        """How many copies of an exam were handed in, counted up to `most`."""
        row = await self._row("copies", exam_id, most)
        return int(row["count"]) if row is not None else 0

    async def has_classes(self, course_id: str, class_ids: Sequence[str]) -> bool:
        """Whether every one of these classes is the course's."""
        wanted = set(class_ids)
        found = {row["id"] for row in await self._rows("class_ids", course_id, sorted(wanted))}
        return found == wanted

    async def titles(self, exam_ids: Sequence[str], institution_id: str) -> dict[str, str]:
        """The titles of the institution's exams among these."""
        rows = await self._rows("titles", list(exam_ids), institution_id)
        return {row["id"]: row["title"] for row in rows}

    async def names(self, user_ids: Sequence[str], institution_id: str) -> dict[str, str]:
        """The names of the institution's users among these, where they have one."""
        rows = await self._rows("names", list(user_ids), institution_id)
        return {row["id"]: row["name"] for row in rows}

    async def exams(self, institution_id: str) -> list[dict[str, str]]:
        """The institution's exams, for the demo's front page."""
        return [dict(row) for row in await self._rows("exams", institution_id)]

    async def taught(self, exam_ids: Sequence[str], user_id: str) -> frozenset[str]:
        """Those of these exams that a teacher wrote or teaches a class of."""
        return frozenset(row["id"] for row in await self._rows("taught", user_id, list(exam_ids), WHOLE_COURSE))

    async def teachers(self) -> list[Teacher]:
        """Everyone who may sign in to the demo, by institution."""
        rows = await self._rows("teachers")
        return [Teacher(**{**dict(row), "name": row["name"] or row["email"]}) for row in rows]

    async def grading(self, exam: Exam) -> Grading:
        """The grading table of an exam, in one state of the database."""
        async with connection(self._pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
            classes = await db.fetch(SQL["classes"], exam.course_id)
            return grading(
                classes=classes,
                members=await db.fetch(SQL["members"], exam.course_id),
                attempts=await db.fetch(SQL["attempts"], exam.id),
                answers=await db.fetch(SQL["answers"], exam.id),
                points=await db.fetch(SQL["points"], exam.id),
                aimed_at=exam.class_ids,
                left_out=await _left_out(db, exam.id, {row["id"]: row["name"] for row in classes}),
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


async def _left_out(db: asyncpg.Connection, exam_id: str, class_names: Mapping[str, str]) -> dict[str, str]:
    """The titles of the exam's variants that ask other questions. Contents are read only where there are variants."""
    exams = await db.fetch(SQL["variants"], exam_id)
    if len(exams) < 2:
        return {}
    ids = [row["id"] for row in exams]
    tables = [await db.fetch(SQL[name], ids) for name in ("sections", "questions", "segments")]
    others = differing(ids, *tables)
    return {row["id"]: variant_title(row, exams[0], class_names) for row in exams if row["id"] in others}
