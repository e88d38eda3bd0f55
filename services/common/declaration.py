"""Declares the topology at the broker, and gives way where the broker already has something of that name.

RabbitMQ refuses a queue or exchange that exists with other arguments (406 PRECONDITION_FAILED). That is an error of a
deployment, not an absent broker: it is logged once and the queue is used as it is, so that no service stands still.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelPreconditionFailed
from aiormq.abc import FieldTable
from faststream.rabbit import RabbitBroker
from faststream.rabbit.subscriber import RabbitSubscriber

from contracts.topology import Queue, Topology
from services.common.broker import CONNECT_SECONDS, BrokerUnavailable, broker_errors, with_heartbeat
from services.common.retrying import retry, retry_forever

log = structlog.get_logger()

RETRY_SECONDS = 1.0
MISTAKE_SECONDS = 5.0

_INEQUIVALENT = re.compile(r"inequivalent arg '(.+?)' for .*: received (.+) but current is (.+)", re.DOTALL)


async def declare(url: str, topology: Topology) -> frozenset[str]:
    """Declare every exchange, queue and binding; the names of those that exist with other arguments.

    On a connection of its own: declaring a queue on a FastStream broker before its subscriber starts silently drops
    the subscriber's prefetch.

    Raises:
        BrokerUnavailable: the broker could not be reached or refused.
    """
    async with connected(url) as connection, asyncio.timeout(CONNECT_SECONDS):
        kept = set() if await _declare_exchange(connection, topology.exchange) else {topology.exchange}
        for queue in topology.queues:
            if not await _declare_queue(connection, queue, topology.exchange):
                kept.add(queue.name)
    return frozenset(kept)


async def join(url: str, topology: Topology, *brokers: RabbitBroker) -> None:
    """Declare the topology, then connect the brokers and start their subscribers; tried again until all of it is done.

    A subscriber whose queue or exchange has other arguments uses it as it is.
    """

    async def try_to_join() -> None:
        kept = await declare(url, topology)
        for broker in brokers:
            if not broker.running:
                await _start(broker, kept)

    await retry_forever(
        lambda: retry(try_to_join, BrokerUnavailable, "broker.unavailable", delay=RETRY_SECONDS),
        "broker.join_failed",
        delay=MISTAKE_SECONDS,
    )


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


async def _start(broker: RabbitBroker, kept: frozenset[str]) -> None:
    for subscriber in broker.subscribers:
        assert isinstance(subscriber, RabbitSubscriber)
        subscriber.queue.declare = subscriber.queue.name not in kept
        subscriber.exchange.declare = subscriber.exchange.name not in kept
    with broker_errors():
        await broker.start()


async def _declare_exchange(connection: AbstractConnection, name: str) -> bool:
    async def declare_it(channel: AbstractChannel, passive: bool) -> None:
        await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True, passive=passive)

    return await _equivalent(connection, name, declare_it)


async def _declare_queue(connection: AbstractConnection, queue: Queue, exchange: str) -> bool:
    async def declare_it(channel: AbstractChannel, passive: bool) -> None:
        arguments: FieldTable = {"x-queue-type": queue.kind, **queue.arguments}
        declared = await channel.declare_queue(queue.name, durable=True, arguments=arguments, passive=passive)
        for key in queue.routing_keys:
            await declared.bind(exchange, routing_key=key)

    return await _equivalent(connection, queue.name, declare_it)


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
