"""Everything that is known of one export: its row, its events to be published and published, its audit, its trace."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from services.common.database import connection, queries

SQL = queries(Path(__file__).parents[1] / "sql" / "admin.sql")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Story:
    """Of one export: its row's columns (without options and warnings), outbox rows, published events, audit rows, each
    in order, and the id of the trace that its request began; None where it had none.
    """

    export: Row
    outbox: list[Row]
    events: list[Row]
    audit: list[Row]

    @property
    def trace_id(self) -> str | None:
        """By which collectors, and the log lines of all services, know it."""
        return next((row["detail"]["traceId"] for row in self.audit if row["detail"].get("traceId")), None)

    def to_json(self) -> str:
        """As one JSON document."""
        return json.dumps({"traceId": self.trace_id, **asdict(self)}, default=str, ensure_ascii=False, indent=2)

    def lines(self) -> Iterator[str]:
        """As text: what has a value, one a line."""
        yield f"trace_id  {self.trace_id or 'none'}"
        yield from (f"{name}  {_text(value)}" for name, value in self.export.items() if value not in (None, [], ""))
        for name, rows in (("outbox", self.outbox), ("events", self.events), ("audit", self.audit)):
            yield f"\n{name}: {len(rows)}"
            yield from ("  " + "  ".join(_text(value) for value in row.values() if value is not None) for row in rows)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


async def read(pool: asyncpg.Pool, export_id: UUID) -> Story | None:
    """The story of an export, of one moment; None where there is no such export.

    Raises:
        DatabaseUnavailable.
    """
    async with connection(pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        found = await db.fetchrow(SQL["export"], export_id)
        if found is None:
            return None
        outbox, events, audit = [
            [_decoded(row) for row in await db.fetch(SQL[name], export_id)] for name in ("outbox", "events", "audit")
        ]
    return Story(json.loads(found["row"]), outbox, events, audit)


def _decoded(row: asyncpg.Record) -> Row:
    return {name: json.loads(value) if name == "detail" else value for name, value in row.items()}


async def parked(pool: asyncpg.Pool) -> list[Row]:
    """The outbox rows that no queue took, oldest first, at most a thousand.

    Raises:
        DatabaseUnavailable.
    """
    async with connection(pool) as db:
        return [dict(row) for row in await db.fetch(SQL["parked"])]


async def release(pool: asyncpg.Pool) -> int:
    """Have parked rows tried again at once; how many.

    Raises:
        DatabaseUnavailable.
    """
    async with connection(pool) as db:
        return int((await db.execute(SQL["release"])).rpartition(" ")[2])
