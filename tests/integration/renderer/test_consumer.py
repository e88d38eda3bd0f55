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
from contracts.topology import PREFETCH, SMALL_COPIES, Exchange, Role, Topology, request_key
from services.common.admission import Admission
from services.common.broker import Publisher, make_broker
from services.common.signing import SignaturePolicy, Signer, Verifier
from services.common.signing_keys import trusted_list
from services.renderer.errors import ExamNotFound, StorageUnavailable
from services.renderer.messaging.consumer import Consumer, RunAttempt
from services.renderer.metrics import Metrics
from tests.admission import everything
from tests.builders import AS_OF, an_export_completed, an_export_requested
from tests.keys import keys
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

KEYS = keys("ours")

Behaviour = Callable[[ExportRequested, int], Awaitable[ExportCompleted]]


class FakeAttempts:
    """Attempts that end as a test says, and what was asked of them."""

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


class Harness:
    """A broker's queues as a test sees them."""

    def __init__(self, url: str, topology: Topology, channel: aio_pika.abc.AbstractChannel) -> None:
        self.url, self.topology, self._channel = url, topology, channel

    async def queue(self, name: str) -> AbstractQueue:
        return await self._channel.get_queue(name)

    async def publish(self, event: AnyEvent, **headers: Any) -> None:
        exchange = await self._channel.get_exchange(self.topology.exchange(Exchange.REQUESTS))
        envelope = Envelope(id=event.export_id, source="test", time=AS_OF, event=event)
        signed = Signer(KEYS[Role.GATEWAY]).signed(envelope.headers() | headers, event.to_json())
        message = aio_pika.Message(event.to_json(), headers=dict(signed), message_id=str(event.export_id))
        key = request_key(event) if isinstance(event, ExportRequested) else event.type
        await exchange.publish(message, routing_key=key)

    async def send(self, queue: str, message: aio_pika.Message) -> None:
        """Put a message straight into a queue."""
        await self._channel.default_exchange.publish(message, queue)

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
    async def renderer(
        self, run_attempt: RunAttempt, admission: Admission | None = None
    ) -> AsyncIterator["RunningConsumer"]:
        running = RunningConsumer(self.url, self.topology, run_attempt, admission or everything())
        await running.start()
        try:
            yield running
        finally:
            await running.close()


class RunningConsumer:
    """A consumer with its brokers."""

    def __init__(self, url: str, topology: Topology, run_attempt: RunAttempt, admission: Admission) -> None:
        self.requests, self.cancellations, self.publishing = (make_broker(url, graceful_timeout=1.0) for _ in range(3))
        publisher = Publisher(self.publishing, topology, Role.RENDERER, Signer(KEYS[Role.RENDERER]))
        self.consumer = Consumer(run_attempt, publisher, topology, Metrics(CollectorRegistry()))
        self.consumer.subscribe(self.requests, self.cancellations, admission)

    async def start(self) -> None:
        for broker in (self.publishing, self.cancellations, self.requests):
            await broker.start()

    async def close(self) -> None:
        for broker in (self.requests, self.cancellations, self.publishing):
            await broker.stop()


@pytest_asyncio.fixture
async def harness(amqp_url: str, topology: Topology) -> AsyncIterator[Harness]:
    async with await aio_pika.connect(amqp_url) as connection:
        yield Harness(amqp_url, topology, await connection.channel())


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


async def test_a_made_export_is_told_and_its_request_is_gone(harness: Harness) -> None:
    request = an_export_requested()
    async with harness.renderer(FakeAttempts(made)):
        await harness.publish(request)
        outcome = await harness.outcome()
    assert isinstance(outcome.event, ExportCompleted)
    assert outcome.event.export_id == request.export_id
    assert await harness.waiting(harness.topology.requests.name) == 0


