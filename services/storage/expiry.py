"""Expires files by the retention policy: mark the row (410 from then on), publish the event, delete the bytes, note it.

Any number of instances may run it.

Each step finds its work in the ledger alone, so a crash between any two of them is picked up by the next round of
anyone. An announcement may come twice, always under the same event id.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from contracts.events import AnyEvent, ExportExpired
from services.common.broker import BrokerUnavailable, Unroutable
from services.common.failpoints import failpoint
from services.storage import keys
from services.storage.errors import StorageError
from services.storage.files import Files
from services.storage.keys import Key
from services.storage.ledger import FileRecord, Ledger
from services.storage.metrics import Metrics
from services.storage.policy import RetentionPolicy

log = structlog.get_logger()

BATCH = 200
TEMPORARY_AGE = timedelta(minutes=10)
ORPHAN_AGE = timedelta(hours=1)


class EventPublisher(Protocol):
    """Publishes an event and returns once the broker has confirmed it."""

    async def publish(self, event: AnyEvent, *, id: UUID | None = None) -> None:
        """Raises BrokerUnavailable or Unroutable."""


def announcement(record: FileRecord) -> tuple[ExportExpired, UUID]:
    """The event of a tombstone, and the id it always has."""
    assert record.expired_at is not None
    event = ExportExpired(
        **record.identity,
        key=str(record.key),
        expired_at=record.expired_at,
    )
    return event, uuid5(NAMESPACE_URL, f"{record.key}@{record.expired_at.isoformat()}")


class Expiry:
    """The loop that applies the policy."""

    def __init__(
        self, files: Files, ledger: Ledger, publisher: EventPublisher, policy: RetentionPolicy, metrics: Metrics
    ) -> None:
        self._files = files
        self._ledger = ledger
        self._publisher = publisher
        self._policy = policy
        self._metrics = metrics
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Start the next round now."""
        self._woken.set()

    async def run(self) -> None:
        """Rounds until cancelled; whatever fails is tried again in the next one."""
        loop = asyncio.get_running_loop()
        next_sweep = loop.time()
        while True:
            await self._try("expiry.round_failed", self.round)
            if loop.time() >= next_sweep:
                await self._try("expiry.sweep_failed", self.sweep)
                next_sweep = loop.time() + self._policy.sweep_interval
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self._policy.interval)
            self._woken.clear()

    async def _try(self, failure: str, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except (StorageError, BrokerUnavailable, Unroutable) as error:
            log.warning(failure, cause=getattr(error, "cause", None) or str(error))
        except Exception:
            log.exception(failure)

    async def round(self) -> None:
        """One pass of tombstone, announce, delete. A broker that is away holds back what it has to hear, no more."""
        expired = await self._ledger.expire_due()
        if expired:
            failpoint("expiry.tombstoned")
            self._metrics.expired.inc(expired)
            log.info("expiry.expired", files=expired)
        try:
            while await self._ledger.announce_next(self._announce):
                pass
        finally:
            await self._remove_announced()
        await self._ledger.forget(self._policy.ledger_age)
        self._metrics.set_totals(*await self._ledger.totals())

    async def _announce(self, record: FileRecord) -> None:
        event, id = announcement(record)
        await self._publisher.publish(event, id=id)

    async def _remove_announced(self) -> None:
        for key in await self._ledger.removable(BATCH):
            if await self._ledger.remove(key, self._files.delete):
                self._metrics.deleted.inc()
                log.info("expiry.deleted", export=str(key.export_id))

    async def sweep(self) -> None:
        """Remove leftovers of uploads, and bytes that no row stands for."""
        now = datetime.now(UTC)
        swept = await self._files.sweep(now - TEMPORARY_AGE)
        async for batch in self._old(now - ORPHAN_AGE):
            for key in await self._ledger.unknown(batch):
                swept += await self._ledger.remove_unknown(key, self._files.delete)
        if swept:
            self._metrics.swept.inc(swept)
            log.info("expiry.swept", files=swept)

    async def _old(self, before: datetime) -> AsyncIterator[list[Key]]:
        batch: list[Key] = []
        async for entry in self._files.stored():
            if entry.modified >= before:
                continue
            try:
                batch.append(keys.parse(entry.name))
            except keys.InvalidKey:
                log.warning("expiry.unknown_name", name=entry.name[:200])
            if len(batch) >= BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
