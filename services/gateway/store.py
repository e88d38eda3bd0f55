"""Reads and writes exports, their outbox and their audit in PostgreSQL.

Each write is guarded by the statuses it expects, and an event to be published is written to the outbox in the
transaction that makes it true.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, assert_never
from uuid import UUID

import asyncpg
import structlog
from opentelemetry import propagate

from contracts.events import (
    AnyEvent,
    ExportCancelled,
    ExportCompleted,
    ExportExpired,
    ExportFailed,
    ExportProgress,
)
from contracts.states import DOCUMENTS, SHEETS, ExportStatus, Format
from services.common import tracing
from services.common.database import connection, queries
from services.gateway import claims, facts
from services.gateway.claims import Claim, ClaimRefused, Mismatch
from services.gateway.errors import (
    IdempotencyKeyReused,
    TooManyExports,
    TooManyFiles,
    TooManyOwnExports,
    TooManyOwnFiles,
)
from services.gateway.exports import Export
from services.gateway.facts import Outcome
from services.gateway.forecast import Forecast, RunningExport, forecasts
from services.gateway.rows import completion, export_of
from services.gateway.selection import Selection
from services.gateway.transitions import sources

log = structlog.get_logger()

SQL = queries(Path(__file__).parent / "sql" / "exports.sql")

MOST_FORECASTS = 2_000
"""Exports that are told how long they will take, those asked for first."""

LATELY = 100
"""Exports that the usual time of a format is taken from."""

UNDELIVERED = timedelta(minutes=5)
"""For how long a file answers the request that it came too late for; later, grades may have changed."""


@dataclass(frozen=True)
class Actor:
    """Who did something, for the audit. `user_id` None is the system itself."""

    user_id: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True)
class Created:
    """The export that answers a request; `replayed` when an earlier request already created it."""

    export: Export
    replayed: bool = False


@dataclass(frozen=True)
class Quota:
    """How many exports of an institution may run at once, and how many files of one kind (documents, sheets) may be
    kept or made (None: any number). A file is promised until it expires, so beyond that no other is begun. One
    requester may have `share_percent` of either, rounded up, so that nobody uses up what is everybody's.
    """

    running: int
    files: int | None = None
    share_percent: int = 100

    def share(self, number: int) -> int:
        """How much of a number one requester may have."""
        return -(-number * self.share_percent // 100)


class Store:
    """Reads and writes of exports.

    Every method raises `services.common.database.DatabaseUnavailable` while PostgreSQL is away.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def create(
        self, export: Export, *, quota: Quota, actor: Actor, key: str | None = None, reuse: bool = False
    ) -> Created:
        """Insert a new export and its request event, unless an earlier export answers the request.

        That is the one with the same idempotency `key` and, with `reuse`, an identical one that still runs or whose
        file, made within `UNDELIVERED`, was never sent. One institution's creations are serialised by a lock, so that
        neither the key nor the quota can be raced.

        Raises:
            IdempotencyKeyReused: the key came before with another request.
            TooManyExports, TooManyFiles, TooManyOwnExports, TooManyOwnFiles: the quota, or the requester's share, is
                reached.
        """
        async with connection(self._pool) as db, db.transaction():
            await db.execute(SQL["lock_institution"], export.institution_id)
            earlier = await _earlier(db, export, key, reuse)
            if earlier is not None:
                return Created(earlier, replayed=True)
            await _check(db, export, quota)
            await _insert(db, export, key, actor)
            return Created(export)

    async def find(self, institution_id: str, exam_id: str, export_id: UUID) -> Export | None:
        """One export of an exam of an institution."""
        return await self._one("find", export_id, institution_id, exam_id)

    async def find_by_id(self, institution_id: str, export_id: UUID) -> Export | None:
        """One export of an institution."""
        return await self._one("find_by_id", export_id, institution_id)

    async def find_file(self, institution_id: str, exam_id: str, filename: str) -> Export | None:
        """The export whose file bears a name, within one exam of one institution; expired ones included."""
        return await self._one("find_file", exam_id, filename, institution_id)

    async def recent(
        self, institution_id: str, user_id: str | None, *, exam_id: str | None = None, limit: int = 50
    ) -> list[Export]:
        """A user's exports, or without one the institution's, newest first; of one exam where it is given."""
        if user_id is None:
            return await self._many("recent_of_institution", institution_id, exam_id, limit)
        return await self._many("recent", institution_id, user_id, exam_id, limit)

    async def read(self, export_ids: Sequence[UUID]) -> list[Export]:
        """The rows of these exports, in any order."""
        return await self._many("read", export_ids)

    async def oldest_queued(self) -> float:
        """For how many seconds the oldest export that no renderer has begun waits; 0 where none does."""
        async with connection(self._pool) as db:
            return float(await db.fetchval(SQL["oldest_queued"]))

    async def forecasts(self) -> dict[UUID, Forecast]:
        """What can be told of the exports that run, everybody's."""
        async with connection(self._pool) as db:
            running = await db.fetch(SQL["running"], MOST_FORECASTS)
            usual = await db.fetch(SQL["usual_seconds"], LATELY) if running else []
        exports = [RunningExport(row["id"], Format(row["format"]), row["percent"], row["seconds"]) for row in running]
        return forecasts(exports, {Format(row["format"]): float(row["seconds"]) for row in usual})

    async def in_selection(self, selection: Selection, *, limit: int = 50) -> list[Export]:
        """The recent exports of a selection's owner, and those of its exams that run; newest first, each once."""
        owner = selection.owner
        own = await self.recent(owner.institution_id, owner.user_id, limit=limit)
        if not selection.exam_ids:
            return own
        running = await self._many("running_of_exams", owner.institution_id, sorted(selection.exam_ids), limit)
        found = {export.id: export for export in (*own, *running)}
        return sorted(found.values(), key=lambda export: (export.requested_at, export.id), reverse=True)

    async def changed_since(self, selections: Sequence[Selection], within: timedelta) -> list[Export]:
        """The exports of these selections that changed in the last `within`, oldest first; one may come twice."""
        owners = [selection.owner for selection in selections]
        exams = {
            (selection.owner.institution_id, exam_id) for selection in selections for exam_id in selection.exam_ids
        }
        return await self._many(
            "changed_since",
            [owner.institution_id for owner in owners],
            [owner.user_id for owner in owners],
            [institution_id for institution_id, _ in exams],
            [exam_id for _, exam_id in exams],
            within,
        )

    async def progress(self, events: Sequence[ExportProgress]) -> None:
        """Write progress; an event older than the row, or after the end, changes nothing. One that no row can hold is
        left out.
        """
        async with connection(self._pool) as db:
            try:
                async with db.transaction():
                    await _write_progress(db, events)
            except asyncpg.DataError:
                for event in events:
                    await _write_alone(db, event)

    async def apply(self, claim: Claim) -> bool:
        """Write an end that another service claims, and put the event that tells everybody into the outbox, in one
        transaction; False where the export had already ended (the first end wins).

        Raises:
            ClaimRefused: the claim does not hold against the row, which is as it was.
        """
        async with connection(self._pool) as db, db.transaction():
            row = await db.fetchrow(SQL["lock"], claim.export_id)
            if row is None:
                raise ClaimRefused(Mismatch.EXPORT)
            before = export_of(row)
            claims.check(before, claim)
            return await _end(db, before, claims.accepted(claim), Actor()) is not None

    async def finish(
        self, export_id: UUID, outcome: Callable[[Export], Outcome], actor: Actor
    ) -> tuple[Export | None, bool]:
        """End an export and put the event that tells everybody into the outbox, in one transaction.

        Returns the export as it stands afterwards (None: there is none) and whether this call ended it. Whatever
        `outcome` raises leaves the export as it was.
        """
        async with connection(self._pool) as db, db.transaction():
            row = await db.fetchrow(SQL["lock"], export_id)
            if row is None:
                return None, False
            before = export_of(row)
            after = await _end(db, before, outcome(before), actor)
            return after or before, after is not None

    async def audit(self, action: str, export: Export, actor: Actor, detail: Mapping[str, Any]) -> None:
        """Append to the audit who did what to an export."""
        async with connection(self._pool) as db:
            await _audit(db, action, export, actor, detail)

    async def download(self, export: Export, actor: Actor, detail: Mapping[str, Any]) -> None:
        """Count a download, note it in the audit and tell it, in one transaction."""
        async with connection(self._pool) as db, db.transaction():
            await _audit(db, "export.downloaded", export, actor, detail)
            number = await db.fetchval(SQL["count_download"], export.id)
            if number is not None and export.file is not None and actor.user_id is not None:
                await _announce(db, facts.downloaded(export, export.file, number, actor.user_id, datetime.now(UTC)))

    async def overdue(self, age: timedelta) -> list[UUID]:
        """Running exports whose last progress is that long ago."""
        return await self._ids("overdue", age)

    async def unheard(self, silence: timedelta, since_loss: timedelta | None) -> list[UUID]:
        """Running exports that were not heard of for `silence`: the queued ones, and after a loss those under way that
        were not heard of since it. A queued export that was requested again is left alone twice as long each time.
        """
        return await self._ids("unheard", silence, since_loss)

    async def resend(self, silence: timedelta, since_loss: timedelta | None) -> list[UUID]:
        """Put the requests of the `unheard` exports into the outbox once more; their ids. One gateway takes each."""
        async with connection(self._pool) as db, db.transaction():
            exports = [export_of(row) for row in await db.fetch(SQL["take_unheard"], silence, since_loss)]
            for export in exports:
                await _announce(db, export.requested())
        return [export.id for export in exports]

    async def without_file(self, age: timedelta, newest: int) -> list[UUID]:
        """Failed and cancelled exports older than `age` or beyond the `newest` of their institution."""
        return await self._ids("without_file", age, newest)

    async def lapsed(self, grace: timedelta) -> list[UUID]:
        """Completed exports whose file expired that long ago."""
        return await self._ids("lapsed", grace)

    async def delete_expired(self, age: timedelta) -> None:
        """Delete the rows of exports that expired that long ago."""
        async with connection(self._pool) as db:
            await db.execute(SQL["delete_expired"], age)

    async def forget_events(self, age: timedelta) -> None:
        """Delete the events that were published that long ago."""
        async with connection(self._pool) as db:
            await db.execute(SQL["forget_events"], age)

    async def ping(self) -> None:
        """Raise unless the tables answer."""
        await self._many("read", [])

    async def _one(self, name: str, *arguments: Any) -> Export | None:
        async with connection(self._pool) as db:
            row = await db.fetchrow(SQL[name], *arguments)
        return None if row is None else export_of(row)

    async def _many(self, name: str, *arguments: Any) -> list[Export]:
        async with connection(self._pool) as db:
            return [export_of(row) for row in await db.fetch(SQL[name], *arguments)]

    async def _ids(self, name: str, *arguments: Any) -> list[UUID]:
        async with connection(self._pool) as db:
            return [row["id"] for row in await db.fetch(SQL[name], *arguments)]


