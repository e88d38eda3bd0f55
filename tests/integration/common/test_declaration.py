"""On the real broker: what exists with other arguments is named in the log, and nobody stands still for it."""

from collections.abc import Iterator

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aiormq.abc import FieldTable
from structlog.testing import capture_logs

from contracts.topology import Exchange, Topology
from services.common.declaration import declare
from tests import queues

pytestmark = pytest.mark.integration


@pytest.fixture
def undeclared(amqp_url: str, namespace: str) -> Iterator[Topology]:
    """A topology that the test declares."""
    topology = Topology(namespace)
    yield topology
    queues.delete(amqp_url, topology)


async def _declare_requests_otherwise(channel: AbstractChannel, topology: Topology) -> None:
    arguments: FieldTable = {
        **topology.requests.arguments,
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "elsewhere",
    }
    await channel.declare_queue(topology.requests.name, durable=True, arguments=arguments)


async def test_where_all_is_as_wanted_nothing_is_said(amqp_url: str, undeclared: Topology) -> None:
    with capture_logs() as logs:
        await declare(amqp_url, undeclared)
    assert logs == []


async def test_a_queue_with_other_arguments_is_kept_and_named_once(
    amqp_url: str, undeclared: Topology, channel: AbstractChannel
) -> None:
    await _declare_requests_otherwise(channel, undeclared)
    with capture_logs() as logs:
        await declare(amqp_url, undeclared)
        await declare(amqp_url, undeclared)
    [line] = logs
    assert (line["event"], line["log_level"]) == ("broker.inequivalent_argument", "error")
    assert (line["name"], line["argument"]) == (undeclared.requests.name, "x-dead-letter-exchange")
    assert undeclared.exchange(Exchange.DEAD) in line["wanted"]
    assert "elsewhere" in line["found"]


async def test_an_exchange_of_another_type_is_kept(
    amqp_url: str, undeclared: Topology, channel: AbstractChannel
) -> None:
    name = undeclared.exchange(Exchange.FACTS)
    await channel.declare_exchange(name, aio_pika.ExchangeType.DIRECT, durable=True)
    with capture_logs() as logs:
        await declare(amqp_url, undeclared)
    assert [(line["event"], line["name"]) for line in logs] == [("broker.inequivalent_argument", name)]
