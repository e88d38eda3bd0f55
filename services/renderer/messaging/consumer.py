"""Consumes `export.requested` and `export.cancelled`; publishes outcomes, each confirmed before its request is acked.

A crash in between makes the export twice, never loses it. Whatever ends a delivery early (a cancellation, a lost
connection, a stop) also ends its work: nothing is left running.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID, uuid5

import structlog
from faststream.rabbit import RabbitBroker, RabbitMessage

from contracts.envelope import UnknownType, UnreadableMessage, attempt_of, parse
from contracts.events import ExportCancelled, ExportCompleted, ExportFailed, ExportRequested
from contracts.topology import DELIVERY_LIMIT, PREFETCH, Topology
from services.common import tracing
from services.common.admission import Admission
from services.common.broker import BrokerUnavailable, Publisher, Unroutable, subscribe
from services.common.failpoints import failpoint
from services.common.retrying import retry
from services.renderer.errors import RendererError
from services.renderer.messaging.outcomes import (
    Cancelled,
    Done,
    Failed,
    Outcome,
    Requeue,
    Retry,
    Unreadable,
    of_error,
    redeliveries,
    retry_headers,
)
from services.renderer.metrics import Metrics

log = structlog.get_logger()

RunAttempt = Callable[[ExportRequested, int], Awaitable[ExportCompleted]]
"""One attempt at an export, see `AttemptRunner.run`."""

PUBLISH_TRIES = 5
CRASH_SECONDS = 1.0
"""Seconds before a request that met an error of ours is requeued."""

CANCELLATIONS_AT_ONCE = 100
"""Prefetch of the cancellations' stream."""

MOST_REQUEUES = DELIVERY_LIMIT - 3
"""Redeliveries after which a request that is handed back goes round by the retries."""

REMEMBERED = 10_000
"""Cancellations kept in memory; the stream itself holds a day's."""


