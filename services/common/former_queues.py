"""Empties queues of earlier versions into the ones that replaced them, then removes them (`Queue.former_names`).

Nothing is lost while both versions run: a message leaves the former queue once the broker has confirmed it in the new
one, and a former queue is removed only after it had neither message nor consumer for `QUIET_SECONDS`. A stream is not
emptied, as whoever reads it leaves it as it is: its messages end with their age.

Queues of version 1 were bound to the facts. Requests are taken from there no more: gateways of either version share one
outbox. Outcomes are, as long as renderers and storage of version 1 may publish them there; what a gateway says there is
in its row already.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from aio_pika import Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity

from contracts.envelope import PREFIX, own_headers, source_of
from contracts.topology import ANY_KEY, Exchange, Queue, Role, Topology
from services.common.broker import PUBLISH_SECONDS, BrokerUnavailable
from services.common.declaration import connected

log = structlog.get_logger()

LOOK_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 60.0
"""Where there was none: the broker logs each look at a queue that it does not have as an error."""

QUIET_SECONDS = 3600.0
"""Longer than a rolling upgrade: the version before may put something into its queue as long as it runs."""


@dataclass
class FormerQueues:
    """The former queues of a topology, looked at again and again."""

    url: str
    topology: Topology
    clock: Callable[[], float] = time.monotonic
    _quiet_since: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Look every `LOOK_SECONDS`, or less often while there are none, until cancelled; return at once where no queue
        ever had another name.
        """
        while any(queue.former_names for queue in self.topology.queues):
            found = True
            try:
                found = await self.look()
            except BrokerUnavailable as error:
                log.warning("former_queues.broker_unavailable", cause=str(error))
            await asyncio.sleep(LOOK_SECONDS if found else LOOK_AGAIN_SECONDS)

    async def look(self) -> bool:
        """Move what waits in each former queue; remove those that were quiet for long. Whether there was any.

        Raises:
            BrokerUnavailable: the broker is away; what was not confirmed is still where it was.
        """
        async with connected(self.url) as connection:
            found = [
                await self._retire(connection, name, queue)
                for queue in self.topology.queues
                for name in queue.former_names
            ]
        return any(found)

    async def _retire(self, connection: AbstractConnection, name: str, successor: Queue) -> bool:
        try:
            async with connection.channel(on_return_raises=True) as channel:
                former = await channel.get_queue(name)
                moved = 0
                if successor.kind != "stream":
                    await self._unbind(former, successor)
                    moved = await self._empty(channel, former, successor)
                if moved:
                    log.info("former_queue.moved", queue=name, to=successor.name, messages=moved)
                await self._remove_if_quiet(channel, former, moved, streamed=successor.kind == "stream")
        except ChannelNotFoundEntity:
            self._quiet_since.pop(name, None)
            return False
        return True

    async def _unbind(self, former: AbstractQueue, successor: Queue) -> None:
        """What is published from now on reaches the successor alone. Harmless where there is no binding."""
        exchanges = [successor.exchange]
        if successor.name == self.topology.requests.name:
            exchanges.append(self.topology.exchange(Exchange.FACTS))
        for exchange in exchanges:
            for key in successor.routing_keys:
                await former.unbind(exchange, routing_key=key)

    async def _empty(self, channel: AbstractChannel, former: AbstractQueue, successor: Queue) -> int:
        """How many messages were moved: each is published and confirmed before it is acknowledged."""
        moved = 0
        exchange = await channel.get_exchange(successor.exchange, ensure=False)
        while (message := await former.get(fail=False)) is not None:
            if not self._is_applied(message, successor):
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await exchange.publish(_copy(message), routing_key=_key(message, successor))
                moved += 1
            await message.ack()
        return moved

    def _is_applied(self, message: AbstractIncomingMessage, successor: Queue) -> bool:
        """Whether it is an end that a gateway told everybody of: its row says so already."""
        own = message.headers.get(f"{PREFIX}source") == source_of(Role.GATEWAY)
        return own and successor.name == self.topology.outcomes.name

    async def _remove_if_quiet(
        self, channel: AbstractChannel, former: AbstractQueue, moved: int, *, streamed: bool
    ) -> None:
        """The broker knows no conditional removal of a quorum queue (rabbitmq-server issue 10543)."""
        state = (await channel.get_queue(former.name)).declaration_result
        if state.consumer_count or moved:
            self._quiet_since.pop(former.name, None)
        elif self.clock() - self._quiet_since.setdefault(former.name, self.clock()) < QUIET_SECONDS:
            return
        elif streamed or not state.message_count:
            await channel.queue_delete(former.name)
            log.info("former_queue.removed", queue=former.name)


def _key(message: AbstractIncomingMessage, successor: Queue) -> str:
    """A routing key that leads to the successor: the event's type, where that one does."""
    if message.type and (message.type in successor.routing_keys or ANY_KEY in successor.routing_keys):
        return message.type
    return successor.routing_keys[0]


def _copy(message: AbstractIncomingMessage) -> Message:
    return Message(
        message.body,
        headers=own_headers(message.headers),
        content_type=message.content_type,
        delivery_mode=message.delivery_mode,
        correlation_id=message.correlation_id,
        message_id=message.message_id,
        timestamp=message.timestamp,
        type=message.type,
        app_id=message.app_id,
    )