async def test_a_request_that_is_tried_again_is_still_the_gateways(harness: Harness) -> None:
    strict = Verifier(trusted_list(KEYS), SignaturePolicy.REQUIRE)
    attempts, request = FakeAttempts(away_once), an_export_requested()
    async with harness.renderer(attempts, Admission(strict, CollectorRegistry(), "renderer")):
        await harness.publish(request)
        message = await harness.next_of(harness.topology.outcomes.name, 20)
    assert attempts.asked == [(request.export_id, 1), (request.export_id, 2)]
    assert strict.check(message.headers, message.body, Exchange.OUTCOMES)


async def test_the_trace_of_the_request_goes_on(harness: Harness) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with harness.renderer(FakeAttempts(away_once)):
        await harness.publish(an_export_requested(), traceparent=trace)
        message = await harness.next_of(harness.topology.outcomes.name, 20)
    assert str(message.headers["traceparent"]).split("-")[1] == trace.split("-")[1]


async def test_outcomes_survive_the_broker(harness: Harness) -> None:
    async with harness.renderer(FakeAttempts(made)):
        await harness.publish(an_export_requested())
        message = await harness.next_of(harness.topology.outcomes.name)
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


async def test_an_error_that_may_heal_is_tried_once_more_after_the_delay(harness: Harness) -> None:
    attempts = FakeAttempts(away_once)
    request = an_export_requested()
    async with harness.renderer(attempts):
        begin = asyncio.get_running_loop().time()
        await harness.publish(request)
        outcome = await harness.outcome(20)
        assert asyncio.get_running_loop().time() - begin > 4.5
    assert attempts.asked == [(request.export_id, 1), (request.export_id, 2)]
    assert isinstance(outcome.event, ExportCompleted)
    assert outcome.event.attempt == 2


@pytest.mark.parametrize(
    ("behaviour", "code"), [(storage_away, FailureCode.STORAGE_UNAVAILABLE), (bug, FailureCode.INTERNAL)]
)
async def test_the_last_attempt_ends_the_export(harness: Harness, behaviour: Behaviour, code: FailureCode) -> None:
    async with harness.renderer(FakeAttempts(behaviour)):
        await harness.publish(an_export_requested(), **{ATTEMPT_HEADER: "2"})
        outcome = await harness.outcome()
    assert isinstance(outcome.event, ExportFailed)
    assert (outcome.event.code, outcome.event.attempt) == (code, 2)
    assert outcome.event.message


async def test_a_permanent_error_ends_the_export_at_once(harness: Harness) -> None:
    attempts = FakeAttempts(exam_gone)
    async with harness.renderer(attempts):
        await harness.publish(an_export_requested())
        outcome = await harness.outcome()
    assert isinstance(outcome.event, ExportFailed)
    assert outcome.event.code is FailureCode.EXAM_NOT_FOUND
    assert len(attempts.asked) == 1


async def test_an_unreadable_request_goes_to_the_dead(harness: Harness) -> None:
    queue = harness.topology.requests.name
    async with harness.renderer(FakeAttempts(made)):
        await harness.send(queue, aio_pika.Message(b"{not json", headers={"cloudEvents:subject": "x"}))
        message = await harness.next_of(harness.topology.dead.name)
    assert message.body == b"{not json"
    assert message.headers["cloudEvents:subject"] == "x"


async def test_two_at_once_and_no_more(harness: Harness) -> None:
    attempts = FakeAttempts(never)
    async with harness.renderer(attempts) as renderer:
        for _ in range(4):
            await harness.publish(an_export_requested())
        await wait_until(lambda: attempts.running == PREFETCH)
        await renderer.consumer.stop(renderer.requests, grace=0.1)
    assert attempts.most_running == PREFETCH
    assert len(attempts.asked) == PREFETCH


