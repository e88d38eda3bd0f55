"""A subscriber of all facts with a queue of its own, as any other service has; notes every event but progress."""

import asyncio
import hashlib
import random

import aio_pika
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from contracts.envelope import parse
from contracts.events import ExportCompleted, ExportProgress
from contracts.topology import Exchange, Topology
from dev.chaos.history import History
from services.common.broker_addresses import addresses

QUEUE = "chaos.observer"
HEARD = "export.#"
BEAT_SECONDS = 5


class Observer:
    """A subscriber of facts."""

    def __init__(self, url: str, history: History) -> None:
        self._nodes, self._history = addresses(url), history

    async def subscribe(self) -> None:
        """Declare the queue: from here on no event can be missed."""
        async with await aio_pika.connect(self._nodes[0]) as connection:
            await self._queue(connection)

    async def run(self) -> None:
        """Listen until cancelled, over any restart of the broker."""
        while True:
            try:
                await self._listen()
            except (OSError, TimeoutError, aio_pika.exceptions.AMQPError, RuntimeError):
                await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        async with await aio_pika.connect(random.choice(self._nodes), timeout=BEAT_SECONDS) as connection:
            queue = await self._queue(connection)
            async with queue.iterator() as messages:
                async for message in messages:
                    self._heard(message)
                    await message.ack()

    async def _queue(self, connection: aio_pika.abc.AbstractConnection) -> AbstractQueue:
        channel = await connection.channel()
        events = await channel.declare_exchange(
            Topology().exchange(Exchange.FACTS), aio_pika.ExchangeType.TOPIC, durable=True
        )
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(events, routing_key=HEARD)
        return queue

    def _heard(self, message: AbstractIncomingMessage) -> None:
        envelope = parse(message.headers, message.body)
        event = envelope.event
        if isinstance(event, ExportProgress):
            return
        self._history.note(
            "event",
            type=event.type,
            id=str(envelope.id),
            export=str(event.export_id),
            sequence=str(message.headers["cloudEvents:sequence"]),
            sha256=event.file.sha256 if isinstance(event, ExportCompleted) else None,
            body=hashlib.sha256(message.body).hexdigest()[:16],
        )