async def _check(db: asyncpg.Connection, export: Export, quota: Quota) -> None:
    scope = (export.institution_id, export.requested_by)
    running = await db.fetchrow(SQL["count_running"], *scope)
    if running["everybodys"] >= quota.running:
        raise TooManyExports
    if running["own"] >= quota.share(quota.running):
        raise TooManyOwnExports
    if quota.files is not None:
        kind = next(kind for kind in (DOCUMENTS, SHEETS) if export.format in kind)
        files = await db.fetchrow(SQL["count_files"], *scope, sorted(kind))
        if files["everybodys"] >= quota.files:
            raise TooManyFiles(files["seconds"])
        if files["own"] >= quota.share(quota.files):
            raise TooManyOwnFiles(files["own_seconds"])


async def _earlier(db: asyncpg.Connection, export: Export, key: str | None, reuse: bool) -> Export | None:
    scope = (export.institution_id, export.requested_by)
    if key is not None and (row := await db.fetchrow(SQL["by_idempotency_key"], *scope, key)) is not None:
        if row["fingerprint"] != export.fingerprint():
            raise IdempotencyKeyReused
        return export_of(row)
    if reuse and (row := await db.fetchrow(SQL["duplicate"], *scope, export.fingerprint(), UNDELIVERED)) is not None:
        return export_of(row)
    return None


