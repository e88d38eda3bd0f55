"""Declares the topology at the broker, and gives way where the broker already has something of that name.

RabbitMQ refuses a queue or exchange that exists with other arguments (406 PRECONDITION_FAILED). That is an error of a
deployment, not an absent broker: it is logged once and the queue is used as it is, so that no service stands still.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cache

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed
from aiormq.abc import FieldTable

from contracts.topology import Queue, Topology
from services.common.broker import CONNECT_SECONDS, broker_errors, with_heartbeat

log = structlog.get_logger()

_INEQUIVALENT = re.compile(r"inequivalent arg '(.+?)' for .*: received (.+) but current is (.+)", re.DOTALL)


async def declare(url: str, topology: Topology) -> frozenset[str]:
    """Declare every exchange, queue and binding; the names of those that exist with other arguments.

    On a connection of its own: declaring a queue on a FastStream broker before its subscriber starts silently drops
    the subscriber's prefetch.

    Raises:
        BrokerUnavailable: the broker could not be reached or refused.
    """
    async with connected(url) as connection, asyncio.timeout(CONNECT_SECONDS):
        return await declare_on(connection, topology)


async def declare_on(connection: AbstractConnection, topology: Topology) -> frozenset[str]:
    """`declare` on a connection that is there."""
    kept = set() if await _declare_exchange(connection, topology.exchange) else {topology.exchange}
    for queue in topology.queues:
        if not await _declare_queue(connection, queue, topology.exchange):
            kept.add(queue.name)
    return frozenset(kept)


async def missing(connection: AbstractConnection, topology: Topology) -> list[str]:
    """The names of the exchange and queues that the broker has not. Bindings of those it has are made again: the broker
    does not tell whether one is there, and making it twice changes nothing.
    """
    absent: list[str] = []
    async with connection.channel() as channel:
        if not await _exists(connection, lambda other: other.get_exchange(topology.exchange)):
            absent.append(topology.exchange)
        for queue in topology.queues:
            if not await _exists(connection, lambda other, name=queue.name: other.get_queue(name)):  # type: ignore[misc]
                absent.append(queue.name)
            elif topology.exchange not in absent:
                await _bind(await channel.get_queue(queue.name, ensure=False), queue, topology.exchange)
    return absent


async def ready_messages(url: str, queues: Iterable[Queue]) -> int:
    """How many messages wait in these queues to be delivered; those delivered and not yet acknowledged do not count.

    Raises:
        BrokerUnavailable: the broker could not be reached, or lacks one of the queues.
    """
    async with connected(url) as connection, asyncio.timeout(CONNECT_SECONDS), connection.channel() as channel:
        states = [(await channel.get_queue(queue.name)).declaration_result for queue in queues]
    return sum(state.message_count or 0 for state in states)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AbstractConnection]:
    """A connection that is not made again when it is lost.

    Raises:
        BrokerUnavailable: there is none, or it was lost inside the block.
    """
    with broker_errors():
        async with asyncio.timeout(CONNECT_SECONDS):
            connection = await aio_pika.connect(with_heartbeat(url))
        async with connection:
            yield connection


async def _declare_exchange(connection: AbstractConnection, name: str) -> bool:
    async def declare_it(channel: AbstractChannel, passive: bool) -> None:
        await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True, passive=passive)

    return await _equivalent(connection, name, declare_it)


async def _declare_queue(connection: AbstractConnection, queue: Queue, exchange: str) -> bool:
    async def declare_it(channel: AbstractChannel, passive: bool) -> None:
        arguments: FieldTable = {"x-queue-type": queue.kind, **queue.arguments}
        declared = await channel.declare_queue(queue.name, durable=True, arguments=arguments, passive=passive)
        await _bind(declared, queue, exchange)

    return await _equivalent(connection, queue.name, declare_it)


async def _bind(declared: AbstractQueue, queue: Queue, exchange: str) -> None:
    for key in queue.routing_keys:
        await declared.bind(exchange, routing_key=key)


async def _exists(connection: AbstractConnection, look: Callable[[AbstractChannel], Awaitable[object]]) -> bool:
    """Whether what is looked for is there; on a channel of its own, since the answer 404 closes it."""
    try:
        async with connection.channel() as channel:
            await look(channel)
    except ChannelNotFoundEntity:
        return False
    return True


async def _equivalent(
    connection: AbstractConnection, name: str, declare_it: Callable[[AbstractChannel, bool], Awaitable[None]]
) -> bool:
    """Declare something; whether the broker has it with the arguments that were wanted.

    On a channel of its own, since a refusal closes the channel.
    """
    try:
        async with connection.channel() as channel:
            await declare_it(channel, False)
    except ChannelPreconditionFailed as error:
        _log_inequivalent(name, str(error))
    else:
        return True
    async with connection.channel() as channel:
        await declare_it(channel, True)
    return False


@cache
def _log_inequivalent(name: str, refusal: str) -> None:
    """One line a process for each name and refusal: declarations are repeated whenever the broker was away."""
    argument, wanted, found = found_in.groups() if (found_in := _INEQUIVALENT.search(refusal)) else (refusal, "", "")
    log.error("broker.inequivalent_argument", name=name, argument=argument, wanted=wanted, found=found)
