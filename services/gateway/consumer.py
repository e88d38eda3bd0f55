"""The gateway's subscriptions: outcomes, progress, and dead-lettered requests.

A message is a claim: what does not hold against its export's row is dropped and counted, and the export ends by another
message or by the sweep of overdue ones. An outcome is acknowledged only once its row is written: while PostgreSQL is
away the message waits here, then is requeued. Applying one twice changes nothing. Progress may be lost; it is written
at most once a second an export.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import structlog
from faststream.rabbit import RabbitBroker, RabbitMessage

from contracts.envelope import UnknownType, UnreadableMessage, attempt_of, parse, subject
from contracts.events import (
    AnyEvent,
    ExportCompleted,
    ExportExpired,
    ExportFailed,
    ExportProgress,
)
from contracts.states import FailureCode, UnknownWord
from contracts.topology import MAX_ATTEMPTS, Topology
from services.common import tracing
from services.common.admission import Admission
from services.common.broker import subscribe
from services.common.database import DatabaseUnavailable
from services.common.failpoints import failpoint
from services.common.retrying import retry
from services.gateway import claims, sentences
from services.gateway.claims import ClaimRefused, Mismatch
from services.gateway.exports import Export, failed
from services.gateway.metrics import Metrics
from services.gateway.store import Actor, Store
from services.gateway.stream import Hub

log = structlog.get_logger()

DATABASE_WAIT_SECONDS = 300.0
"""How long an outcome waits for PostgreSQL before it is requeued (the broker's own limit is 30 minutes)."""

FLUSH_SECONDS = 1.0


class Consumer:
    """Handlers of the three queues."""

    def __init__(self, store: Store, hub: Hub, metrics: Metrics) -> None:
        self._store = store
        self._hub = hub
        self._metrics = metrics
        for mismatch in Mismatch:
            metrics.refused.labels(mismatch.value)
        self._unwritten: dict[UUID, ExportProgress] = {}

    def subscribe(
        self, outcomes: RabbitBroker, progress: RabbitBroker, topology: Topology, admission: Admission
    ) -> None:
        """Register with two brokers: progress has a connection of its own, so that it delays no outcome."""
        subscribe(outcomes, topology.outcomes, self.on_outcome, admission=admission, prefetch=20)
        subscribe(outcomes, topology.dead, self.on_dead_letter, admission=admission, prefetch=5)
        subscribe(
            progress, topology.progress, self.on_progress, admission=admission, prefetch=200, stream_offset="next"
        )

    async def on_outcome(self, message: RabbitMessage) -> None:
        """Write an outcome to its row."""
        await self._acknowledge_with(message, lambda: self._write_outcome(message))

    async def _write_outcome(self, message: RabbitMessage) -> None:
        failpoint("outcome.received")
        try:
            event = parse(message.headers, message.body).event
        except UnknownType as error:
            self._pass_over(error)
        except UnreadableMessage as error:
            self._refuse(message, Mismatch.UNREADABLE, str(error))
        else:
            if isinstance(event, ExportCompleted | ExportFailed | ExportExpired):
                await self._apply(event)
            else:
                raise ClaimRefused(Mismatch.TYPE)

    async def on_dead_letter(self, message: RabbitMessage) -> None:
        """Fail the export of a request that was dead-lettered: it crashed renderers, or none could read it.

        Only the broker writes to that queue, so the subject of one that is unreadable counts.
        """
        await self._acknowledge_with(message, lambda: self._fail_dead_letter(message))

    async def on_progress(self, message: RabbitMessage) -> None:
        """Pass progress on to the streams at once, and to the row with the next `flush`."""
        try:
            event = parse(message.headers, message.body).event
        except UnknownType as error:
            self._pass_over(error)
        except UnreadableMessage as error:
            self._refuse(message, Mismatch.UNREADABLE, str(error))
        else:
            if not isinstance(event, ExportProgress):
                self._refuse(message, Mismatch.TYPE)
            elif event.attempt > MAX_ATTEMPTS:
                self._refuse(message, Mismatch.ATTEMPT)
            else:
                self._count_unknown(event)
                self._hub.apply_progress(event)
                self.buffer_progress(event)
        await message.ack()

    async def write_progress(self) -> None:
        """`flush` every `FLUSH_SECONDS`, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write the buffered progress; what can't be written now is kept until a later event replaces it."""
        buffered, self._unwritten = self._unwritten, {}
        if not buffered:
            return
        try:
            await self._store.progress(list(buffered.values()))
        except DatabaseUnavailable as error:
            log.warning("progress.not_written", exports=len(buffered), cause=str(error))
            self._unwritten = {**buffered, **self._unwritten}

    def buffer_progress(self, event: ExportProgress) -> None:
        """Keep the latest progress of an export for the next `flush`."""
        known = self._unwritten.get(event.export_id)
        if known is None or (known.attempt, known.sequence) < (event.attempt, event.sequence):
            self._unwritten[event.export_id] = event

    def _pass_over(self, error: UnknownType) -> None:
        self._metrics.unknown.labels("event").inc()
        log.info("event.of_unknown_type", cause=str(error))

    def _count_unknown(self, event: AnyEvent) -> None:
        """Count the words of an event that a newer version has added to their lists."""
        match event:
            case ExportProgress(phase=UnknownWord()):
                self._metrics.unknown.labels("phase").inc()
            case ExportFailed(code=UnknownWord()):
                self._metrics.unknown.labels("failure").inc()
            case ExportCompleted(warnings=warnings):
                self._metrics.unknown.labels("warning").inc(
                    sum(isinstance(each.code, UnknownWord) for each in warnings)
                )
            case _:
                pass

    async def _apply(self, event: ExportCompleted | ExportFailed | ExportExpired) -> None:
        self._count_unknown(event)
        won = await self._store.apply(event)
        self._metrics.outcomes.labels(event.type, str(won).lower()).inc()
        log.info("outcome", type=event.type, applied=won)

    async def _fail_dead_letter(self, message: RabbitMessage) -> None:
        failpoint("dead.received")
        export_id = subject(message.headers)
        if export_id is None:
            raise ClaimRefused(Mismatch.SUBJECT)
        request = _readable(message)

        def given_up(export: Export) -> ExportFailed:
            if request is not None:
                claims.check(export, request)
            code, attempt = FailureCode.RENDERER_CRASHED, attempt_of(message.headers)
            return failed(export, code, sentences.message(code), datetime.now(UTC), attempt=attempt)

        _, won = await self._store.finish(export_id, given_up, Actor())
        self._metrics.given_up.inc(won)
        log.error("export.given_up", applied=won)

    async def _acknowledge_with(self, message: RabbitMessage, work: Callable[[], Awaitable[None]]) -> None:
        """Acknowledge once `work` is done, or the message refused; requeue where it can't be done."""
        with tracing.handling(message.headers, "apply outcome"):
            await self._try(message, work)

    async def _try(self, message: RabbitMessage, work: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(DATABASE_WAIT_SECONDS):
                await retry(work, DatabaseUnavailable, "outcome.waits_for_database", delay=0.2, longest_delay=2.0)
            failpoint("outcome.written")
        except TimeoutError:
            await message.nack(requeue=True)
        except ClaimRefused as error:
            self._refuse(message, error.mismatch)
            await message.ack()
        except Exception:
            log.exception("outcome.not_applicable", message_id=message.message_id)
            await self._try_once_more(message)
        else:
            await message.ack()

    async def _try_once_more(self, message: RabbitMessage) -> None:
        """Requeue a message that met an error of ours; drop it the second time, the sweep ends its export."""
        if message.raw_message.redelivered:
            self._refuse(message, Mismatch.NOT_APPLICABLE)
            await message.ack()
        else:
            await asyncio.sleep(1.0)
            await message.nack(requeue=True)

    def _refuse(self, message: RabbitMessage, mismatch: Mismatch, cause: str = "") -> None:
        self._metrics.refused.labels(mismatch.value).inc()
        log.warning("message.refused", reason=mismatch.value, message_id=message.message_id, cause=cause)


def _readable(message: RabbitMessage) -> AnyEvent | None:
    """The event of a message; None where it can't be read."""
    try:
        return parse(message.headers, message.body).event
    except UnreadableMessage:
        return None
