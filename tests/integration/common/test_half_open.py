"""A link whose other end is gone without a word: noticed within 20 s, by publishers and consumers alike."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from faststream.rabbit import RabbitBroker, RabbitMessage

from contracts.topology import Role, Topology
from dev.chaos.proxy import Proxy
from services.common.broker import STOP_SECONDS, BrokerUnavailable, Publisher, make_broker, stop, subscribe
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


async def test_a_broker_that_is_away_is_stopped_in_time_and_nothing_goes_on(proxy: Proxy, amqp_url: str) -> None:
    through = amqp_url.replace(f":{urlsplit(amqp_url).port}", f":{proxy.port}")
    before = asyncio.all_tasks()
    connected, connecting = make_broker(through, graceful_timeout=1.0), make_broker("amqp://127.0.0.1:1/")
    await connected.start()
    starting = asyncio.create_task(connecting.start())
    proxy.blackhole()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    async with asyncio.timeout(2 * STOP_SECONDS):
        await stop(connected, connecting)
    proxy.cut()
    await wait_until(lambda: asyncio.all_tasks() <= before | _serving())


def _serving() -> set[asyncio.Task[object]]:
    """The tasks of the proxy itself."""
    return {task for task in asyncio.all_tasks() if "Proxy" in repr(task.get_coro())}
