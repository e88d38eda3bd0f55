"""On the real broker: what exists with other arguments is named in the log, and nobody stands still for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aiormq.abc import FieldTable
from faststream.rabbit import RabbitBroker, RabbitMessage
from structlog.testing import capture_logs

from contracts.topology import Topology
from services.common.broker import Publisher, make_broker, subscribe
from services.common.declaration import declare, join
from tests import queues
from tests.builders import an_export_requested
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def undeclared(amqp_url: str, namespace: str) -> Iterator[Topology]:
    """A topology that the test declares."""
    topology = Topology(namespace)
    yield topology
    queues.delete(amqp_url, topology)


@pytest.fixture
async def broker(amqp_url: str) -> AsyncIterator[RabbitBroker]:
    broker = make_broker(amqp_url, graceful_timeout=1.0)
    yield broker
    await broker.stop()


async def _declare_requests_otherwise(channel: AbstractChannel, topology: Topology) -> None:
    arguments: FieldTable = {
        **topology.requests.arguments,
        "x-queue-type": "quorum",
        "x-dead-letter-routing-key": "elsewhere",
    }
    await channel.declare_queue(topology.requests.name, durable=True, arguments=arguments)


async def test_where_all_is_as_wanted_nothing_is_kept(amqp_url: str, undeclared: Topology) -> None:
    with capture_logs() as logs:
        assert await declare(amqp_url, undeclared) == frozenset()
    assert logs == []


async def test_a_queue_with_other_arguments_is_kept_and_named_once(
    amqp_url: str, undeclared: Topology, channel: AbstractChannel
) -> None:
    await _declare_requests_otherwise(channel, undeclared)
    with capture_logs() as logs:
        assert await declare(amqp_url, undeclared) == {undeclared.requests.name}
        assert await declare(amqp_url, undeclared) == {undeclared.requests.name}
    [line] = logs
    assert (line["event"], line["log_level"]) == ("broker.inequivalent_argument", "error")
    assert (line["name"], line["argument"]) == (undeclared.requests.name, "x-dead-letter-routing-key")
    assert undeclared.dead.name in line["wanted"]
    assert "elsewhere" in line["found"]


async def test_an_exchange_of_another_type_is_kept(
    amqp_url: str, undeclared: Topology, channel: AbstractChannel
) -> None:
    await channel.declare_exchange(undeclared.exchange, aio_pika.ExchangeType.DIRECT, durable=True)
    assert await declare(amqp_url, undeclared) == {undeclared.exchange}


async def test_a_service_starts_on_queues_and_exchanges_as_they_are(
    amqp_url: str, undeclared: Topology, channel: AbstractChannel, broker: RabbitBroker
) -> None:
    await channel.declare_exchange(undeclared.exchange, aio_pika.ExchangeType.DIRECT, durable=True)
    await _declare_requests_otherwise(channel, undeclared)
    heard: list[bytes] = []

    async def hear(message: RabbitMessage) -> None:
        heard.append(message.body)
        await message.ack()

    subscribe(broker, undeclared, undeclared.requests, hear, prefetch=1)
    async with asyncio.timeout(10):
        await join(amqp_url, undeclared, broker)
    event = an_export_requested()
    await Publisher(broker, undeclared, "tests").publish(event)
    await wait_until(lambda: heard == [event.to_json()])


async def test_a_broker_that_is_started_already_is_left_alone(
    amqp_url: str, undeclared: Topology, broker: RabbitBroker
) -> None:
    subscribe(broker, undeclared, undeclared.requests, _ignore, prefetch=1)
    await join(amqp_url, undeclared, broker)
    await join(amqp_url, undeclared, broker)
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        state = (await channel.get_queue(undeclared.requests.name)).declaration_result
    assert state.consumer_count == 1


async def _ignore(message: RabbitMessage) -> None:
    await message.ack()
