"""What comes back from the broker: outcomes, progress, and requests that no renderer survived.

An outcome is acknowledged only once its row is written: while PostgreSQL is away the message waits here, then goes back
to its queue. Applying one twice changes nothing. Progress may be lost; it is written at most once a second an export.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage

from contracts.envelope import ATTEMPT_HEADER, UnreadableMessage, parse, subject
from contracts.events import ExportCompleted, ExportExpired, ExportFailed, ExportProgress
from contracts.states import FailureCode
from contracts.topology import Topology
from services.common.broker import exchange, subscription
from services.common.database import DatabaseUnavailable
from services.common.failpoints import failpoint
from services.gateway.exports import Export
from services.gateway.metrics import Metrics
from services.gateway.sentences import FAILURES
from services.gateway.store import Actor, Store
from services.gateway.stream import Hub

log = structlog.get_logger()

PATIENCE_SECONDS = 300.0
"""How long an outcome waits for PostgreSQL before it goes back to its queue (the broker's own limit is 30 minutes)."""

FLUSH_SECONDS = 1.0


class Consumer:
    """The gateway's three subscriptions."""

    def __init__(self, store: Store, hub: Hub, metrics: Metrics) -> None:
        self._store = store
        self._hub = hub
        self._metrics = metrics
        self._latest: dict[UUID, ExportProgress] = {}

    def subscribe(self, outcomes: RabbitBroker, progress: RabbitBroker, topology: Topology) -> None:
        """Register with two brokers: progress has a connection of its own, so that it holds up no outcome."""
        events = exchange(topology)
        common: dict[str, Any] = {"ack_policy": AckPolicy.MANUAL, "no_reply": True, "decoder": _as_is}
        outcomes.subscriber(
            subscription(topology.outcomes), events, channel=Channel(prefetch_count=20), title="outcomes", **common
        )(self.on_outcome)
        outcomes.subscriber(subscription(topology.dead), channel=Channel(prefetch_count=5), title="dead", **common)(
            self.on_dead
        )
        progress.subscriber(
            subscription(topology.progress),
            events,
            channel=Channel(prefetch_count=200),
            consume_args={"x-stream-offset": "next"},
            title="progress",
            **common,
        )(self.on_progress)

    async def on_outcome(self, message: RabbitMessage) -> None:
        """Write how an export ended; an unreadable message ends its export too, rather than leave it running."""
        await self._settle(message, lambda: self._write(message))

    async def _write(self, message: RabbitMessage) -> None:
        failpoint("outcome.received")
        try:
            event = parse(message.headers, message.body).event
        except UnreadableMessage as error:
            log.warning("outcome.unreadable", message_id=message.message_id, cause=str(error))
            await self._fail(message, FailureCode.INTERNAL)
            return
        if isinstance(event, ExportCompleted | ExportFailed | ExportExpired):
            await self._apply(event)

    async def on_dead(self, message: RabbitMessage) -> None:
        """End a request that no renderer survived or could read."""
        await self._settle(message, lambda: self._bury(message))

    async def on_progress(self, message: RabbitMessage) -> None:
        """Tell followers at once, the row a little later."""
        try:
            event = parse(message.headers, message.body).event
        except UnreadableMessage as error:
            log.warning("progress.unreadable", cause=str(error))
        else:
            if isinstance(event, ExportProgress):
                self._hub.hear(event)
                self.remember(event)
        await message.ack()

    async def write_progress(self) -> None:
        """Write the latest news of each export, once a second, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write what news there is; what can't be written now is overtaken by the next."""
        latest, self._latest = self._latest, {}
        if not latest:
            return
        try:
            await self._store.progress(list(latest.values()))
        except DatabaseUnavailable as error:
            log.warning("progress.not_written", exports=len(latest), cause=str(error))
            self._latest = {**latest, **self._latest}

    def remember(self, event: ExportProgress) -> None:
        """Keep the latest news of an export for the next `flush`."""
        known = self._latest.get(event.export_id)
        if known is None or (known.attempt, known.sequence) < (event.attempt, event.sequence):
            self._latest[event.export_id] = event

    async def _apply(self, event: ExportCompleted | ExportFailed | ExportExpired) -> None:
        won = await self._store.apply(event)
        self._metrics.outcomes.labels(event.type, str(won).lower()).inc()
        log.info("outcome", type=event.type, export=str(event.export_id), applied=won)

    async def _bury(self, message: RabbitMessage) -> None:
        failpoint("dead.received")
        await self._fail(message, FailureCode.RENDERER_CRASHED)

    async def _fail(self, message: RabbitMessage, code: FailureCode) -> None:
        export_id = subject(message.headers)
        if export_id is None:
            log.error("dead.without_subject", message_id=message.message_id)
            return
        attempt = _attempt(message)
        _, won = await self._store.finish(export_id, lambda export: failed(export, code, attempt), Actor())
        log.error("export.given_up", export=str(export_id), code=code, applied=won)

    async def _settle(self, message: RabbitMessage, work: Callable[[], Awaitable[None]]) -> None:
        """Acknowledge once `work` is done; hand back where it can't be."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await _until_written(work)
            failpoint("outcome.written")
        except TimeoutError:
            await message.nack(requeue=True)
        except Exception:
            log.exception("outcome.not_applicable", message_id=message.message_id)
            await self._give_up(message)
        else:
            await message.ack()

    async def _give_up(self, message: RabbitMessage) -> None:
        """What can't be written, twice, ends its export; a message that can't even do that comes again and again."""
        try:
            if message.raw_message.redelivered:
                await self._fail(message, FailureCode.INTERNAL)
                await message.ack()
                return
        except Exception:
            log.exception("outcome.stuck", message_id=message.message_id)
        await asyncio.sleep(1.0)
        await message.nack(requeue=True)


def failed(export: Export, code: FailureCode, attempt: int) -> ExportFailed:
    """The end of an export that nobody else will announce."""
    return ExportFailed(
        export_id=export.id,
        institution_id=export.institution_id,
        exam_id=export.exam_id,
        requested_by=export.requested_by,
        attempt=max(1, attempt, export.attempt),
        code=code,
        message=FAILURES[code].fr,
        failed_at=datetime.now(UTC),
    )


async def _until_written(work: Callable[[], Awaitable[None]]) -> None:
    delay = 0.2
    while True:
        try:
            return await work()
        except DatabaseUnavailable as error:
            log.warning("outcome.waits_for_database", cause=str(error))
            await asyncio.sleep(delay)
            delay = min(2 * delay, 2.0)


def _attempt(message: RabbitMessage) -> int:
    try:
        return int(str(message.headers.get(ATTEMPT_HEADER, 1)))
    except ValueError:
        return 1


async def _as_is(message: RabbitMessage) -> bytes:
    """No decoding: a body that is no JSON must reach the handler too."""
    return message.body
