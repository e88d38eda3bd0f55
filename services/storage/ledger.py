"""The ledger: one row a stored file in `exports.stored_file`, with its owner and its expiry by PostgreSQL's clock.

All files of one export have one owner: the first that was stored decides.

Whoever makes or removes the bytes of a key holds that key's advisory lock until the row agrees, so a file that a row
calls live is never removed and a crash at any step leaves only work that the next round finds again.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from contracts.events import Identity
from contracts.owner import Owner
from services.common.database import DatabaseUnavailable, connection, queries
from services.common.failpoints import failpoint
from services.storage import keys
from services.storage.errors import OwnerConflict, StorageUnavailable
from services.storage.headers import Description
from services.storage.keys import Key

SQL = queries(Path(__file__).parent / "sql" / "ledger.sql")

DEPOSIT_SECONDS = 15.0
"""How long a finished upload waits for a connection: longer than other work, for its bytes are already here."""


@dataclass(frozen=True)
class FileRecord:
    """One row. `live` is the database's own word that the file may be given out now."""

    key: Key
    owner: Owner
    filename: str
    content_type: str
    size: int
    stored_at: datetime
    expires_at: datetime
    expired_at: datetime | None
    live: bool

    @property
    def identity(self) -> Identity:
        """The fields that every event about the file's export begins with."""
        return Identity(
            export_id=self.key.export_id,
            institution_id=self.owner.institution_id,
            exam_id=self.owner.exam_id,
            requested_by=self.owner.requested_by,
        )


def _record(row: asyncpg.Record) -> FileRecord:
    return FileRecord(
        key=keys.parse(row["key"]),
        owner=_owner(row),
        filename=row["filename"],
        content_type=row["content_type"],
        size=row["size"],
        stored_at=row["stored_at"],
        expires_at=row["expires_at"],
        expired_at=row["expired_at"],
        live=row["live"],
    )


def _owner(row: asyncpg.Record) -> Owner:
    return Owner(row["institution_id"], row["exam_id"], row["requested_by"])


@contextmanager
def _ledger_errors() -> Iterator[None]:
    try:
        yield
    except (DatabaseUnavailable, asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
        raise StorageUnavailable("The ledger does not answer; try again shortly.", cause=str(error)) from error


class Ledger:
    """The table `exports.stored_file`. Every method raises StorageUnavailable while the database is away."""

    def __init__(self, pool: asyncpg.Pool, *, retention: timedelta) -> None:
        self._pool = pool
        self._retention = retention

    @asynccontextmanager
    async def _session(self, seconds: float = 3.0) -> AsyncIterator[asyncpg.Connection]:
        with _ledger_errors():
            async with connection(self._pool, seconds=seconds) as session:
                yield session

    @asynccontextmanager
    async def _transaction(self, seconds: float = 3.0) -> AsyncIterator[asyncpg.Connection]:
        async with self._session(seconds) as session, session.transaction():
            yield session

    async def ping(self) -> None:
        """Return when the ledger can be read."""
        async with self._session() as session:
            await session.fetch(SQL["find"], "")

    async def find(self, key: Key) -> FileRecord | None:
        """The row of a key."""
        async with self._session() as session:
            row = await session.fetchrow(SQL["find"], str(key))
        return None if row is None else _record(row)

    async def check_owner(self, export_id: UUID, owner: Owner) -> None:
        """Return when a file of this owner may be stored for the export.

        Raises:
            OwnerConflict: the export has a file of another owner.
        """
        async with self._session() as session:
            await _check_owner(session, export_id, owner)

    async def deposit(
        self, key: Key, described: Description, size: int, publish: Callable[[], Awaitable[None]]
    ) -> datetime:
        """Publish the bytes, then record them; until when the file is kept.

        Raises:
            OwnerConflict: the export has a file of another owner; nothing was published.
        """
        owner = described.owner
        async with self._transaction(DEPOSIT_SECONDS) as session:
            await session.execute(SQL["hold"], str(key.export_id))
            await _check_owner(session, key.export_id, owner)
            await session.execute(SQL["hold"], str(key))
            await publish()
            expires_at: datetime = await session.fetchval(
                SQL["record"],
                str(key),
                key.export_id,
                key.sha256,
                owner.institution_id,
                owner.exam_id,
                owner.requested_by,
                described.filename,
                described.content_type,
                size,
                self._retention,
            )
            failpoint("deposit.recorded")
        failpoint("deposit.committed")
        return expires_at

    async def retire(self, key: Key) -> bool:
        """Stop giving a file out, on request; False when there never was one."""
        async with self._session() as session:
            return await session.fetchval(SQL["retire"], str(key)) is not None

    async def expire_due(self) -> int:
        """Stop giving out the files whose time is over; how many. No file ends before the time it was promised for."""
        async with self._session() as session:
            return len(await session.fetch(SQL["expire_due"]))

    async def announce_next(self, announce: Callable[[FileRecord], Awaitable[None]]) -> bool:
        """Announce one expired file that no other instance is announcing; False when there is none."""
        async with self._transaction() as session:
            row = await session.fetchrow(SQL["next_unannounced"])
            if row is None:
                return False
            await announce(_record(row))
            failpoint("expiry.announced")
            await session.execute(SQL["announced"], row["key"])
        return True

    async def removable(self, limit: int) -> list[Key]:
        """Files announced as expired whose bytes are still there."""
        async with self._session() as session:
            return [keys.parse(row["key"]) for row in await session.fetch(SQL["removable"], limit)]

    async def remove(self, key: Key, delete: Callable[[Key], Awaitable[None]]) -> bool:
        """Delete an expired file's bytes and note it; False when it was stored again or another instance is at it."""
        async with self._transaction() as session:
            if not await session.fetchval(SQL["try_hold"], str(key)):
                return False
            if await session.fetchval(SQL["still_removable"], str(key)) is None:
                return False
            await delete(key)
            failpoint("expiry.removed")
            await session.execute(SQL["removed"], str(key))
        return True

    async def unknown(self, found: Sequence[Key]) -> list[Key]:
        """Of these, the keys no row stands for."""
        async with self._session() as session:
            rows = await session.fetch(SQL["unknown"], [str(key) for key in found])
        return [keys.parse(row["key"]) for row in rows]

    async def remove_unknown(self, key: Key, delete: Callable[[Key], Awaitable[None]]) -> bool:
        """Delete bytes that no row stands for; False when one does by now, or another instance is at it."""
        async with self._transaction() as session:
            if not await session.fetchval(SQL["try_hold"], str(key)):
                return False
            if not await session.fetch(SQL["unknown"], [str(key)]):
                return False
            await delete(key)
        return True

    async def forget(self, age: timedelta) -> None:
        """Drop the rows of files deleted longer than `age` ago."""
        async with self._session() as session:
            await session.execute(SQL["forget"], age)

    async def totals(self) -> tuple[int, int]:
        """How many files are live and how many bytes they hold."""
        async with self._session() as session:
            row = await session.fetchrow(SQL["totals"])
        return row["files"], row["bytes"]


async def _check_owner(session: asyncpg.Connection, export_id: UUID, owner: Owner) -> None:
    row = await session.fetchrow(SQL["owner"], export_id)
    if row is not None and _owner(row) != owner:
        raise OwnerConflict("The export's files belong to another owner; nothing was stored.")
