"""Declares the topology at the broker, looks for it, and gives way where the broker already has something of that name.

RabbitMQ refuses a queue or exchange that exists with other arguments (406 PRECONDITION_FAILED), and an account without
the right to declare (403 ACCESS_REFUSED). Either is an error of a deployment, not an absent broker: it is logged once
and what exists is used as it is, so that no service stands still.
"""

import asyncio
import random
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.abc import FieldTable
from aiormq.exceptions import AMQPError, ChannelAccessRefused, ChannelNotFoundEntity, ChannelPreconditionFailed

from contracts.topology import Queue, Topology
from services.common.broker import CONNECT_SECONDS, broker_errors
from services.common.broker_addresses import addresses
from services.common.cancellation import check_cancelled

log = structlog.get_logger()

_INEQUIVALENT = re.compile(r"inequivalent arg '(.+?)' for .*: received (.+) but current is (.+)", re.DOTALL)


async def declare(url: str, topology: Topology) -> None:
    """Declare every exchange, queue and binding.

    Raises:
        BrokerUnavailable: the broker could not be reached, or refused what it does not have either.
    """
    async with connected(url) as connection, asyncio.timeout(CONNECT_SECONDS):
        await declare_on(connection, topology)


async def declare_on(connection: AbstractConnection, topology: Topology) -> None:
    """`declare` on a connection that is there."""
    for name in topology.exchanges:
        await _declare_exchange(connection, name)
    for queue in topology.queues:
        await _declare_queue(connection, queue)
    await bind_on(connection, topology)
    await offer_on(connection, topology)


async def offer_on(connection: AbstractConnection, topology: Topology) -> None:
    """Declare and bind what no export waits for, where the account may."""
    for name in topology.optional_exchanges:
        with suppress(ChannelNotFoundEntity):  # the refusal is logged
            await _declare_exchange(connection, name)
    for queue in topology.optional:
        with suppress(ChannelNotFoundEntity):
            await declare_queue_on(connection, queue)


async def declare_queue_on(connection: AbstractConnection, queue: Queue) -> None:
    """Declare a queue, or find it as it is, and bind it.

    Raises:
        ChannelNotFoundEntity: it may not be declared, and is not there; or its exchange is not.
    """
    await _declare_queue(connection, queue)
    await _bind(connection, [queue])


async def bind_on(connection: AbstractConnection, topology: Topology) -> None:
    """Make every binding: the broker does not tell whether one is there, and making it twice changes nothing."""
    await _bind(connection, topology.queues)


async def _bind(connection: AbstractConnection, queues: Iterable[Queue]) -> None:
    left = deque((queue, key) for queue in queues for key in queue.routing_keys)
    while left:
        try:
            async with _channel(connection) as channel:  # a refusal closes it
                while left:
                    queue, key = left[0]
                    bound = await channel.get_queue(queue.name, ensure=False)
                    await bound.bind(queue.exchange, routing_key=key)
                    left.popleft()
        except ChannelAccessRefused as error:
            _log_refused(left.popleft()[0].name, str(error))


async def missing(connection: AbstractConnection, topology: Topology) -> list[str]:
    """The names of the exchanges and queues that the broker has not."""
    left: deque[tuple[str, bool]] = deque((name, True) for name in topology.exchanges)
    left.extend((queue.name, False) for queue in topology.queues)
    absent: list[str] = []
    while left:
        try:
            async with _channel(connection) as channel:  # the answer 404 closes it
                while left:
                    name, is_exchange = left[0]
                    await (channel.get_exchange(name) if is_exchange else channel.get_queue(name))
                    left.popleft()
        except ChannelNotFoundEntity:
            absent.append(left.popleft()[0])
    return absent


async def ready_messages(url: str, queues: Iterable[Queue]) -> int:
    """How many messages wait in these queues to be delivered; those delivered and not yet acknowledged do not count.

    Raises:
        BrokerUnavailable: the broker could not be reached, or lacks one of the queues.
    """
    async with connected(url) as connection, asyncio.timeout(CONNECT_SECONDS), _channel(connection) as channel:
        states = [(await channel.get_queue(queue.name)).declaration_result for queue in queues]
    return sum(state.message_count or 0 for state in states)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AbstractConnection]:
    """A connection to any of a broker's nodes, which is not made again when it is lost.

    Raises:
        BrokerUnavailable: there is none, or it was lost inside the block.
    """
    with broker_errors():
        async with await _connection(addresses(url)) as connection:
            yield connection


@asynccontextmanager
async def _channel(connection: AbstractConnection) -> AsyncIterator[AbstractChannel]:
    """A channel that is closed afterwards. While it closes, aio-pika (10.2) takes a cancellation of the task for its
    own end: it is looked for when the channel is gone.
    """
    try:
        async with connection.channel() as channel:
            yield channel
    finally:
        check_cancelled()


async def _connection(nodes: Sequence[str]) -> AbstractConnection:
    """A connection to the first node that answers, in any order; a frozen one is left in time for the others."""
    seconds = CONNECT_SECONDS / len(nodes)
    *others, last = random.sample(nodes, len(nodes))
    for node in others:
        with suppress(OSError, TimeoutError, AMQPError):
            async with asyncio.timeout(seconds):
                return await aio_pika.connect(node)
    async with asyncio.timeout(seconds):
        return await aio_pika.connect(last)


async def _declare_exchange(connection: AbstractConnection, name: str) -> None:
    async def declare_it(channel: AbstractChannel, passive: bool) -> None:
        await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True, passive=passive)

    await _declared(connection, name, declare_it)


async def _declare_queue(connection: AbstractConnection, queue: Queue) -> None:
    async def declare_it(channel: AbstractChannel, passive: bool) -> None:
        arguments: FieldTable = {"x-queue-type": queue.kind, **queue.arguments}
        await channel.declare_queue(queue.name, durable=True, arguments=arguments, passive=passive)

    await _declared(connection, queue.name, declare_it)


async def _declared(
    connection: AbstractConnection, name: str, declare_it: Callable[[AbstractChannel, bool], Awaitable[None]]
) -> None:
    """Declare something, or find it as it is. On a channel of its own, since a refusal closes the channel."""
    try:
        async with _channel(connection) as channel:
            await declare_it(channel, False)
    except ChannelPreconditionFailed as error:
        _log_inequivalent(name, str(error))
    except ChannelAccessRefused as error:
        _log_refused(name, str(error))
    else:
        return
    async with _channel(connection) as channel:
        await declare_it(channel, True)


@cache
def _log_inequivalent(name: str, refusal: str) -> None:
    """One line a process for each name and refusal: declarations are repeated whenever the broker was away."""
    argument, wanted, found = found_in.groups() if (found_in := _INEQUIVALENT.search(refusal)) else (refusal, "", "")
    log.error("broker.inequivalent_argument", name=name, argument=argument, wanted=wanted, found=found)


@cache
def _log_refused(name: str, refusal: str) -> None:
    log.warning("broker.declaration_refused", name=name, cause=refusal)
