"""The consumer on the real broker: what happens to a request, whatever happens to its export."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue
from prometheus_client import CollectorRegistry

from contracts.envelope import ATTEMPT_HEADER, Envelope, parse
from contracts.events import AnyEvent, ExportCancelled, ExportCompleted, ExportFailed, ExportRequested
from contracts.states import FailureCode
from contracts.topology import PREFETCH, Topology
from services.common.broker import Publisher, make_broker
from services.renderer.errors import ExamNotFound, StorageUnavailable
from services.renderer.messaging.consumer import Consumer, RunAttempt
from services.renderer.metrics import Metrics
from tests.builders import AS_OF, an_export_completed, an_export_requested
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

Behaviour = Callable[[ExportRequested, int], Awaitable[ExportCompleted]]


class Maker:
    """Makes exports as a test says, and remembers what it was asked."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.asked: list[tuple[UUID, int]] = []
        self.running = 0
        self.most_running = 0

    async def __call__(self, request: ExportRequested, attempt: int) -> ExportCompleted:
        self.asked.append((request.export_id, attempt))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            return await self._behaviour(request, attempt)
        finally:
            self.running -= 1


class Lab:
    """A broker's queues as a test sees them."""

    def __init__(self, url: str, topology: Topology, channel: aio_pika.abc.AbstractChannel) -> None:
        self.url, self.topology, self._channel = url, topology, channel

    async def queue(self, name: str) -> AbstractQueue:
        return await self._channel.get_queue(name)

    async def publish(self, event: AnyEvent, **headers: Any) -> None:
        exchange = await self._channel.get_exchange(self.topology.exchange)
        envelope = Envelope(id=event.export_id, source="test", time=AS_OF, event=event)
        message = aio_pika.Message(
            event.to_json(), headers=envelope.headers() | headers, message_id=str(event.export_id)
        )
        await exchange.publish(message, routing_key=event.type)

    async def outcome(self, seconds: float = 15) -> Envelope:
        queue = await self.queue(self.topology.outcomes.name)
        message = await self._next(queue, seconds)
        return parse(message.headers, message.body)

    async def _next(self, queue: AbstractQueue, seconds: float) -> AbstractIncomingMessage:
        async def get() -> AbstractIncomingMessage | None:
            return await queue.get(no_ack=True, fail=False)

        message = await wait_until(get, seconds)
        assert message is not None
        return message

    async def next_of(self, name: str, seconds: float = 15) -> AbstractIncomingMessage:
        return await self._next(await self.queue(name), seconds)

    async def waiting(self, name: str) -> int:
        """Messages ready in a queue."""
        async with await aio_pika.connect(self.url) as connection:
            queue = await (await connection.channel()).declare_queue(name, passive=True)
            return queue.declaration_result.message_count or 0

    @asynccontextmanager
    async def renderer(self, make: RunAttempt) -> AsyncIterator["Renderer"]:
        running = Renderer(self.url, self.topology, make)
        await running.start()
        try:
            yield running
        finally:
            await running.close()


class Renderer:
    """A consumer with its brokers."""

    def __init__(self, url: str, topology: Topology, make: RunAttempt) -> None:
        self.requests, self.cancellations, self.publishing = (make_broker(url, graceful_timeout=1.0) for _ in range(3))
        publisher = Publisher(self.publishing, topology, "renderer")
        self.consumer = Consumer(make, publisher, topology, Metrics(CollectorRegistry()))
        self.consumer.subscribe(self.requests, self.cancellations)

    async def start(self) -> None:
        for broker in (self.publishing, self.cancellations, self.requests):
            await broker.start()

    async def close(self) -> None:
        for broker in (self.requests, self.cancellations, self.publishing):
            await broker.stop()


@pytest_asyncio.fixture
async def lab(amqp_url: str, topology: Topology) -> AsyncIterator[Lab]:
    async with await aio_pika.connect(amqp_url) as connection:
        yield Lab(amqp_url, topology, await connection.channel())


async def made(request: ExportRequested, attempt: int) -> ExportCompleted:
    return an_export_completed(export_id=request.export_id, attempt=attempt)


async def never(request: ExportRequested, attempt: int) -> ExportCompleted:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def storage_away(request: ExportRequested, attempt: int) -> ExportCompleted:
    raise StorageUnavailable("down")


async def away_once(request: ExportRequested, attempt: int) -> ExportCompleted:
    if attempt == 1:
        raise StorageUnavailable("down")
    return await made(request, attempt)


async def exam_gone(request: ExportRequested, attempt: int) -> ExportCompleted:
    raise ExamNotFound("gone")


async def bug(request: ExportRequested, attempt: int) -> ExportCompleted:
    raise ZeroDivisionError


async def test_a_made_export_is_told_and_its_request_is_gone(lab: Lab) -> None:
    request = an_export_requested()
    async with lab.renderer(Maker(made)):
        await lab.publish(request)
        outcome = await lab.outcome()
    assert isinstance(outcome.event, ExportCompleted)
    assert outcome.event.export_id == request.export_id
    assert await lab.waiting(lab.topology.requests.name) == 0


async def test_the_trace_of_the_request_goes_on(lab: Lab) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with lab.renderer(Maker(away_once)):
        await lab.publish(an_export_requested(), traceparent=trace)
        message = await lab.next_of(lab.topology.outcomes.name, 20)
    assert str(message.headers["traceparent"]).split("-")[1] == trace.split("-")[1]


async def test_outcomes_survive_the_broker(lab: Lab) -> None:
    async with lab.renderer(Maker(made)):
        await lab.publish(an_export_requested())
        message = await lab.next_of(lab.topology.outcomes.name)
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


