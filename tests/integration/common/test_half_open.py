"""A link whose other end is gone without a word: noticed within 20 s, by publishers and consumers alike."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from faststream.rabbit import RabbitBroker, RabbitMessage

from contracts.topology import Role, Topology
from dev.chaos.proxy import Proxy
from services.common.broker import BrokerUnavailable, Publisher, make_broker, subscribe
from services.common.signing import Signer
from tests.admission import everything
from tests.builders import an_export_requested
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def proxy(amqp_url: str) -> AsyncIterator[Proxy]:
    port = urlsplit(amqp_url).port
    assert port
    proxy = Proxy(lambda: [port])
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest_asyncio.fixture
async def broker(amqp_url: str, proxy: Proxy) -> AsyncIterator[RabbitBroker]:
    through = amqp_url.replace(f":{urlsplit(amqp_url).port}", f":{proxy.port}")
    broker = make_broker(through, graceful_timeout=1.0)
    yield broker
    await broker.stop()


async def test_both_ends_of_a_forgotten_link_find_each_other_again(
    broker: RabbitBroker, proxy: Proxy, topology: Topology
) -> None:
    received: list[bytes] = []

    async def receive(message: RabbitMessage) -> None:
        received.append(message.body)
        await message.ack()

    subscribe(broker, topology.requests, receive, admission=everything(), prefetch=10)
    await broker.start()
    publisher = Publisher(broker, topology, Role.GATEWAY, Signer())
    await publisher.publish(an_export_requested())
    await wait_until(lambda: len(received) == 1)
    proxy.half_open()
    begin = asyncio.get_running_loop().time()

    async def published() -> bool:
        try:
            await publisher.publish(an_export_requested())
        except BrokerUnavailable:
            return False
        return True

    await wait_until(published, 30)
    await wait_until(lambda: len(received) >= 2)
    assert asyncio.get_running_loop().time() - begin < 22, "20 s, and a second to connect"
