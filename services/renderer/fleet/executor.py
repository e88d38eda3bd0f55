"""Typesets an export's shards by the local workers first, and offers what they do not come to to other renderers.

A shard waits in two lines at once: for a local worker, and, offered, for a helper. Whoever is first has it; the other
line is left. So a helper that is slow, silent or dead costs time, never a page.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from contracts.shards import ShardOffered, ShardOutcome, ShardWithdrawn
from services.common.failpoints import failpoint
from services.renderer.exam.spool import read_span
from services.renderer.files import write_whole
from services.renderer.fleet.blob_client import BlobClient, BlobGone, BlobsAway
from services.renderer.fleet.link import Link
from services.renderer.fleet.metrics import FleetMetrics
from services.renderer.fleet.offers import Offer, Offers
from services.renderer.fleet.payloads import CopyPayload, context_payload
from services.renderer.workers.executors import LocalExecutor, Shard
from services.renderer.workers.pool import CallFailed, Fault
from services.renderer.workers.tasks import Context, CopyRequest

log = structlog.get_logger()

OFFERED_PER_WORKER = 2
"""Shards offered and not ended, for each worker that others lend: one in work, one that waits for it."""

OFFERS_PER_SHARD = 2
LOOK_SECONDS = 1.0
"""How often a shard that is with a helper is looked at, where nothing is heard."""

FIND_SECONDS = 2.0
"""How long is waited for storage's word on what is there already."""

HEDGE_SECONDS = 2.0
HEDGE_FACTOR = 3.0
"""A helper's shard is typeset here as well once a worker is free and it takes so much longer than others did."""

GRACE_SECONDS = 15.0
"""Beyond a call's own limit, after which a helper's shard is taken back."""

FAULTS = {
    ShardOutcome.TIMEOUT: Fault.TIMEOUT,
    ShardOutcome.CRASH: Fault.CRASH,
    ShardOutcome.MEMORY: Fault.MEMORY,
}


class Known(Protocol):
    """Results that storage has, so that they are not sent to it again."""

    def note(self, key: str) -> None:
        """This one is there."""


@dataclass(frozen=True)
class Means:
    """What every shared executor of a process uses."""

    link: Link
    blobs: BlobClient
    offers: Offers
    known: Known
    metrics: FleetMetrics


@dataclass(eq=False)
class _Waiting:
    """A shard on its way. `begun` says that a local worker is at it."""

    shard: Shard
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    begun: bool = False
    offer: Offer | None = None
    offered: int = 0

    @property
    def is_taken(self) -> bool:
        """Whether a helper has it."""
        return self.offer is not None and self.offer.helper is not None


