"""Typesets shards of other renderers' exports, whenever a worker is free that no export of this one waits for.

A message is a claim: what is typeset is fetched by its content, and its cache key is made here, from what was fetched.
A shard is acknowledged once its results are in storage, or once it is handed back; so one of a renderer that dies comes
again, and is then handed back to be tried copy by copy.
"""

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog
from aio_pika.abc import AbstractIncomingMessage
from aiormq.exceptions import AMQPError

from contracts.shards import (
    AnyFleetMessage,
    HelperReady,
    ShardEnded,
    ShardOffered,
    ShardOutcome,
    ShardTaken,
    ShardWithdrawn,
)
from services.common.cancellation import check_cancelled
from services.common.failpoints import failpoint
from services.renderer.export.workspace import Workspace
from services.renderer.files import write_whole
from services.renderer.fleet.blob_client import BlobClient, BlobGone, BlobsAway
from services.renderer.fleet.executor import FAULTS
from services.renderer.fleet.link import Link
from services.renderer.fleet.metrics import FleetMetrics
from services.renderer.fleet.offers import ANNOUNCE_SECONDS
from services.renderer.fleet.payloads import CopyPayload, UnreadablePayload, read_context, read_copy, submission_id
from services.renderer.workers.cache import Cache
from services.renderer.workers.cache_keys import CopyKeys, stable_context
from services.renderer.workers.pool import CallFailed, Fault, WorkerPool, WorkersBroken
from services.renderer.workers.results import encode
from services.renderer.workers.tasks import Context, CopyRequest, WorkerTasks, save

log = structlog.get_logger()

IDLE_SECONDS = 5.0
"""How often the queue is looked at, where no offer is heard of."""

LEND_SECONDS = 0.5
"""How often it is looked whether another number of workers can be lent."""

CONTEXTS = 4
"""Of exports that are helped, kept for their next shards."""

WITHDRAWN = 1_000
"""Withdrawals that are remembered for shards that still wait in the queue."""

OUTCOMES = {fault: outcome for outcome, fault in FAULTS.items()} | {Fault.ERROR: ShardOutcome.RETURNED}


@dataclass(frozen=True)
class _KnownContext:
    context: Context
    file: Path
    keys: CopyKeys


