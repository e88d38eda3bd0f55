"""A request that ends every process that takes it leaves its queue for the dead ones', on the real broker."""

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from contracts.topology import DELIVERY_LIMIT, Queue, Topology
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


async def taken(queue: AbstractQueue, seconds: float = 10) -> AbstractIncomingMessage:
    """The queue's next message, left unsettled."""

    async def message() -> AbstractIncomingMessage | None:
        return await queue.get(fail=False)

    found = await wait_until(message, seconds)
    assert found is not None
    return found


async def delivered_and_dropped(url: str, queue: Queue) -> None:
    """What a kill of a consumer looks like to the broker."""
    async with await aio_pika.connect(url) as connection:
        await taken(await (await connection.channel()).get_queue(queue.name))


async def test_a_crash_loop_ends_among_the_dead_with_its_subject(amqp_url: str, topology: Topology) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        message = aio_pika.Message(b"{}", headers={"cloudEvents:subject": "e1"}, message_id="m1")
        await channel.default_exchange.publish(message, routing_key=topology.requests.name)
        for _ in range(DELIVERY_LIMIT + 1):
            await delivered_and_dropped(amqp_url, topology.requests)
        dead = await taken(await channel.get_queue(topology.dead.name), 5)
        assert (dead.body, dead.message_id, dead.headers["cloudEvents:subject"]) == (b"{}", "m1", "e1")