async def _insert(db: asyncpg.Connection, export: Export, key: str | None, actor: Actor) -> None:
    await db.execute(
        SQL["insert"],
        export.id,
        export.institution_id,
        export.exam_id,
        export.requested_by,
        export.format,
        export.options.model_dump_json(by_alias=True),
        list(export.class_ids),
        export.requested_at,
        key,
        export.fingerprint(),
        *_outgoing(export.requested()),
        actor.user_id,
        actor.ip_address,
        export.exam_title,
        export.copies,
        tracing.current_trace(),
    )


async def _announce(db: asyncpg.Connection, event: AnyEvent) -> None:
    event_id, kind, body, trace = _outgoing(event)
    await db.execute(SQL["announce"], event_id, kind, event.export_id, body, trace)


def _outgoing(event: AnyEvent) -> tuple[UUID, str, str, str]:
    """The columns of an outbox row: event id, type, body, and the trace context it is written under."""
    trace: dict[str, str] = {}
    propagate.inject(trace)
    return facts.event_id(event), event.type, event.to_json().decode(), json.dumps(trace)


async def _write_progress(db: asyncpg.Connection, events: Sequence[ExportProgress]) -> None:
    columns: list[list[Any]] = [
        [event.export_id for event in events],
        [event.attempt for event in events],
        [event.sequence for event in events],
        [event.phase for event in events],
        [event.percent for event in events],
        [event.processed for event in events],
        [event.total for event in events],
    ]
    for row in await db.fetch(SQL["progress"], sources(ExportProgress), *columns):
        if row["begun"]:
            export = export_of(row)
            await _announce(db, facts.started(export, export.attempt, row["heard_at"]))