class Helper:
    """Takes shards from the queue of its fingerprint."""

    def __init__(
        self,
        link: Link,
        blobs: BlobClient,
        pool: WorkerPool,
        tasks: WorkerTasks,
        cache: Cache,
        workspace: Workspace,
        fingerprint: str,
        metrics: FleetMetrics,
    ) -> None:
        self._link, self._blobs, self._pool, self._tasks = link, blobs, pool, tasks
        self._cache, self._workspace, self._metrics = cache, workspace, metrics
        self._fingerprint = fingerprint
        self._offered = asyncio.Event()
        self._contexts: OrderedDict[str, _KnownContext] = OrderedDict()
        self._withdrawn: OrderedDict[UUID, None] = OrderedDict()
        self._helping: dict[UUID, asyncio.Task[None]] = {}
        self._at_work = 0

    def hear(self, message: AnyFleetMessage) -> None:
        """Look for an offer; give up a shard that nobody waits for."""
        match message:
            case ShardOffered():
                self._offered.set()
            case ShardWithdrawn():
                self._withdrawn[message.shard_id] = None
                while len(self._withdrawn) > WITHDRAWN:
                    self._withdrawn.popitem(last=False)
                helping = self._helping.get(message.shard_id)
                if helping is not None:
                    helping.cancel()

    @property
    def lendable(self) -> int:
        """Workers that no export of this renderer is at or waits for."""
        return 0 if self._pool.waiting else max(0, self._pool.size - self._pool.busy + self._at_work)

    async def run(self) -> None:
        """Announce what can be lent and help, until cancelled; what is under way then is handed back."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._announce())
                group.create_task(self._take())
        finally:
            helping = list(self._helping.values())
            for task in helping:
                task.cancel()
            await asyncio.gather(*helping, return_exceptions=True)

    async def _announce(self) -> None:
        told, told_at = -1, 0.0
        while True:
            lendable = 0 if self._blobs.is_away else self.lendable
            if lendable != told or time.monotonic() - told_at > ANNOUNCE_SECONDS:
                told, told_at = lendable, time.monotonic()
                self._link.send(HelperReady(sender=self._link.sender, fingerprint=self._fingerprint, workers=lendable))
            await asyncio.sleep(LEND_SECONDS)

    async def _take(self) -> None:
        """One shard for each free worker."""
        while True:
            await self._pool.until_free()
            self._offered.clear()
            delivery = None if self._blobs.is_away else await self._link.take()
            if delivery is None:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_SECONDS):
                        await self._offered.wait()
                continue
            begun = asyncio.Event()
            task = asyncio.create_task(self._on_shard(delivery, begun.set))
            waiting = asyncio.create_task(begun.wait())
            try:
                await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()

    async def _on_shard(self, delivery: AbstractIncomingMessage, begun: Callable[[], None]) -> None:
        offered = self._link.read(delivery)
        if isinstance(offered, ShardOffered) and offered.shard_id not in self._withdrawn:
            task = asyncio.current_task()
            assert task is not None
            self._helping[offered.shard_id] = task
            outcome = ShardOutcome.RETURNED
            try:
                outcome = await self._help(offered, bool(delivery.redelivered), begun)
            except asyncio.CancelledError:
                log.info("fleet.shard_given_up")
            except Exception:
                log.exception("fleet.help_failed")
            finally:
                del self._helping[offered.shard_id]
                self._metrics.helped.labels(outcome.value).inc()
                self._link.send(ShardEnded(sender=self._link.sender, shard_id=offered.shard_id, outcome=outcome))
                failpoint("helper.announced")
        with contextlib.suppress(AMQPError, OSError, RuntimeError):  # the connection is lost: the broker hands it on
            await delivery.ack()

    async def _help(self, offered: ShardOffered, redelivered: bool, begun: Callable[[], None]) -> ShardOutcome:
        if redelivered and len(offered.copies) > 1:
            return ShardOutcome.SUSPECT
        self._link.send(ShardTaken(sender=self._link.sender, shard_id=offered.shard_id))
        try:
            known = await self._context(offered.context)
            with self._workspace.folder() as folder:
                payloads = await asyncio.gather(*(self._copy(digest, folder) for digest in offered.copies))
                failpoint("helper.fetched")
                requests = [_request(payload, number, folder) for number, payload in enumerate(payloads)]
                keys = {
                    request.spool_index: known.keys.key(request, payload.digest)
                    for request, payload in zip(requests, payloads, strict=True)
                }
                return await self._typeset(offered, known, requests, keys, begun)
        except (BlobGone, BlobsAway, UnreadablePayload, WorkersBroken, OSError) as error:
            check_cancelled()
            log.warning("fleet.shard_returned", cause=str(error))
            return ShardOutcome.RETURNED

    async def _typeset(
        self,
        offered: ShardOffered,
        known: _KnownContext,
        requests: list[CopyRequest],
        keys: dict[int, str],
        begun: Callable[[], None],
    ) -> ShardOutcome:
        outcome = ShardOutcome.DONE
        kept = {index: result for index, key in keys.items() if (result := self._cache.get(key)) is not None}
        missing = tuple(request for request in requests if request.spool_index not in kept)
        try:
            if missing:
                await self._call(offered, known.file, missing, begun)
        except CallFailed as error:
            log.warning("shard.failed", fault=error.fault, copies=len(missing), cause=str(error))
            outcome = OUTCOMES[error.fault]
        failpoint("helper.typeset")
        await asyncio.gather(
            *(self._put_made(request.target, keys[request.spool_index]) for request in missing),
            *(self._blobs.put_result(keys[index], encode(result)) for index, result in kept.items()),
        )
        failpoint("helper.put")
        return outcome

    async def _call(
        self, offered: ShardOffered, context: Path, requests: tuple[CopyRequest, ...], begun: Callable[[], None]
    ) -> None:
        working: list[ShardOffered] = []

        def begin() -> None:
            working.append(offered)
            self._at_work += 1
            begun()

        try:
            await self._pool.call(offered.sender, offered.seconds, self._tasks.copies, context, requests, begun=begin)
        finally:
            self._at_work -= len(working)

    async def _put_made(self, target: Path, key: str) -> None:
        """Keep a result and send it to storage, where there is one."""
        with contextlib.suppress(FileNotFoundError):
            result = await asyncio.to_thread(target.read_bytes)
            await asyncio.to_thread(self._cache.put, key, target)
            await self._blobs.put_result(key, result)

    async def _context(self, digest: str) -> _KnownContext:
        known = self._contexts.get(digest)
        if known is None:
            context = stable_context(read_context(await self._blobs.get_content(digest)))
            file = self._workspace.own_folder / f"context-{digest}"
            save(file, context)
            known = self._contexts[digest] = _KnownContext(context, file, CopyKeys(context))
            while len(self._contexts) > CONTEXTS:
                _, oldest = self._contexts.popitem(last=False)
                oldest.file.unlink(missing_ok=True)
        self._contexts.move_to_end(digest)
        return known

    async def _copy(self, digest: str, folder: Path) -> CopyPayload:
        """A copy, its images written into the folder."""
        payload = read_copy(await self._blobs.get_content(digest), folder)
        for name, path in payload.files.items():
            if not path.exists():
                data = await self._blobs.get_content(name)
                await asyncio.to_thread(write_whole, path, data)
        return payload


def _request(payload: CopyPayload, index: int, folder: Path) -> CopyRequest:
    """The request of a copy, whose JSON lies in a file of its own."""
    spool = folder / f"copy-{index}.json"
    write_whole(spool, payload.line)
    return CopyRequest(
        submission_id=submission_id(payload),
        spool_index=index,
        spool=spool,
        span=(0, len(payload.line)),
        number=payload.number,
        images=payload.images,
        target=folder / f"result-{index}",
    )