class SharedExecutor:
    """One export's executor."""

    def __init__(self, local: LocalExecutor, context: Context, means: Means) -> None:
        self._local = local
        self._context = context
        self._means = means
        self._shards: list[_Waiting] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent_files: set[str] = set()
        self._sending_context: asyncio.Task[str] | None = None
        self._helped_seconds: list[float] = []

    @property
    def workers(self) -> int:
        """The local ones, and those that others lend."""
        return self._local.workers + self._lent

    @property
    def _lent(self) -> int:
        return 0 if self._means.blobs.is_away or not self._means.link.is_up else self._means.offers.lent

    async def find(self, shard: Shard) -> None:
        """Fetch what was typeset by others, or by an attempt whose renderer died."""
        keys = {shard.keys[request.spool_index]: request for request in shard.requests}
        try:
            async with asyncio.timeout(FIND_SECONDS):
                present = await self._means.blobs.present(keys)
        except (BlobsAway, TimeoutError):
            return
        found = await self._fetch(shard.of([keys[key] for key in present]))
        self._means.metrics.found.inc(len(found))

    async def typeset(self, shard: Shard) -> dict[int, str]:
        """Typeset a shard, here or elsewhere.

        Raises:
            CallFailed, WorkersBroken: as `Executor.typeset`.
        """
        waiting = _Waiting(shard)
        self._shards.append(waiting)
        try:
            return await self._typeset(waiting)
        finally:
            self._shards.remove(waiting)
            self._withdraw(waiting)
            if not self._shards:
                await self._end_tasks()

    def offer_surplus(self) -> None:
        """Offer shards that no worker is at, as many as others can take; those that come first here come last there."""
        line = [each for each in self._shards if not each.begun and not each.is_taken]
        mine = self._local.workers
        room = OFFERED_PER_WORKER * self._lent - sum(each.offer is not None for each in self._shards)
        for waiting in (*line[mine:], *line[:mine]):
            if room <= 0:
                return
            if waiting.offer is None and waiting.offered < OFFERS_PER_SHARD:
                room -= 1
                waiting.offered += 1
                waiting.offer = Offer(waiting.changed)
                task = asyncio.create_task(self._offer(waiting.offer, waiting.shard))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _typeset(self, waiting: _Waiting) -> dict[int, str]:
        local: asyncio.Task[dict[int, str]] | None = None
        try:
            while True:
                if local is None and (not waiting.is_taken or self._is_late(waiting)):
                    local = asyncio.create_task(self._local.typeset(waiting.shard, lambda: self._begin(waiting)))
                self.offer_surplus()
                await self._something(waiting, local)
                if local is not None and local.done():
                    return local.result()
                if waiting.is_taken and local is not None and not waiting.begun:
                    await _cancelled(local)
                    local = None
                outcome = self._outcome(waiting)
                if outcome is not None:
                    await _cancelled(local)
                    local = None
                    waiting.begun = False
                    ended = await self._ended(waiting, outcome)
                    if ended is not None:
                        return ended
        finally:
            await _cancelled(local)

    async def _something(self, waiting: _Waiting, local: "asyncio.Task[dict[int, str]] | None") -> None:
        """Wait until the local call ended, something was heard of the shard, or for a moment."""
        hearing = asyncio.create_task(waiting.changed.wait())
        awaited: set[asyncio.Task[object]] = {hearing}
        if local is not None:
            awaited.add(local)
        try:
            await asyncio.wait(awaited, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hearing.cancel()
        waiting.changed.clear()

    def _begin(self, waiting: _Waiting) -> None:
        """A local worker is at the shard: a helper that has not begun need not."""
        waiting.begun = True
        if waiting.is_taken:
            self._means.metrics.shards.labels("hedged").inc()
        elif waiting.offer is not None:
            self._means.metrics.shards.labels("withdrawn").inc()
            self._withdraw(waiting)
        self.offer_surplus()

    def _is_late(self, waiting: _Waiting) -> bool:
        """Whether a free worker may do what a helper is at as well."""
        offer = waiting.offer
        if offer is None or not self._local.spare:
            return False
        usual = sum(self._helped_seconds) / len(self._helped_seconds) if self._helped_seconds else 0.0
        return time.monotonic() - offer.taken_at > max(HEDGE_SECONDS, HEDGE_FACTOR * usual)

    def _outcome(self, waiting: _Waiting) -> ShardOutcome | None:
        """How a helper's work ended, if it did; one that is silent or too late has given it back."""
        offer = waiting.offer
        if offer is None or offer.outcome is not None or offer.helper is None:
            return None if offer is None else offer.outcome
        lasting = time.monotonic() - offer.taken_at
        if self._means.offers.is_silent(offer.helper) or lasting > self._local.seconds + GRACE_SECONDS:
            log.warning("fleet.helper_silent", helper=str(offer.helper), seconds=round(lasting, 1))
            return ShardOutcome.RETURNED
        return None

    async def _ended(self, waiting: _Waiting, outcome: ShardOutcome) -> dict[int, str] | None:
        """What a helper's end means for the shard; None where it waits again."""
        offer, shard = waiting.offer, waiting.shard
        assert offer is not None
        self._withdraw(waiting)
        if outcome is ShardOutcome.SUSPECT:
            return await self._one_by_one(shard)
        fetched = await self._fetch(shard)
        left = shard.of([request for request in shard.requests if request not in fetched])
        if offer.helper is not None:
            self._means.metrics.shards.labels("helped" if fetched else "taken_back").inc()
        if not left.requests:
            self._helped_seconds.append(time.monotonic() - offer.taken_at)
            self._means.metrics.wait.observe(time.monotonic() - offer.begun)
            return {}
        if outcome in FAULTS:
            raise CallFailed(FAULTS[outcome], "on another renderer")
        if outcome is ShardOutcome.DONE:
            waiting.offered = OFFERS_PER_SHARD  # what a helper could not typeset is tried here
        self._sending_context = None  # a blob that is gone is sent again
        self._sent_files.clear()
        waiting.shard = left
        return None

    async def _one_by_one(self, shard: Shard) -> dict[int, str]:
        """Typeset each copy by itself: one of them may have killed the renderer that had the shard.

        Raises:
            CallFailed: the only copy there is killed a second one.
        """
        log.warning("fleet.shard_suspect", copies=len(shard.requests))
        if len(shard.requests) == 1:
            raise CallFailed(Fault.CRASH, "two renderers died of it")
        parts = [self.typeset(shard.of([request])) for request in shard.requests]
        failures: dict[int, str] = {}
        for request, ended in zip(shard.requests, await asyncio.gather(*parts, return_exceptions=True), strict=True):
            if isinstance(ended, CallFailed):
                failures[request.spool_index] = str(ended)
            elif isinstance(ended, BaseException):
                raise ended
            else:
                failures |= ended
        return failures

    async def _offer(self, offer: Offer, shard: Shard) -> None:
        """Send what the shard needs, then offer it."""
        try:
            copies = await asyncio.gather(*(self._send_copy(request) for request in shard.requests))
            context = await self._send_context()
        except BlobsAway:
            offer.end(ShardOutcome.RETURNED)
            return
        except OSError as error:
            log.warning("fleet.not_offered", cause=str(error))
            offer.end(ShardOutcome.RETURNED)
            return
        if offer.outcome is not None:
            return  # withdrawn meanwhile
        self._means.offers.add(offer)
        self._means.link.send(
            ShardOffered(
                sender=self._means.link.sender,
                shard_id=offer.shard_id,
                context=context,
                copies=tuple(copies),
                seconds=self._local.seconds,
            )
        )
        self._means.metrics.shards.labels("offered").inc()
        failpoint("coordinator.offered")

    async def _send_context(self) -> str:
        if self._sending_context is None:
            self._sending_context = asyncio.create_task(self._means.blobs.put_content(context_payload(self._context)))
        try:
            return await asyncio.shield(self._sending_context)
        except BlobsAway:
            self._sending_context = None
            raise

    async def _send_copy(self, request: CopyRequest) -> str:
        line = await asyncio.to_thread(read_span, request.spool, *request.span)
        payload = CopyPayload(line, request.number, request.images)
        await self._send_files(payload.files.items())
        return await self._means.blobs.put_content(payload.to_bytes())

    async def _send_files(self, files: Iterable[tuple[str, Path]]) -> None:
        for name, path in files:
            if name not in self._sent_files:
                await self._means.blobs.put_content(await asyncio.to_thread(path.read_bytes))
                self._sent_files.add(name)

    async def _fetch(self, shard: Shard) -> list[CopyRequest]:
        """Leave results at their targets, and say of which copies."""
        fetched = await asyncio.gather(*(self._fetch_one(request, shard) for request in shard.requests))
        return [request for request, there in zip(shard.requests, fetched, strict=True) if there]

    async def _fetch_one(self, request: CopyRequest, shard: Shard) -> bool:
        key = shard.keys[request.spool_index]
        try:
            result = await self._means.blobs.get_result(key)
        except (BlobGone, BlobsAway):
            return False
        await asyncio.to_thread(write_whole, request.target, result, 0o400)
        self._means.known.note(key)
        failpoint("coordinator.bound")
        return True

    def _withdraw(self, waiting: _Waiting) -> None:
        """Leave the helpers' line: whoever took the shard may stop."""
        offer, waiting.offer = waiting.offer, None
        if offer is None:
            return
        self._means.offers.remove(offer)
        if offer.outcome is None:
            self._means.link.send(ShardWithdrawn(sender=self._means.link.sender, shard_id=offer.shard_id))
            offer.end(ShardOutcome.RETURNED)

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _cancelled(task: "asyncio.Task[dict[int, str]] | None") -> None:
    """End a local call that is not needed, and wait for its end."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
