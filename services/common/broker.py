"""Connects to RabbitMQ, subscribes to queues, and publishes events in their CloudEvents envelope.

An event counts as published only when the broker has confirmed it. Publishing never waits for a broker that is away:
it fails with `BrokerUnavailable` within its timeout, and the caller decides.

The broker confirms only what every queue took. On our own exchanges these are our own queues. To the facts any service
may bind one, which may be full or dead: that is logged and counted, and holds nothing up.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import cycle
from typing import Any, ClassVar
from uuid import UUID, uuid4

import aiormq
import structlog
from aio_pika import RobustConnection
from aio_pika.abc import TimeoutType, UnderlayConnection
from faststream import AckPolicy
from faststream.exceptions import IncorrectState
from faststream.rabbit import (
    Channel,
    ExchangeType,
    RabbitBroker,
    RabbitExchange,
    RabbitMessage,
    RabbitQueue,
)
from opentelemetry import propagate
from yarl import URL

from contracts.envelope import CONTENT_TYPE, PRODUCT, Envelope, source_of, subject
from contracts.events import AnyEvent
from contracts.topology import Exchange, Queue, Role, Topology, destinations
from services.common import amqp_properties
from services.common.admission import Admission, Handler
from services.common.broker_addresses import addresses
from services.common.cancellation import check_cancelled
from services.common.signing import Signer

log = structlog.get_logger()

CONNECT_SECONDS = 10.0
PUBLISH_SECONDS = 5.0
STOP_SECONDS = 6.0
CLOSE_SECONDS = 1.0
DOUBT_SECONDS = 60.0
"""After a confirm that did not come though the broker is there, how long only `DOUBTFUL_SECONDS` are waited."""

DOUBTFUL_SECONDS = 1.0


_AWAY = (OSError, TimeoutError, RuntimeError, IncorrectState, aiormq.exceptions.AMQPError)


class BrokerUnavailable(Exception):
    """The broker did not confirm in time; the message may or may not have arrived. Publish again under the same id."""


class Unroutable(Exception):
    """The broker is there but no queue takes this message."""


class _Refused(Exception):
    """Some queue did not take the message: it said so, or said nothing in time."""

    def __init__(self, in_silence: bool) -> None:
        super().__init__("no confirm in time" if in_silence else "refused by a queue")
        self.in_silence = in_silence


@contextmanager
def broker_errors() -> Iterator[None]:
    """Turn every error of a broker that is away or refuses into `BrokerUnavailable`.

    A lost connection ends what waits for an answer in a bare CancelledError that nobody asked for (aiormq); a task that
    is cancelled while its connection is lost may get the connection's error instead.
    """
    try:
        yield
    except asyncio.CancelledError:
        check_cancelled()
        raise BrokerUnavailable("the connection was lost while waiting for the answer") from None
    except _AWAY as error:
        check_cancelled()
        raise BrokerUnavailable(str(error) or type(error).__name__) from error


class _Connection(RobustConnection):
    """A connection to one of a broker's nodes, each attempt to the next one; given up when whoever waits for the first
    one is cancelled.

    The library's own task would go on connecting for ever, and takes its cancellation for a failed attempt, so that
    not even the end of the event loop ends it (aio-pika 10.2). Only `close` does. It knows one address, and forgets
    its transport before each attempt. And where the link is lost while that task restores the channels, it waits for a
    link that nobody but itself would make.
    """

    nodes: ClassVar[tuple[str, ...]] = ()
    _turns: Iterator[URL]

    @property
    def transport(self) -> UnderlayConnection | None:
        """The link to a node, None while there is none."""
        return self._transport

    @transport.setter
    def transport(self, transport: UnderlayConnection | None) -> None:
        self._transport = transport
        if transport is None and len(self.nodes) > 1:
            if not hasattr(self, "_turns"):
                self._turns = cycle(URL(node) for node in random.sample(self.nodes, len(self.nodes)))
            self.url = next(self._turns)

    async def connect(self, timeout: TimeoutType = None) -> None:  # noqa: ASYNC109 - the library's own signature
        try:
            await super().connect(timeout)
        except BaseException:
            await self.close()
            raise

    async def _on_connected(self) -> None:
        transport = self.transport
        assert transport is not None
        restoring = asyncio.ensure_future(super()._on_connected())
        try:
            await asyncio.wait({restoring, transport.connection.closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not restoring.done():
                restoring.cancel()
                await asyncio.wait({restoring})
        if restoring.cancelled():
            raise ConnectionError("lost while its channels were restored")
        await restoring


def make_broker(url: str, *, graceful_timeout: float = 15.0) -> RabbitBroker:
    """A broker that returns unroutable messages as errors and keeps trying to connect, to each of its nodes in turn;
    nothing connects before `start()`.
    """
    amqp_properties.tolerate()
    nodes = addresses(url)
    broker = RabbitBroker(
        nodes[0],
        fail_fast=False,
        reconnect_interval=1.0,
        timeout=CONNECT_SECONDS,
        graceful_timeout=graceful_timeout,
        default_channel=Channel(on_return_raises=True),
        app_id=PRODUCT,
        logger=None,
    )
    # FastStream (0.7.8) has no public name for either this or the connection; tests of ours hold both.
    broker._connection_kwargs["connection_class"] = type("_Connection", (_Connection,), {"nodes": nodes})
    return broker


async def stop(*brokers: RabbitBroker) -> None:
    """Stop brokers and close their connections, within `STOP_SECONDS` also where RabbitMQ is away.

    FastStream cancels the consumers first, which waits for a lost connection to come back. What was delivered and not
    acknowledged is delivered again once the connection is closed.
    """
    await asyncio.gather(*map(_stop, brokers))


async def _stop(broker: RabbitBroker) -> None:
    connection = broker._connection
    try:
        async with asyncio.timeout(STOP_SECONDS - CLOSE_SECONDS):
            await broker.stop()
    except Exception as error:
        log.warning("broker.stopped_unanswered", cause=str(error) or type(error).__name__)
    finally:
        if connection is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await connection.close()


def subscribe(
    broker: RabbitBroker,
    queue: Queue,
    handler: Handler,
    *,
    admission: Admission,
    prefetch: int,
    stream_offset: str | None = None,
) -> None:
    """Have `handler` called with each admitted message of a queue, its body as it came; the handler acknowledges it.

    The queue is only looked for: who declares it is `services.common.topology_recovery`'s business.

    Args:
        admission: says which messages the handler sees; the others are acknowledged for it.
        prefetch: how many messages are delivered and not yet acknowledged at most.
        stream_offset: where in a stream to begin: `first` or `next`.
    """
    broker.subscriber(
        RabbitQueue(queue.name, declare=False),
        channel=Channel(prefetch_count=prefetch),
        consume_args={"x-stream-offset": stream_offset} if stream_offset else None,
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
        decoder=_undecoded,
    )(admission.guard(queue, handler))


async def _undecoded(message: RabbitMessage) -> bytes:
    """The body itself: one that is no JSON must reach the handler too."""
    return message.body


def exchange(topology: Topology, which: Exchange) -> RabbitExchange:
    """An exchange as FastStream names it, to be looked for and not declared."""
    return RabbitExchange(topology.exchange(which), type=ExchangeType.TOPIC, durable=True, declare=False)


class Publisher:
    """Publishes events in their CloudEvents envelope, in one role, each with its signature.

    `on_missing` is called when the broker has no exchange or no queue for a message, `on_stuck` with the type of a fact
    that some subscriber's queue did not take.
    """

    def __init__(
        self,
        broker: RabbitBroker,
        topology: Topology,
        role: Role,
        signer: Signer,
        on_missing: Callable[[], None] = lambda: None,
        on_stuck: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._on_missing, self._on_stuck = on_missing, on_stuck
        self._broker = broker
        self._topology = topology
        self._role = role
        self._signer = signer
        self._source = source_of(role)
        self._doubt_until = 0.0

    def wrap(self, event: AnyEvent, *, id: UUID | None = None) -> Envelope:
        """An envelope for an event; a given `id` makes a repeated publish recognisable."""
        return Envelope(id=id or uuid4(), source=self._source, time=datetime.now(UTC), event=event)

    async def publish(self, event: AnyEvent, *, id: UUID | None = None) -> None:
        """Publish to every exchange that the role's events of this type go to, durable, and wait for each confirm.

        Raises:
            BrokerUnavailable, Unroutable: as `send`.
        """
        envelope = self.wrap(event, id=id)
        for where in self._destinations(event.type):
            await self.send(
                envelope.headers(), event.to_json(), type=event.type, message_id=str(envelope.id), exchange=where
            )

    async def send(
        self,
        headers: Mapping[str, str],
        body: bytes,
        *,
        type: str,
        message_id: str,
        exchange: Exchange,
        routing_key: str | None = None,
    ) -> None:
        """Sign a ready-made message, publish it, durable, and wait for the confirm. Its routing key is its type, unless
        another is given.

        Raises:
            BrokerUnavailable: no confirm within `PUBLISH_SECONDS`.
            Unroutable: no queue of ours took it. A fact that nobody has subscribed to is published all the same.
        """
        signed = self._signer.signed(headers, body)
        await self._send(signed, body, type, message_id, exchange, routing_key or type)

    async def send_again(
        self, headers: Mapping[str, str], body: bytes, *, type: str, message_id: str, routing_key: str
    ) -> None:
        """Publish somebody's message for the next attempt, which its headers name, with a second signature, under the
        routing key that it came with.

        Raises:
            BrokerUnavailable, Unroutable: as `send`.
        """
        signed = self._signer.signed_again(headers, body)
        await self._send(signed, body, type, message_id, Exchange.RETRIES, routing_key)

    async def _send(
        self,
        headers: Mapping[str, str],
        body: bytes,
        type: str,
        message_id: str,
        exchange: Exchange,
        routing_key: str,
    ) -> None:
        traced: dict[str, Any] = dict(headers)
        export_id = subject(headers)
        if "traceparent" not in traced:
            propagate.inject(traced)
        message: dict[str, Any] = {
            "headers": traced,
            "message_id": message_id,
            "correlation_id": str(export_id) if export_id else None,
            "content_type": CONTENT_TYPE,
            "message_type": type,
            "timestamp": datetime.now(UTC),
            "persist": True,
            "routing_key": routing_key,
        }
        if exchange is Exchange.FACTS:
            await self._tell(body, message)
        else:
            try:
                await self._confirmed(body, message, exchange, PUBLISH_SECONDS)
            except _Refused as error:
                raise (BrokerUnavailable if error.in_silence else Unroutable)(str(error)) from error

    def _destinations(self, type: str) -> tuple[Exchange, ...]:
        found = destinations(self._role, type)
        if not found:
            raise ValueError(f"{self._role} publishes no {type}")
        return found

    async def _tell(self, body: bytes, message: Mapping[str, Any]) -> None:
        """Publish a fact; a subscriber that does not take it misses it."""
        loop = asyncio.get_running_loop()
        seconds = PUBLISH_SECONDS if loop.time() > self._doubt_until else DOUBTFUL_SECONDS
        try:
            await self._confirmed(body, message, Exchange.FACTS, seconds, mandatory=False)
        except _Refused as refusal:
            if refusal.in_silence:
                await self._check_broker()
                self._doubt_until = loop.time() + DOUBT_SECONDS
            log.warning("broker.subscriber_stuck", type=message["message_type"], cause=str(refusal))
            self._on_stuck(message["message_type"])

    async def _check_broker(self) -> None:
        """Return when the broker answers on the channel that publishes: what was sent before has reached it.

        Raises:
            BrokerUnavailable: it does not.
        """
        with broker_errors():
            async with asyncio.timeout(DOUBTFUL_SECONDS):
                facts = await self._broker.declare_exchange(exchange(self._topology, Exchange.FACTS))
                await facts.declare()  # passively: no more than a question

    async def _confirmed(
        self, body: bytes, message: Mapping[str, Any], where: Exchange, seconds: float, *, mandatory: bool = True
    ) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._broker.publish(
                    body, **message, exchange=exchange(self._topology, where), mandatory=mandatory
                )
        except asyncio.CancelledError:
            # A black-holed link ends a publish in a bare CancelledError that nobody asked for.
            check_cancelled()
            raise BrokerUnavailable("the connection was lost while waiting for the confirm") from None
        except aiormq.exceptions.PublishError as error:
            self._on_missing()
            raise Unroutable(str(error)) from error
        except aiormq.exceptions.ChannelNotFoundEntity as error:
            self._on_missing()
            raise BrokerUnavailable(str(error)) from error
        except aiormq.exceptions.DeliveryError as error:
            raise _Refused(in_silence=False) from error
        except TimeoutError as error:
            raise _Refused(in_silence=True) from error
        except _AWAY as error:
            check_cancelled()
            raise BrokerUnavailable(str(error) or type(error).__name__) from error

    async def publish_unconfirmed(self, event: AnyEvent) -> None:
        """Publish an event that may be lost: not durable, no confirm awaited beyond the socket, never an error."""
        envelope, body = self.wrap(event), event.to_json()
        (where,) = self._destinations(event.type)
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._broker.publish(
                    body,
                    exchange=exchange(self._topology, where),
                    routing_key=event.type,
                    headers=dict[str, Any](self._signer.signed(envelope.headers(), body)),
                    message_id=str(envelope.id),
                    correlation_id=str(event.export_id),
                    content_type=CONTENT_TYPE,
                    mandatory=False,
                )
        except asyncio.CancelledError:
            check_cancelled()
        except _AWAY as error:
            check_cancelled()
            log.debug("broker.unconfirmed_lost", cause=str(error))
