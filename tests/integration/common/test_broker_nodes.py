"""A broker of several nodes, as clients see it: whichever node they are connected to may go, also one after another."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aio_pika
import pytest

from contracts.topology import Role, Topology
from dev.chaos.proxy import Proxy
from services.common.broker import BrokerUnavailable, Publisher, make_broker, stop
from services.common.declaration import connected
from services.common.signing import Signer
from tests.builders import an_export_failed
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


@pytest.fixture
async def nodes(amqp_url: str) -> AsyncIterator[list[Proxy]]:
    """Three ports to one broker, each of which can be closed."""
    port = urlsplit(amqp_url).port
    assert port is not None
    proxies = [Proxy(lambda: [port]) for _ in range(3)]
    for proxy in proxies:
        await proxy.start()
    yield proxies
    for proxy in proxies:
        await proxy.stop()


def url_of(amqp_url: str, nodes: list[Proxy]) -> str:
    parts = urlsplit(amqp_url)
    user, _, _ = parts.netloc.rpartition("@")
    return " ".join(parts._replace(netloc=f"{user}@127.0.0.1:{node.port}").geturl() for node in nodes)


async def test_a_publisher_moves_to_a_node_that_is_left(amqp_url: str, topology: Topology, nodes: list[Proxy]) -> None:
    broker = make_broker(url_of(amqp_url, nodes))
    await broker.start()
    publisher = Publisher(broker, topology, Role.RENDERER, Signer())

    async def published() -> bool:
        try:
            await publisher.publish(an_export_failed())
        except BrokerUnavailable:
            return False
        return True

    assert await published()
    for closed in nodes:
        for node in nodes:
            node.heal()
        closed.cut()
        await wait_until(published, 20)
    for node in nodes[:2]:
        node.heal()
        node.cut()
    nodes[2].heal()
    await wait_until(published, 20)
    await stop(broker)


async def test_a_question_is_asked_of_a_node_that_answers(amqp_url: str, nodes: list[Proxy]) -> None:
    nodes[0].cut()
    nodes[1].blackhole()
    for _ in range(4):
        async with connected(url_of(amqp_url, nodes)) as connection, connection.channel() as channel:
            assert isinstance(channel, aio_pika.abc.AbstractChannel)
    nodes[2].cut()
    with pytest.raises(BrokerUnavailable):
        async with connected(url_of(amqp_url, nodes)):
            pass
