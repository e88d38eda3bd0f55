"""Reads the events that were published, an institution's in their order, for services that do not speak AMQP.

The relay numbers them as it publishes (`relay`). A reader gives the position of the last event it knows; what is older
than the retention is gone, and a reader that comes from there is told so.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from contracts.envelope import CONTENT_TYPE, Envelope, source_of
from contracts.events import EVENT_TYPES
from contracts.http import CloudEvent
from contracts.topology import Role
from services.common.database import connection, queries
from services.gateway.errors import CursorExpired, UnknownCursor

SQL = queries(Path(__file__).parent / "sql" / "history.sql")


@dataclass(frozen=True)
class Page:
    """Events, the position to read on from, and whether there are more by now."""

    events: list[CloudEvent]
    position: int
    more: bool


class History:
    """Every method raises `services.common.database.DatabaseUnavailable` while PostgreSQL is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def read(self, institution_id: str, after: int | None, types: Collection[str], limit: int) -> Page:
        """At most `limit` events of an institution after a position (None: from the oldest that is kept), of these
        types, or of every type where none is named.

        Raises:
            CursorExpired: events between the position and the oldest that is kept are gone.
            UnknownCursor: no event ever had that position.
        """
        async with connection(self._pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
            bounds = await db.fetchrow(SQL["bounds"], institution_id)
            last, first = bounds["last"], bounds["first"] or bounds["last"] + 1
            if after is not None and after > last:
                raise UnknownCursor
            if after is not None and after + 1 < first:
                raise CursorExpired(oldest=str(first - 1))
            begins = first - 1 if after is None else after
            rows = await db.fetch(SQL["read"], institution_id, begins, list(types), limit + 1)
        told, more = rows[:limit], len(rows) > limit
        return Page([_cloud_event(row) for row in told], told[-1]["position"] if more else last, more)


def _cloud_event(row: asyncpg.Record) -> CloudEvent:
    event = EVENT_TYPES[row["event_type"]].model_validate_json(row["body"])
    envelope = Envelope(row["event_id"], source_of(Role.GATEWAY), row["created_at"], event)
    return CloudEvent(**envelope.attributes(), datacontenttype=CONTENT_TYPE, data=json.loads(row["body"]))
