"""A renderer's own connection for messages about shards: the queue of its fingerprint, and the stream of hints.

It stands apart from the connections that exports need: where the account may not use it, or the broker lacks the
exchange, only the fleet is off. Nothing is confirmed: a message that is lost costs time, never a page.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, HeadersType
from aiormq.exceptions import AMQPError

from contracts.envelope import CONTENT_TYPE, UnreadableMessage, source_of
from contracts.shard_envelope import fleet_headers, parse_fleet_message
from contracts.shards import AnyFleetMessage, ShardOffered
from contracts.topology import DEAD_SHARD_KEY, Exchange, Role, Topology, offer_key
from services.common.broker import BrokerUnavailable
from services.common.cancellation import check_cancelled
from services.common.declaration import connected, declare_queue_on
from services.common.signing import Refused, Signer, Verifier

log = structlog.get_logger()

HINTS_AT_ONCE = 100
SENDING_AT_MOST = 1_000
"""Messages that wait for the connection; what is beyond them is dropped."""

FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0
TAKE_SECONDS = 5.0
FLUSH_SECONDS = 2.0

Heard = Callable[[AnyFleetMessage, str | None], None]
"""Called with each message of the stream; with the broker's reason where it is a shard that the broker gave up."""


class Link:
    """The connection, made again whenever it is lost."""

    def __init__(
        self,
        url: str,
        topology: Topology,
        fingerprint: str,
        sender: UUID,
        signer: Signer,
        verifier: Verifier,
        heard: Heard,
    ) -> None:
        self._url, self._topology, self._fingerprint = url, topology, fingerprint
        self.sender = sender
        self._signer, self._verifier = signer, verifier
        self._heard = heard
        self._sending: asyncio.Queue[AnyFleetMessage] = asyncio.Queue(SENDING_AT_MOST)
        self._taking: AbstractChannel | None = None
        self._queue: Any = None

    @property
    def is_up(self) -> bool:
        """Whether there is a connection."""
        return self._queue is not None

    def send(self, message: AnyFleetMessage) -> None:
        """Send a message soon, or drop it where there is no connection."""
        if self.is_up:
            with suppress(asyncio.QueueFull):
                self._sending.put_nowait(message)

    async def flush(self) -> None:
        """Wait a moment for what was sent."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await self._sending.join()

    async def take(self) -> AbstractIncomingMessage | None:
        """A shard that waits for a renderer like this one, to be acknowledged; None where none does."""
        queue = self._queue
        if queue is None:
            return None
        try:
            message: AbstractIncomingMessage | None = await queue.get(no_ack=False, fail=False, timeout=TAKE_SECONDS)
        except (AMQPError, OSError, RuntimeError, TimeoutError, asyncio.CancelledError):
            check_cancelled()
            return None
        return message

    def read(self, message: AbstractIncomingMessage) -> AnyFleetMessage | None:
        """What a delivery says; None where it must not be believed, or can't be read."""
        try:
            self._verifier.check(message.headers, message.body, Exchange.SHARDS)
            return parse_fleet_message(message.headers, message.body)
        except Refused as refusal:
            log.warning("signature.refused", queue=self._topology.fleet.name, reason=refusal.reason.value)
        except UnreadableMessage as error:
            log.info("fleet.unreadable", cause=str(error))
        return None

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        delay = FIRST_DELAY
        while True:
            begun = time.monotonic()
            try:
                async with connected(self._url) as connection:
                    await self._serve(connection)
            except BrokerUnavailable as error:
                log.warning("fleet.no_link", cause=str(error), seconds=delay)
            except Exception:
                check_cancelled()
                log.exception("fleet.link_failed")
            finally:
                self._queue = None
            delay = FIRST_DELAY if time.monotonic() - begun > LONGEST_DELAY else min(2 * delay, LONGEST_DELAY)
            await asyncio.sleep(delay)

    async def _serve(self, connection: AbstractConnection) -> None:
        shards = self._topology.shards(self._fingerprint)
        await declare_queue_on(connection, shards)
        hearing = await connection.channel(publisher_confirms=False)
        await hearing.set_qos(HINTS_AT_ONCE)
        stream = await hearing.get_queue(self._topology.fleet.name)
        await stream.consume(self._on_hint, arguments={"x-stream-offset": "next"})
        taking = await connection.channel(publisher_confirms=False)
        publishing = await connection.channel(publisher_confirms=False)
        closed = asyncio.Event()
        for each in (connection, hearing, taking, publishing):
            each.close_callbacks.add(lambda *_: closed.set())
        self._queue = await taking.get_queue(shards.name)
        log.info("fleet.linked", fingerprint=self._fingerprint[:16])
        sending = asyncio.create_task(self._send_all(publishing))
        closing = asyncio.create_task(closed.wait())
        try:
            await asyncio.wait({sending, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._queue = None
            for task in (sending, closing):
                task.cancel()
            await asyncio.gather(sending, closing, return_exceptions=True)
        raise BrokerUnavailable("the connection was closed")

    async def _send_all(self, channel: AbstractChannel) -> None:
        exchange = await channel.get_exchange(self._topology.exchange(Exchange.SHARDS), ensure=False)
        while True:
            message = await self._sending.get()
            try:
                body = message.to_json()
                headers: HeadersType = dict(self._signer.signed(fleet_headers(message, source_of(Role.RENDERER)), body))
                key = offer_key(self._fingerprint) if isinstance(message, ShardOffered) else message.type
                sent = aio_pika.Message(body, headers=headers, content_type=CONTENT_TYPE, type=message.type)
                await exchange.publish(sent, routing_key=key, mandatory=False)
            finally:
                self._sending.task_done()

    async def _on_hint(self, delivery: AbstractIncomingMessage) -> None:
        message = self.read(delivery)
        if message is not None:
            dead = delivery.routing_key == DEAD_SHARD_KEY
            self._heard(message, str(delivery.headers.get("x-first-death-reason")) if dead else None)
        await delivery.ack()