async def test_a_small_export_waits_for_no_large_ones_end(harness: Harness) -> None:
    """And one that failed goes back to the queue it came from."""
    small = an_export_requested(copies=SMALL_COPIES)

    async def large_hangs(request: ExportRequested, attempt: int) -> ExportCompleted:
        if request.copies is None:
            return await never(request, attempt)
        if attempt == 1:
            raise StorageUnavailable("down")
        return await made(request, attempt)

    attempts = FakeAttempts(large_hangs)
    async with harness.renderer(attempts) as renderer:
        for _ in range(2 * PREFETCH):
            await harness.publish(an_export_requested(copies=None))
        await wait_until(lambda: attempts.running == PREFETCH)
        await harness.publish(small)
        outcome = await harness.outcome()
        assert outcome.event.export_id == small.export_id
        assert [attempt for export_id, attempt in attempts.asked if export_id == small.export_id] == [1, 2]
        await renderer.consumer.stop(renderer.requests, grace=0.1)


async def test_cancelling_ends_the_work_and_tells_nothing(harness: Harness) -> None:
    attempts = FakeAttempts(never)
    request = an_export_requested()
    async with harness.renderer(attempts):
        await harness.publish(request)
        await wait_until(lambda: attempts.running == 1)
        await harness.publish(_cancelled(request))
        await wait_until(lambda: attempts.running == 0, 2)
    assert await harness.waiting(harness.topology.outcomes.name) == 0
    assert await harness.waiting(harness.topology.requests.name) == 0


async def test_a_renderer_started_later_knows_of_earlier_cancellations(harness: Harness) -> None:
    attempts = FakeAttempts(made)
    request, other = an_export_requested(), an_export_requested()
    await harness.publish(_cancelled(request))
    async with harness.renderer(attempts) as renderer:
        await wait_until(lambda: renderer.consumer.is_cancelled(request.export_id))
        await harness.publish(request)
        await harness.publish(other)
        outcome = await harness.outcome()
    assert outcome.event.export_id == other.export_id
    assert [export for export, _ in attempts.asked] == [other.export_id]


async def test_stopping_finishes_what_is_under_way_and_takes_nothing_more(harness: Harness) -> None:
    finish = asyncio.Event()

    async def slow(request: ExportRequested, attempt: int) -> ExportCompleted:
        await finish.wait()
        return await made(request, attempt)

    attempts = FakeAttempts(slow)
    async with harness.renderer(attempts) as renderer:
        first = [an_export_requested() for _ in range(PREFETCH)]
        for request in first:
            await harness.publish(request)
        await wait_until(lambda: attempts.running == PREFETCH)
        stopping = asyncio.create_task(renderer.consumer.stop(renderer.requests, grace=10))
        await harness.publish(an_export_requested())
        finish.set()
        await stopping
        assert {(await harness.outcome()).event.export_id for _ in first} == {request.export_id for request in first}
        assert len(attempts.asked) == PREFETCH
    left = await harness.next_of(harness.topology.requests.name)
    assert not left.redelivered
    assert left.headers.get("x-delivery-count", 0) == 0


async def test_what_cannot_be_finished_is_handed_back_with_its_attempt(harness: Harness) -> None:
    attempts = FakeAttempts(never)
    request = an_export_requested()
    async with harness.renderer(attempts) as renderer:
        await harness.publish(request, **{ATTEMPT_HEADER: "2"})
        await wait_until(lambda: attempts.running == 1)
        await renderer.consumer.stop(renderer.requests, grace=0.1)
        assert attempts.running == 0
    other = FakeAttempts(made)
    async with harness.renderer(other):
        outcome = await harness.outcome()
    assert other.asked == [(request.export_id, 2)]
    assert isinstance(outcome.event, ExportCompleted)


async def test_a_lost_connection_leaves_nothing_running(harness: Harness) -> None:
    attempts = FakeAttempts(never)
    async with harness.renderer(attempts) as renderer:
        await harness.publish(an_export_requested())
        await wait_until(lambda: attempts.running == 1)
        connection: Any = renderer.requests._connection
        await connection.transport.connection.close()
        await wait_until(lambda: len(attempts.asked) == 2, 20)
        assert attempts.running == 1


def _cancelled(request: ExportRequested) -> ExportCancelled:
    return ExportCancelled(
        export_id=request.export_id,
        institution_id=request.institution_id,
        exam_id=request.exam_id,
        requested_by=request.requested_by,
        cancelled_at=AS_OF,
    )
