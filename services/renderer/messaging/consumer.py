"""Requests in, outcomes out. An outcome is published and confirmed before its request is acknowledged.

A crash in between makes the export twice, never loses it.

Whatever ends a delivery early (cancellation by the teacher, a lost connection, a stop) also ends its work: nothing is
left running.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage
from opentelemetry.trace import SpanKind

from contracts.envelope import UnreadableMessage, parse
from contracts.events import ExportCancelled, ExportCompleted, ExportFailed, ExportRequested
from contracts.topology import PREFETCH, Topology
from services.common import tracing
from services.common.broker import BrokerUnavailable, Publisher, Unroutable, exchange, subscription
from services.common.failpoints import failpoint
from services.renderer.errors import RendererError
from services.renderer.messaging.outcomes import (
    Cancelled,
    Done,
    Failed,
    HandBack,
    Outcome,
    Retry,
    Unreadable,
    attempt_of,
    of_error,
    retry_headers,
)
from services.renderer.metrics import Metrics

log = structlog.get_logger()

Make = Callable[[ExportRequested, int], Awaitable[ExportCompleted]]
"""One attempt at an export, see `Exporter.make`."""

PUBLISH_TRIES = 5
CRASH_SECONDS = 1.0
"""How long a request that met a mistake of ours waits before it comes again."""

REMEMBERED = 10_000
"""Cancellations kept in mind; the stream itself holds a day's."""


class Consumer:
    """The renderer's two subscriptions."""

    def __init__(self, make: Make, publisher: Publisher, topology: Topology, metrics: Metrics) -> None:
        self._make = make
        self._publisher = publisher
        self._topology = topology
        self._metrics = metrics
        self._cancelled: dict[UUID, None] = {}
        self._running: dict[UUID, set[asyncio.Task[ExportCompleted]]] = {}
        self._deliveries: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def subscribe(self, requests: RabbitBroker, cancellations: RabbitBroker) -> None:
        """Register with two brokers: each has a connection of its own, so that neither holds up the other."""
        events = exchange(self._topology)
        common: dict[str, Any] = {"ack_policy": AckPolicy.MANUAL, "no_reply": True, "decoder": _as_is}
        requests.subscriber(
            subscription(self._topology.requests),
            events,
            channel=Channel(prefetch_count=PREFETCH, on_return_raises=True),
            title="requests",
            **common,
        )(self.on_request)
        cancellations.subscriber(
            subscription(self._topology.cancellations),
            events,
            channel=Channel(prefetch_count=100),
            consume_args={"x-stream-offset": "first"},
            title="cancellations",
            **common,
        )(self.on_cancellation)

    async def on_request(self, message: RabbitMessage) -> None:
        """Make one export and say how it ended. A mistake of ours hands it back; the delivery limit ends it at last."""
        delivery = asyncio.current_task()
        assert delivery is not None
        self._deliveries.add(delivery)
        try:
            # What is published from here on belongs to the trace of whoever asked.
            with tracing.following(message.headers, "export render", SpanKind.CONSUMER):
                failpoint("request.received")
                await self._settle(message, await self._outcome(message))
        except Exception:
            log.exception("request.crashed", message_id=message.message_id)
            await asyncio.sleep(CRASH_SECONDS)
            await message.nack(requeue=True)
        finally:
            self._deliveries.discard(delivery)

    async def on_cancellation(self, message: RabbitMessage) -> None:
        """Remember a cancelled export, and end the work on it."""
        try:
            event = parse(message.headers, message.body).event
        except UnreadableMessage as error:
            log.warning("cancellation.unreadable", cause=str(error))
        else:
            if isinstance(event, ExportCancelled):
                self._cancel(event.export_id)
        await message.ack()

    async def stop(self, requests: RabbitBroker, grace: float) -> None:
        """Take no more requests, finish those under way within `grace` seconds, and hand the rest back."""
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
        if request.export_id in self._cancelled:
            return Cancelled()
        attempt = attempt_of(message.headers)
        with structlog.contextvars.bound_contextvars(export=str(request.export_id), attempt=attempt):
            return await self._attempt(request, attempt)

    async def _attempt(self, request: ExportRequested, attempt: int) -> Outcome:
        log.info("export.attempt_begun", format=request.format)
        task = asyncio.ensure_future(self._make(request, attempt))
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
        return self._judged(request, attempt, task)

    def _judged(self, request: ExportRequested, attempt: int, task: "asyncio.Task[ExportCompleted]") -> Outcome:
        if task.cancelled():
            return Cancelled() if request.export_id in self._cancelled else HandBack()
        error = task.exception()
        if error is None:
            return Done(task.result())
        if isinstance(error, RendererError):
            log.warning("export.attempt_failed", code=error.code, cause=error.detail)
        else:
            log.error("export.attempt_crashed", exc_info=error)
        return of_error(request, attempt, error, datetime.now(UTC))

    async def _settle(self, message: RabbitMessage, outcome: Outcome) -> None:
        """Apply an outcome: the only place that publishes one or acknowledges a request."""
        self._metrics.outcomes.labels(type(outcome).__name__.lower()).inc()
        log.info("export.settled", outcome=type(outcome).__name__.lower(), message_id=message.message_id)
        try:
            match outcome:
                case Done(event) | Failed(event):
                    failpoint("settle.begun")
                    await self._publish(event)
                    failpoint("settle.published")
                    await message.ack()
                    failpoint("settle.acknowledged")
                case Retry(attempt):
                    await self._send_again(message, attempt)
                    failpoint("retry.published")
                    await message.ack()
                case Cancelled():
                    await message.ack()
                case HandBack():
                    await message.nack(requeue=True)
                case Unreadable(cause):
                    log.error("request.unreadable", cause=cause)
                    await message.reject(requeue=False)
        except (BrokerUnavailable, Unroutable) as error:
            log.warning("export.not_settled", cause=str(error))
            await message.nack(requeue=True)

    async def _publish(self, event: ExportCompleted | ExportFailed) -> None:
        """Publish an outcome under an id of its own, so that it is recognised when it comes again.

        An attempt taken over from a renderer that died may end in another file: that is another event.
        """
        file = event.file.key if isinstance(event, ExportCompleted) else ""
        identity = uuid5(event.export_id, f"{event.type} {event.attempt} {file}".strip())
        await _insist(lambda: self._publisher.publish(event, id=identity))

    async def _send_again(self, message: RabbitMessage, attempt: int) -> None:
        """Put a copy in the queue where it waits for its next attempt."""
        headers = retry_headers(message.headers, attempt)
        await _insist(
            lambda: self._publisher.send(
                headers,
                message.body,
                routing_key=ExportRequested.type,
                message_id=message.message_id,
                queue=self._topology.retry.name,
            )
        )


async def _insist(publish: Callable[[], Awaitable[None]]) -> None:
    """Try a few times: a confirm may be lost with the connection that is being made again."""
    for last in (False,) * (PUBLISH_TRIES - 1) + (True,):
        try:
            return await publish()
        except (BrokerUnavailable, Unroutable):
            if last:
                raise
        await asyncio.sleep(1.0)
    return None


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


async def _as_is(message: RabbitMessage) -> bytes:
    """No decoding: a body that is no JSON must reach the handler too."""
    return message.body
