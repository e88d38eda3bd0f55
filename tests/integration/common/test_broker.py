"""On the real broker: what counts as published, what comes back as an error, and how soon."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.robust_connection import RobustConnection
from faststream.rabbit import RabbitBroker, RabbitExchange

import services.common.broker
from contracts.envelope import parse
from contracts.events import AnyEvent, ExportCancelled
from contracts.topology import Exchange, Role, Topology
from services.common.broker import BrokerUnavailable, Publisher, Unroutable, make_broker, stop
from services.common.declaration import declare
from services.common.signing import Signer
from tests.builders import an_export_failed, an_export_requested
from tests.queues import take
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    broker = make_broker(amqp_url)
    await broker.start()
    yield broker
    await broker.stop()


async def test_declaring_twice_changes_nothing(amqp_url: str, topology: Topology) -> None:
    await declare(amqp_url, topology)
    await declare(amqp_url, topology)


async def test_a_published_event_is_durable_and_reads_back(
    amqp_url: str, topology: Topology, broker: RabbitBroker
) -> None:
    event = an_export_requested()
    event_id = uuid4()
    await Publisher(broker, topology, Role.GATEWAY, Signer()).publish(event, id=event_id)
    message = await take(amqp_url, topology.requests.name)
    read = parse(message.headers, message.body)
    assert (read.event, read.id, read.source) == (event, event_id, "correcta-exports/gateway")
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert message.message_id == str(event_id)


async def test_an_event_no_queue_takes_is_an_error(amqp_url: str, namespace: str, broker: RabbitBroker) -> None:
    topology = Topology(namespace)
    connection = await aio_pika.connect(amqp_url)
    async with connection, connection.channel() as channel:
        for name in topology.exchanges:
            await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
        with pytest.raises(Unroutable):
            await Publisher(broker, topology, Role.GATEWAY, Signer()).publish(_cancelled())


async def test_a_strangers_queue_that_refuses_holds_up_nobody_else(
    amqp_url: str, topology: Topology, broker: RabbitBroker
) -> None:
    event = an_export_requested()
    connection = await aio_pika.connect(amqp_url)
    async with connection, connection.channel() as channel:
        full = await channel.declare_queue(
            exclusive=True, arguments={"x-max-length": 1, "x-overflow": "reject-publish"}
        )
        await channel.default_exchange.publish(aio_pika.Message(b"the one it holds"), routing_key=full.name)
        await full.bind(topology.exchange(Exchange.FACTS), routing_key=event.type)
        await Publisher(broker, topology, Role.GATEWAY, Signer()).publish(event)
    message = await take(amqp_url, topology.requests.name)
    assert parse(message.headers, message.body).event == event


class UnconfirmingBroker:
    """A broker on whose facts some subscriber's queue never confirms, and that answers all the same, or does not."""

    def __init__(self, topology: Topology, *, answers: bool) -> None:
        self._facts, self._answers = topology.exchange(Exchange.FACTS), answers
        self.confirmed: list[str] = []

    async def publish(self, body: bytes, *, exchange: RabbitExchange, **_: object) -> None:
        if exchange.name == self._facts:
            await asyncio.Event().wait()
        self.confirmed.append(exchange.name)

    async def declare_exchange(self, _: RabbitExchange) -> "UnconfirmingBroker":
        return self

    async def declare(self) -> None:
        if not self._answers:
            await asyncio.Event().wait()


async def test_a_strangers_queue_that_never_confirms_costs_its_waiting_time_once(
    topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.common.broker, "PUBLISH_SECONDS", 0.5)
    monkeypatch.setattr(services.common.broker, "DOUBTFUL_SECONDS", 0.01)
    broker: Any = UnconfirmingBroker(topology, answers=True)
    stuck: list[str] = []
    publisher = Publisher(broker, topology, Role.GATEWAY, Signer(), on_stuck=stuck.append)
    begin = asyncio.get_running_loop().time()
    for _ in range(10):
        await publisher.publish(an_export_requested())
    assert asyncio.get_running_loop().time() - begin < 1.5
    assert broker.confirmed == [topology.requests.exchange] * 10
    assert stuck == ["export.requested.v1"] * 10


async def test_a_fact_is_not_published_where_the_broker_itself_is_silent(
    topology: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.common.broker, "PUBLISH_SECONDS", 0.05)
    monkeypatch.setattr(services.common.broker, "DOUBTFUL_SECONDS", 0.05)
    broker: Any = UnconfirmingBroker(topology, answers=False)
    with pytest.raises(BrokerUnavailable):
        await Publisher(broker, topology, Role.GATEWAY, Signer()).publish(an_export_requested())


async def test_a_fact_that_nobody_subscribed_to_is_published(topology: Topology, broker: RabbitBroker) -> None:
    event = an_export_failed()
    headers = Publisher(broker, topology, Role.GATEWAY, Signer()).wrap(event).headers()
    await Publisher(broker, topology, Role.GATEWAY, Signer()).send(
        headers, event.to_json(), type=event.type, message_id="m", exchange=Exchange.FACTS
    )


async def test_a_role_publishes_nothing_that_is_not_its_own(topology: Topology, broker: RabbitBroker) -> None:
    with pytest.raises(ValueError, match=r"storage publishes no export\.requested\.v1"):
        await Publisher(broker, topology, Role.STORAGE, Signer()).publish(an_export_requested())


async def test_without_a_broker_publishing_fails_in_time(topology: Topology) -> None:
    never_started = make_broker("amqp://127.0.0.1:1/")
    async with asyncio.timeout(8):
        with pytest.raises(BrokerUnavailable):
            await Publisher(never_started, topology, Role.GATEWAY, Signer()).publish(_cancelled())
        with pytest.raises(BrokerUnavailable):
            await declare("amqp://127.0.0.1:1/", topology)


def _cancelled() -> AnyEvent:
    return ExportCancelled(
        export_id=uuid4(), institution_id="i", exam_id="e", requested_by="u", cancelled_at=datetime.now(UTC)
    )


async def test_a_link_lost_while_channels_are_restored_is_made_again(
    amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = make_broker(amqp_url)
    await broker.start()
    connection: Any = broker._connection
    restore, lost = RobustConnection._on_connected, asyncio.Event()

    async def lost_the_first_time(self: RobustConnection) -> None:
        if lost.is_set():
            await restore(self)
            return
        lost.set()
        await connection.transport.connection.close(ConnectionError("lost"))
        await asyncio.Event().wait()  # as for a link that nobody makes

    monkeypatch.setattr(RobustConnection, "_on_connected", lost_the_first_time)
    await connection.transport.connection.close(ConnectionError("lost"))
    await lost.wait()
    await wait_until(lambda: broker.ping(timeout=1.0), 20)
    await stop(broker)
