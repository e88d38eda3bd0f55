"""What a renderer says and when: an outcome is confirmed before its request leaves the queue, and each file is an event
of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import aio_pika
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from contracts.envelope import Envelope
from contracts.events import AnyEvent, ExportCompleted, ExportRequested
from contracts.topology import DELIVERY_LIMIT, Exchange, Role, Topology
from services.common.broker import BrokerUnavailable, Publisher, make_broker
from services.common.signing import Signer
from services.renderer.errors import StorageUnavailable
from services.renderer.messaging import consumer
from services.renderer.messaging.consumer import Consumer
from services.renderer.metrics import Metrics
from tests.admission import everything
from tests.builders import AS_OF, a_stored_file, an_export_completed, an_export_requested
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

Make = Callable[[ExportRequested, int], Awaitable[ExportCompleted]]


class LossyPublisher(Publisher):
    """A publisher whose first confirms are lost, and that remembers what it was given."""

    lost = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.given: list[tuple[AnyEvent | None, UUID | None]] = []

    async def publish(self, event: AnyEvent, *, id: UUID | None = None) -> None:
        await self._perhaps((event, id))
        await super().publish(event, id=id)

    async def send_again(self, headers: Any, body: bytes, **about: Any) -> None:
        await self._perhaps((None, None))
        await super().send_again(headers, body, **about)

    async def _perhaps(self, what: tuple[AnyEvent | None, UUID | None]) -> None:
        self.given.append(what)
        if len(self.given) <= self.lost:
            raise BrokerUnavailable("no confirm")


class Harness:
    """A consumer whose exports are made as a test says."""

    def __init__(self, url: str, topology: Topology) -> None:
        self._topology = topology
        self.brokers = [make_broker(url, graceful_timeout=1.0) for _ in range(3)]
        self.publisher = LossyPublisher(self.brokers[2], topology, Role.RENDERER, Signer())
        self.asked: list[int] = []
        self.make: Make = made

    async def start(self) -> None:
        requests, cancellations, _ = self.brokers
        settled = Consumer(self._made, self.publisher, self._topology, Metrics(CollectorRegistry()))
        settled.subscribe(requests, cancellations, everything())
        for broker in reversed(self.brokers):
            await broker.start()

    async def ask(self, url: str) -> ExportRequested:
        request = an_export_requested()
        envelope = Envelope(id=request.export_id, source="test", time=AS_OF, event=request)
        message = aio_pika.Message(request.to_json(), headers={**envelope.headers()}, message_id=str(envelope.id))
        async with await aio_pika.connect(url) as connection:
            exchange = await (await connection.channel()).get_exchange(self._topology.exchange(Exchange.REQUESTS))
            await exchange.publish(message, routing_key=request.type)
        return request

    async def _made(self, request: ExportRequested, attempt: int) -> ExportCompleted:
        self.asked.append(attempt)
        return await self.make(request, attempt)


async def made(request: ExportRequested, attempt: int) -> ExportCompleted:
    return an_export_completed(export_id=request.export_id, attempt=attempt)


async def storage_away(request: ExportRequested, attempt: int) -> ExportCompleted:
    raise StorageUnavailable("down")


@pytest_asyncio.fixture
async def harness(amqp_url: str, topology: Topology, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Harness]:
    monkeypatch.setattr(consumer, "PUBLISH_TRIES", 1)
    running = Harness(amqp_url, topology)
    await running.start()
    yield running
    for broker in running.brokers:
        await broker.stop()


async def test_an_outcome_without_a_confirm_leaves_the_request_in_its_queue(harness: Harness, amqp_url: str) -> None:
    harness.publisher.lost = 1
    await harness.ask(amqp_url)
    await wait_until(lambda: len(harness.asked) == 2)
    assert harness.asked == [1, 1], "no attempt is burned"


async def test_a_retry_without_a_confirm_leaves_the_request_in_its_queue(harness: Harness, amqp_url: str) -> None:
    harness.publisher.lost, harness.make = 1, storage_away
    await harness.ask(amqp_url)
    await wait_until(lambda: len(harness.asked) >= 2, 4)
    assert harness.asked[:2] == [1, 1]


async def test_the_same_outcome_again_has_the_same_id_and_another_file_another(harness: Harness, amqp_url: str) -> None:
    keys = iter(["e/1", "e/1", "e/2"])

    async def another_file(request: ExportRequested, attempt: int) -> ExportCompleted:
        return an_export_completed(export_id=request.export_id, file=a_stored_file(key=next(keys)))

    harness.publisher.lost, harness.make = 2, another_file
    await harness.ask(amqp_url)
    await wait_until(lambda: len(harness.publisher.given) == 3)
    first, again, other = [identity for _, identity in harness.publisher.given]
    assert first == again != other


async def test_a_request_handed_back_by_one_renderer_after_another_is_made_in_the_end(
    harness: Harness, amqp_url: str, topology: Topology
) -> None:
    """More often than the delivery limit, which is there for crash loops, and without a burned attempt."""

    async def stopping(request: ExportRequested, attempt: int) -> ExportCompleted:
        if len(harness.asked) <= DELIVERY_LIMIT + 2:
            raise asyncio.CancelledError
        return await made(request, attempt)

    harness.make = stopping
    await harness.ask(amqp_url)
    await wait_until(lambda: any(event is not None for event, _ in harness.publisher.given), 40)
    assert harness.asked == [1] * (DELIVERY_LIMIT + 3)
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        assert await (await channel.get_queue(topology.dead.name)).get(fail=False) is None