async def _write_alone(db: asyncpg.Connection, event: ExportProgress) -> None:
    try:
        async with db.transaction():
            await _write_progress(db, [event])
    except asyncpg.DataError as error:
        log.warning("progress.not_applicable", export=str(event.export_id), cause=type(error).__name__)


async def _end(db: asyncpg.Connection, before: Export, event: Outcome, actor: Actor) -> Export | None:
    """The export after an end, whose event is in the outbox; None where it comes too late."""
    after = await _apply(db, event, actor)
    if after is not None:
        if before.status is ExportStatus.QUEUED and isinstance(event, ExportCompleted):
            await _announce(db, facts.started(after, event.attempt, event.started_at))  # no progress was heard of
        await _announce(db, facts.told(after, event))
    return after


async def _audit(db: asyncpg.Connection, action: str, export: Export, actor: Actor, detail: Mapping[str, Any]) -> None:
    await db.execute(
        SQL["audit"],
        action,
        actor.user_id,
        export.institution_id,
        export.exam_id,
        export.id,
        actor.ip_address,
        json.dumps(detail),
    )


async def _apply(db: asyncpg.Connection, event: Outcome, actor: Actor) -> Export | None:
    guard = sources(type(event))
    match event:
        case ExportCompleted():
            await db.execute(SQL["lock_names"], event.exam_id)
            name, arguments, detail = "complete", completion(event), {"sha256": event.file.sha256}
        case ExportFailed():
            name, arguments = "fail", (event.attempt, event.code, event.message)
            detail = {"code": event.code}
        case ExportCancelled():
            name, arguments, detail = "cancel", (), {}
        case ExportExpired():
            name, arguments, detail = "expire", (event.key,), {}
        case _:
            assert_never(event)
    row = await db.fetchrow(SQL[name], event.export_id, guard, *arguments)
    if row is None:
        return None
    export = export_of(row)
    await _audit(db, event.type.removesuffix(".v1"), export, actor, detail)
    return export