async def test_an_error_that_may_heal_is_tried_once_more_after_the_delay(lab: Lab) -> None:
    make = Maker(away_once)
    request = an_export_requested()
    async with lab.renderer(make):
        begin = asyncio.get_running_loop().time()
        await lab.publish(request)
        outcome = await lab.outcome(20)
        assert asyncio.get_running_loop().time() - begin > 4.5
    assert make.asked == [(request.export_id, 1), (request.export_id, 2)]
    assert isinstance(outcome.event, ExportCompleted)
    assert outcome.event.attempt == 2


@pytest.mark.parametrize(
    ("behaviour", "code"), [(storage_away, FailureCode.STORAGE_UNAVAILABLE), (bug, FailureCode.INTERNAL)]
)
async def test_the_last_attempt_ends_the_export(lab: Lab, behaviour: Behaviour, code: FailureCode) -> None:
    async with lab.renderer(Maker(behaviour)):
        await lab.publish(an_export_requested(), **{ATTEMPT_HEADER: "2"})
        outcome = await lab.outcome()
    assert isinstance(outcome.event, ExportFailed)
    assert (outcome.event.code, outcome.event.attempt) == (code, 2)
    assert outcome.event.message


async def test_a_permanent_error_ends_the_export_at_once(lab: Lab) -> None:
    make = Maker(exam_gone)
    async with lab.renderer(make):
        await lab.publish(an_export_requested())
        outcome = await lab.outcome()
    assert isinstance(outcome.event, ExportFailed)
    assert outcome.event.code is FailureCode.EXAM_NOT_FOUND
    assert len(make.asked) == 1


async def test_an_unreadable_request_goes_to_the_dead(lab: Lab) -> None:
    queue = lab.topology.requests.name
    async with lab.renderer(Maker(made)):
        exchange = await lab._channel.get_exchange("", ensure=False)
        await exchange.publish(aio_pika.Message(b"{not json", headers={"cloudEvents:subject": "x"}), queue)
        message = await lab.next_of(lab.topology.dead.name)
    assert message.body == b"{not json"
    assert message.headers["cloudEvents:subject"] == "x"


async def test_two_at_once_and_no_more(lab: Lab) -> None:
    make = Maker(never)
    async with lab.renderer(make) as renderer:
        for _ in range(4):
            await lab.publish(an_export_requested())
        await wait_until(lambda: make.running == PREFETCH)
        await renderer.consumer.stop(renderer.requests, grace=0.1)
    assert make.most_running == PREFETCH
    assert len(make.asked) == PREFETCH


async def test_cancelling_ends_the_work_and_tells_nothing(lab: Lab) -> None:
    make = Maker(never)
    request = an_export_requested()
    async with lab.renderer(make):
        await lab.publish(request)
        await wait_until(lambda: make.running == 1)
        await lab.publish(_cancelled(request))
        await wait_until(lambda: make.running == 0, 2)
    assert await lab.waiting(lab.topology.outcomes.name) == 0
    assert await lab.waiting(lab.topology.requests.name) == 0


async def test_a_renderer_started_later_knows_of_earlier_cancellations(lab: Lab) -> None:
    make = Maker(made)
    request, other = an_export_requested(), an_export_requested()
    await lab.publish(_cancelled(request))
    async with lab.renderer(make) as renderer:
        await wait_until(lambda: request.export_id in renderer.consumer._cancelled)
        await lab.publish(request)
        await lab.publish(other)
        outcome = await lab.outcome()
    assert outcome.event.export_id == other.export_id
    assert [export for export, _ in make.asked] == [other.export_id]


async def test_stopping_finishes_what_is_under_way_and_takes_nothing_more(lab: Lab) -> None:
    finish = asyncio.Event()

    async def slow(request: ExportRequested, attempt: int) -> ExportCompleted:
        await finish.wait()
        return await made(request, attempt)

    make = Maker(slow)
    async with lab.renderer(make) as renderer:
        first = [an_export_requested() for _ in range(PREFETCH)]
        for request in first:
            await lab.publish(request)
        await wait_until(lambda: make.running == PREFETCH)
        stopping = asyncio.create_task(renderer.consumer.stop(renderer.requests, grace=10))
        await lab.publish(an_export_requested())
        finish.set()
        await stopping
        assert {(await lab.outcome()).event.export_id for _ in first} == {request.export_id for request in first}
        assert len(make.asked) == PREFETCH
    left = await lab.next_of(lab.topology.requests.name)
    assert not left.redelivered
    assert left.headers.get("x-delivery-count", 0) == 0


async def test_what_cannot_be_finished_is_handed_back_with_its_attempt(lab: Lab) -> None:
    make = Maker(never)
    request = an_export_requested()
    async with lab.renderer(make) as renderer:
        await lab.publish(request, **{ATTEMPT_HEADER: "2"})
        await wait_until(lambda: make.running == 1)
        await renderer.consumer.stop(renderer.requests, grace=0.1)
        assert make.running == 0
    other = Maker(made)
    async with lab.renderer(other):
        outcome = await lab.outcome()
    assert other.asked == [(request.export_id, 2)]
    assert isinstance(outcome.event, ExportCompleted)


async def test_a_lost_connection_leaves_nothing_running(lab: Lab) -> None:
    make = Maker(never)
    async with lab.renderer(make) as renderer:
        await lab.publish(an_export_requested())
        await wait_until(lambda: make.running == 1)
        connection: Any = renderer.requests._connection
        await connection.transport.connection.close()
        await wait_until(lambda: len(make.asked) == 2, 20)
        assert make.running == 1


def _cancelled(request: ExportRequested) -> ExportCancelled:
    return ExportCancelled(
        export_id=request.export_id,
        institution_id=request.institution_id,
        exam_id=request.exam_id,
        requested_by=request.requested_by,
        cancelled_at=AS_OF,
    )
