"""Mails to be sent, in PostgreSQL, and whom to send them to, in Correcta's tables. Every method raises
`DatabaseUnavailable` while it is away.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from services.common.database import connection, queries
from services.webhooks.mail_message import NoRecipient, Recipient

SQL = queries(Path(__file__).parent / "sql" / "mail.sql")
RECIPIENTS = queries(Path(__file__).parent / "sql" / "recipients.sql")


@dataclass(frozen=True)
class DueMail:
    """A mail that was claimed: its event's id and body, and who asked for the export. `attempts` counts this one."""

    event_id: UUID
    institution_id: str
    user_id: str
    body: str
    attempts: int


class MailStore:
    """Reads and writes of one table, and reads of Correcta's users."""

    def __init__(self, pool: asyncpg.Pool, correcta: asyncpg.Pool) -> None:
        self._pool, self._correcta = pool, correcta

    async def enqueue(self, event_id: UUID, institution_id: str, user_id: str, body: str) -> None:
        """Have an event mailed, once."""
        await self._rows("enqueue", event_id, institution_id, user_id, body)

    async def claim(self, count: int, lease: timedelta) -> list[DueMail]:
        """Mails that are due; nobody else has them until the lease ends."""
        return [DueMail(**dict(row)) for row in await self._rows("claim", count, lease)]

    async def sent(self, event_id: UUID) -> None:
        """Note that the server took it."""
        await self._rows("sent", event_id)

    async def failed(self, event_id: UUID, error: str, again: timedelta | None) -> None:
        """Note a failure; tried again after a while, or given up (None)."""
        await self._rows("failed", event_id, error[:500], again)

    async def forget(self, age: timedelta) -> None:
        """Delete what is over and that old."""
        await self._rows("forget", age)

    async def recipient(self, user_id: str, institution_id: str) -> Recipient:
        """The teacher of this id, if they are still the institution's.

        Raises:
            NoRecipient: they are not.
        """
        async with connection(self._correcta) as db:
            row = await db.fetchrow(RECIPIENTS["recipient"], user_id, institution_id)
        if row is None:
            raise NoRecipient("no such user of this institution any more")
        return Recipient(row["email"], row["name"])

    def close(self) -> None:
        """End the connections to Correcta's tables."""
        self._correcta.terminate()

    async def _rows(self, name: str, *arguments: Any) -> list[asyncpg.Record]:
        async with connection(self._pool) as db:
            rows: list[asyncpg.Record] = await db.fetch(SQL[name], *arguments)
        return rows
