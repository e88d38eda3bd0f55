"""Broker objects for tests: declared in a namespace, deleted afterwards."""

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from contracts.topology import Topology
from services.common import declaration
from tests.databases import outside_the_loop


def declare(url: str, topology: Topology) -> None:
    """Everything of a topology."""

    async def work() -> None:
        await declaration.declare(url, topology)

    outside_the_loop(work)


def delete(url: str, topology: Topology) -> None:
    """Everything of a topology, whatever it still holds."""

    async def work() -> None:
        await wipe(url, topology)

    outside_the_loop(work)


async def take(url: str, queue: str) -> AbstractIncomingMessage:
    """The next message of a queue, acknowledged."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        message = await (await channel.get_queue(queue)).get(timeout=5)
        await message.ack()
        return message


async def wipe(url: str, topology: Topology) -> None:
    """Delete everything of a topology under whoever uses it."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        for exchange in (*topology.exchanges, *topology.optional_exchanges):
            await channel.exchange_delete(exchange)
        for queue in (*topology.queues, *topology.optional):
            await channel.queue_delete(queue.name)