class Consumer:
    """The renderer's subscriptions: requests, small ones, and cancellations."""

    def __init__(self, run_attempt: RunAttempt, publisher: Publisher, topology: Topology, metrics: Metrics) -> None:
        self._run_attempt = run_attempt
        self._publisher = publisher
        self._topology = topology
        self._metrics = metrics
        for kind in get_args(Outcome):
            metrics.outcomes.labels(kind.__name__.lower())
        self._cancelled: dict[UUID, None] = {}
        self._running: dict[UUID, set[asyncio.Task[ExportCompleted]]] = {}
        self._deliveries: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def subscribe(self, requests: RabbitBroker, cancellations: RabbitBroker, admission: Admission) -> None:
        """Register with two brokers: each has a connection of its own, so that neither holds up the other."""
        for queue in (self._topology.requests, self._topology.small_requests):
            subscribe(requests, queue, self.on_request, admission=admission, prefetch=PREFETCH)
        subscribe(
            cancellations,
            self._topology.cancellations,
            self.on_cancellation,
            admission=admission,
            prefetch=CANCELLATIONS_AT_ONCE,
            stream_offset="first",
        )

    async def on_request(self, message: RabbitMessage) -> None:
        """Make one export, publish its outcome, acknowledge. After an error of ours the request is requeued, until the
        delivery limit dead-letters it.
        """
        delivery = asyncio.current_task()
        assert delivery is not None
        self._deliveries.add(delivery)
        try:
            # What is published from here on belongs to the trace of whoever asked.
            with tracing.handling(message.headers, "export render"):
                failpoint("request.received")
                await self._acknowledge(message, await self._outcome(message))
        except Exception:
            log.exception("request.crashed", message_id=message.message_id)
            await asyncio.sleep(CRASH_SECONDS)
            await message.nack(requeue=True)
        finally:
            self._deliveries.discard(delivery)

    async def on_cancellation(self, message: RabbitMessage) -> None:
        """Remember a cancelled export, and cancel the attempts at it."""
        try:
            event = parse(message.headers, message.body).event
        except UnknownType as error:
            self._metrics.unknown_events.inc()
            log.info("event.of_unknown_type", cause=str(error))
        except UnreadableMessage as error:
            log.warning("cancellation.unreadable", cause=str(error))
        else:
            if isinstance(event, ExportCancelled):
                self._cancel(event.export_id)
        await message.ack()

    def is_cancelled(self, export_id: UUID) -> bool:
        """Whether a cancellation of this export has arrived, at most `REMEMBERED` others ago."""
        return export_id in self._cancelled

    async def stop(self, requests: RabbitBroker, grace: float) -> None:
        """Cancel the consumer, finish the exports under way within `grace` seconds, and requeue the others."""
        self._stopping = True
        await stop_consuming(requests)
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=grace)
        for task in [task for tasks in self._running.values() for task in tasks]:
            task.cancel()
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=grace)

    def _cancel(self, export_id: UUID) -> None:
        self._cancelled[export_id] = None
        while len(self._cancelled) > REMEMBERED:
            del self._cancelled[next(iter(self._cancelled))]
        for task in self._running.get(export_id, ()):
            log.info("export.cancelled", export=str(export_id))
            task.cancel()

    async def _outcome(self, message: RabbitMessage) -> Outcome:
        try:
            request = parse(message.headers, message.body).event
        except UnreadableMessage as error:
            return Unreadable(str(error))
        if not isinstance(request, ExportRequested):
            return Unreadable(f"not a request: {request.type}")
        if self.is_cancelled(request.export_id):
            return Cancelled()
        attempt = attempt_of(message.headers)
        with structlog.contextvars.bound_contextvars(attempt=attempt):
            return await self._attempt(request, attempt)

    async def _attempt(self, request: ExportRequested, attempt: int) -> Outcome:
        log.info("export.attempt_begun", format=request.format)
        task = asyncio.ensure_future(self._run_attempt(request, attempt))
        tasks = self._running.setdefault(request.export_id, set())
        tasks.add(task)
        try:
            with self._metrics.making(request.format):
                await asyncio.wait([task])
        finally:
            # This delivery itself may have been cancelled, because its connection is lost.
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            tasks.discard(task)
            if not tasks:
                self._running.pop(request.export_id, None)
        return self._outcome_of(request, attempt, task)

    def _outcome_of(self, request: ExportRequested, attempt: int, task: "asyncio.Task[ExportCompleted]") -> Outcome:
        if task.cancelled():
            return Cancelled() if self.is_cancelled(request.export_id) else Requeue()
        error = task.exception()
        if error is None:
            return Done(task.result())
        if isinstance(error, RendererError):
            log.warning("export.attempt_failed", code=error.code, cause=error.detail)
        else:
            log.error("export.attempt_crashed", exc_info=error)
        return of_error(request, attempt, error, datetime.now(UTC))

    async def _acknowledge(self, message: RabbitMessage, outcome: Outcome) -> None:
        """Publish an outcome, then acknowledge its request: the only place that does either."""
        self._metrics.outcomes.labels(type(outcome).__name__.lower()).inc()
        log.info("export.attempt_ended", outcome=type(outcome).__name__.lower(), message_id=message.message_id)
        try:
            match outcome:
                case Done(event) | Failed(event):
                    failpoint("outcome.publishing")
                    await self._publish(event)
                    failpoint("outcome.published")
                    await message.ack()
                    failpoint("outcome.acknowledged")
                case Retry(attempt):
                    await self._send_again(message, attempt)
                    failpoint("retry.published")
                    await message.ack()
                case Cancelled():
                    await message.ack()
                case Requeue():
                    await self._hand_back(message)
                case Unreadable(cause):
                    log.error("request.unreadable", cause=cause)
                    await message.reject(requeue=False)
        except (BrokerUnavailable, Unroutable) as error:
            log.warning("outcome.not_published", cause=str(error))
            await message.nack(requeue=True)

    async def _hand_back(self, message: RabbitMessage) -> None:
        """Let another renderer have a request. Each requeue counts towards the delivery limit, which is there for crash
        loops: so after a few it goes round by the retries, where the broker counts from nothing, as the same attempt.
        """
        if redeliveries(message.headers) < MOST_REQUEUES:
            await message.nack(requeue=True)
        else:
            await self._send_again(message, attempt_of(message.headers))
            await message.ack()

    async def _publish(self, event: ExportCompleted | ExportFailed) -> None:
        """Publish an outcome under an id derived from it, so that a second publish is recognised.

        An attempt taken over from a renderer that died may end in another file: that is another event.
        """
        file = event.file.key if isinstance(event, ExportCompleted) else ""
        identity = uuid5(event.export_id, f"{event.type} {event.attempt} {file}".strip())
        await _confirmed(lambda: self._publisher.publish(event, id=identity))

    async def _send_again(self, message: RabbitMessage, attempt: int) -> None:
        """Publish a copy to the retries, where it waits for its next attempt."""
        headers = retry_headers(message.headers, attempt)
        key = message.raw_message.routing_key or ExportRequested.type
        await _confirmed(
            lambda: self._publisher.send_again(
                headers, message.body, type=ExportRequested.type, message_id=message.message_id, routing_key=key
            )
        )


async def _confirmed(publish: Callable[[], Awaitable[None]]) -> None:
    """Publish, a few times: a confirm may be lost with the connection that is being made again."""
    await retry(publish, (BrokerUnavailable, Unroutable), "outcome.publish_failed", tries=PUBLISH_TRIES)


async def stop_consuming(broker: RabbitBroker) -> None:
    """Cancel the consumers of a broker, so that it delivers nothing more while work under way is finished.

    FastStream (0.7.8) cancels them only after that work, and until then takes deliveries it will not handle. It offers
    no call for this: the names are private, and a test of ours holds them.
    """
    for subscriber in broker.subscribers:
        held: Any = subscriber
        tag, queue = held._consumer_tag, held._queue_obj
        if tag and queue and not queue.channel.is_closed:
            held._consumer_tag = None
            await queue.cancel(tag)
