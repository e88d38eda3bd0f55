"""Keeps the topology declared and the subscribers consuming, whatever is deleted at the broker while it runs.

One role declares: who declares a queue needs rights to what its dead letters go to. The others wait until everything is
there. No subscriber or publisher declares anything; they look for what they use, and the client library goes on looking
after each reconnection. So the whole topology is looked at every `LOOK_SECONDS`, and at once when a connection was lost
or a message found no exchange or queue.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, cast

import aiormq
import structlog
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractRobustChannel,
    AbstractRobustExchange,
    AbstractRobustQueue,
)
from faststream.rabbit import RabbitBroker
from faststream.rabbit.subscriber import RabbitSubscriber

from contracts.topology import Exchange, Topology
from services.common.broker import CONNECT_SECONDS, BrokerUnavailable, broker_errors, exchange
from services.common.cancellation import check_cancelled
from services.common.declaration import bind_on, connected, declare_on, missing, offer_on

log = structlog.get_logger()

LOOK_SECONDS = 5.0
RETRY_SECONDS = 1.0
MISTAKE_SECONDS = 5.0
REPEAT_SECONDS = 30.0
"""A broker that stays away is one log line in so many seconds."""


class NotDeclared(ConnectionError):
    """The topology is not known to be complete at the broker."""


class NotConsuming(ConnectionError):
    """A subscription has no consumer at the broker."""


class TopologyRecovery:
    """The topology of a service, with the brokers that start once it is there.

    Args:
        declares: whether what is missing is declared, or waited for.
    """

    def __init__(self, url: str, topology: Topology, *brokers: RabbitBroker, declares: bool = False) -> None:
        self._url, self._topology, self._brokers, self._declares = url, topology, brokers, declares
        self._exchanges: list[AbstractRobustExchange] = []
        self._outdated: set[AbstractRobustChannel] = set()
        self._watches: dict[AbstractRobustChannel, partial[None]] = {}
        self._wanted = asyncio.Event()
        self._started = asyncio.Event()
        self._declared = False
        self._awaited = False
        self._logged_at = -REPEAT_SECONDS
        self.losses = 0
        """How often the broker had lost some of the topology, or the connection to it was lost."""

    def request(self) -> None:
        """Look now: something seems to be missing."""
        self._wanted.set()

    async def started(self) -> None:
        """Return once the topology was there and the brokers were started for the first time."""
        await self._started.wait()

    async def run(self) -> None:
        """Declare or wait, start the brokers, and look after both until cancelled."""
        while True:
            delay = RETRY_SECONDS
            try:
                async with connected(self._url) as connection:
                    await self._keep(connection)
            except BrokerUnavailable as error:
                self._log_away(error)
            except Exception:
                check_cancelled()
                log.exception("broker.recovery_failed")
                delay = MISTAKE_SECONDS
            finally:
                self.losses += self._started.is_set()
                self._declared = False
            await asyncio.sleep(delay)

    async def check_declared(self) -> None:
        """Raise unless all brokers are connected and the topology is there.

        Raises:
            NotDeclared: something is missing, or nothing is known since the connection was lost.
        """
        if not self._declared:
            raise NotDeclared
        for broker in self._brokers:
            if not await broker.ping(timeout=1.0):
                raise NotDeclared

    async def check_consuming(self) -> None:
        """Raise unless each subscription has its consumer.

        Raises:
            NotConsuming: one has none, as its queue was deleted or its channel closed.
        """
        for subscriber in self._subscribers():
            if not await is_consuming(subscriber):
                raise NotConsuming(subscriber.queue.name)

    async def _keep(self, connection: AbstractConnection) -> None:
        connection.close_callbacks.add(lambda *_: self.request())
        while connection.connected.is_set():
            self._wanted.clear()
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._look(connection)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS if self._declared else RETRY_SECONDS):
                    await self._wanted.wait()
        raise BrokerUnavailable("the connection was closed")

    async def _look(self, connection: AbstractConnection) -> None:
        absent = await missing(connection, self._topology)
        if absent:
            self._note_missing(absent)
            if not self._declares:
                return
            await declare_on(connection, self._topology)
        elif self._declares:
            await bind_on(connection, self._topology)
            await offer_on(connection, self._topology)
        await self._start_brokers()
        for channel in self._channels():
            await self._restore(channel)
        self._declared, self._awaited = True, False
        self._logged_at = -REPEAT_SECONDS
        self._started.set()

    def _note_missing(self, absent: list[str]) -> None:
        """Consumers of a queue that was gone need another channel, see `_restore`; one loss is one line."""
        self._outdated.update(queue.channel for queue in self._queues() if queue.name in absent)
        if self._declared:
            self.losses += 1
            log.warning("broker.topology_missing", names=absent)
        elif not self._declares and not self._awaited:
            log.info("broker.topology_awaited", names=absent)
        self._declared, self._awaited = False, True

    async def _restore(self, channel: AbstractRobustChannel) -> None:
        """Open a channel that is closed, and one whose consumer lost its queue anew.

        RabbitMQ's channel keeps what it knew of a deleted quorum queue and drops what a new queue of that name delivers
        to it, with the consumer seemingly in place (3.10): a consumer on that channel hears nothing any more.
        """
        if channel in self._outdated:
            self._outdated.discard(channel)
            if not channel.is_closed:
                await (await _underlay(channel)).close()  # the client library opens it again at once
        await channel.restore()  # does nothing where it is open
        watch = self._watches.setdefault(channel, partial(self._on_consumer_cancelled, channel))
        (await _underlay(channel)).on_consumer_cancel_callbacks.add(watch)

    def _on_consumer_cancelled(self, channel: AbstractRobustChannel, _: object) -> None:
        """The broker deleted a queue. It may be there again before anybody looks."""
        self.losses += 1
        self._outdated.add(channel)
        self.request()

    async def _start_brokers(self) -> None:
        """Start the brokers that do not run."""
        for broker in self._brokers:
            if not broker.running:
                with broker_errors():
                    await broker.start()
                    # Held, so that the channel that publishes is restored, too.
                    self._exchanges.append(await broker.declare_exchange(exchange(self._topology, Exchange.FACTS)))

    def _subscribers(self) -> Iterator[RabbitSubscriber]:
        for broker in self._brokers:
            for subscriber in broker.subscribers:
                assert isinstance(subscriber, RabbitSubscriber)
                yield subscriber

    def _channels(self) -> Iterator[AbstractRobustChannel]:
        """The channels that publish or consume."""
        held: list[Any] = [*self._exchanges, *self._queues()]
        yield from dict.fromkeys(each.channel for each in held)

    def _queues(self) -> Iterator[Any]:
        """The queues that are consumed."""
        yield from (queue for each in self._subscribers() if (queue := queue_of(each)))

    def _log_away(self, error: BrokerUnavailable) -> None:
        if time.monotonic() - self._logged_at >= REPEAT_SECONDS:
            self._logged_at = time.monotonic()
            log.warning("broker.unavailable", cause=str(error))


def queue_of(subscriber: RabbitSubscriber) -> AbstractRobustQueue | None:
    """The queue a subscriber consumes, None before it was started. FastStream (0.7.8) has no public name for it or for
    the consumer's tag; tests of ours hold both.
    """
    return subscriber._queue_obj


async def is_consuming(subscriber: RabbitSubscriber) -> bool:
    """Whether the broker delivers to a subscriber."""
    tag, queue = subscriber._consumer_tag, queue_of(subscriber)
    if tag is None or queue is None or queue.channel.is_closed:
        return False
    with suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            channel = await _underlay(queue.channel)
            return not channel.is_closed and tag in channel.consumers
    return False


async def _underlay(channel: AbstractChannel) -> aiormq.Channel:
    """The channel below one that is restored: it is another one after each reconnection."""
    return cast(aiormq.Channel, await channel.get_underlay_channel())
