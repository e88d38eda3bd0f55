"""Hears the facts: each is put into the deliveries of its institution's endpoints, and a completion into the mails,
then acknowledged.

While PostgreSQL is away a message waits, then is requeued. One that can't be read is acknowledged and counted: a newer
version's event is nothing that this one could deliver.
"""

import asyncio
import json
from functools import partial

import structlog
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue
from faststream.rabbit.subscriber import RabbitSubscriber

from contracts.envelope import CONTENT_TYPE, Envelope, UnreadableMessage, parse
from contracts.events import ExportEvent, ExportProgress
from contracts.http import CloudEvent
from contracts.topology import ROUTES, UNLIMITED, Exchange
from services.common.broker import BrokerUnavailable, broker_errors, make_broker, stop
from services.common.database import DatabaseUnavailable
from services.common.retrying import retry
from services.common.topology_recovery import is_consuming
from services.webhooks.mailing import Mailer
from services.webhooks.metrics import Metrics
from services.webhooks.store import Store

log = structlog.get_logger()

PREFETCH = 50
DATABASE_WAIT_SECONDS = 300.0
START_SECONDS = 20.0
LOOK_SECONDS = 5.0
RETRY_SECONDS = 2.0
LONGEST_BODY = 20_000
"""Bytes of a delivery's body: what Standard Webhooks asks for."""

TYPES = frozenset(route.type for route in ROUTES if route.exchange is Exchange.FACTS) - {ExportProgress.type}


class Consumer:
    """The one queue and its handler."""

    def __init__(
        self, store: Store, mailer: Mailer | None, metrics: Metrics, amqp_url: str, exchange: str, queue: str
    ) -> None:
        self._store, self._mailer, self._metrics = store, mailer, metrics
        self._url, self._exchange = amqp_url, exchange
        # However often the database was away: RabbitMQ 4 drops what was delivered 20 times.
        self._queue = RabbitQueue(
            queue, durable=True, queue_type=QueueType.QUORUM, arguments={"x-delivery-limit": UNLIMITED}
        )
        self._consuming = False

    async def run(self) -> None:
        """Declare the queue, bind it to the facts and hear it, anew whenever it is lost; until cancelled."""
        while True:
            broker = make_broker(self._url)
            subscriber = broker.subscriber(
                self._queue,
                channel=Channel(prefetch_count=PREFETCH),
                ack_policy=AckPolicy.MANUAL,
                no_reply=True,
                decoder=_undecoded,
            )
            subscriber(self.on_event)
            try:
                await self._hear(broker, subscriber)
            except BrokerUnavailable as error:
                log.warning("broker.unavailable", cause=str(error))
            finally:
                self._consuming = False
                await stop(broker)
            await asyncio.sleep(RETRY_SECONDS)

    async def check_consuming(self) -> None:
        """Raise unless events are heard.

        Raises:
            ConnectionError: they are not.
        """
        if not self._consuming:
            raise ConnectionError

    async def _hear(self, broker: RabbitBroker, subscriber: RabbitSubscriber) -> None:
        with broker_errors():
            async with asyncio.timeout(START_SECONDS):
                await broker.start()
                queue = await broker.declare_queue(self._queue)
                for kind in sorted(TYPES):
                    await queue.bind(self._exchange, routing_key=kind)
        while await is_consuming(subscriber):
            self._consuming = True
            await asyncio.sleep(LOOK_SECONDS)
        raise BrokerUnavailable("the queue is not consumed any more")

    async def on_event(self, message: RabbitMessage) -> None:
        """Keep what an event has to be told to; acknowledge it once that is written."""
        try:
            async with asyncio.timeout(DATABASE_WAIT_SECONDS):
                keep = partial(self._keep, message)
                await retry(keep, DatabaseUnavailable, "event.waits_for_database", delay=0.2, longest_delay=2.0)
        except TimeoutError:
            await message.nack(requeue=True)
        except Exception:
            log.exception("event.not_kept", message_id=message.message_id)
            await asyncio.sleep(1.0)
            await message.nack(requeue=not message.raw_message.redelivered)
        else:
            await message.ack()

    async def _keep(self, message: RabbitMessage) -> None:
        try:
            envelope = parse(message.headers, message.body)
        except UnreadableMessage as error:
            self._metrics.events.labels("false").inc()
            log.warning("event.unreadable", message_id=message.message_id, cause=str(error))
            return
        event = envelope.event
        if isinstance(event, ExportEvent) and event.type in TYPES:
            await self._store.enqueue(event.institution_id, envelope.id, event.type, body_of(envelope, message.body))
            if self._mailer is not None:
                await self._mailer.hear(event, envelope.id, event.to_json().decode())
            self._metrics.events.labels("true").inc()


def body_of(envelope: Envelope, data: bytes) -> str:
    """An event as it is delivered: in CloudEvents' JSON format, at most `LONGEST_BODY` bytes long.

    Of one that is longer the warnings are left out, then the classes: `GET /api/events` has all.
    """
    told = json.loads(data)
    for left_out in ((), ("warnings",), ("warnings", "classIds")):
        fields = {name: value for name, value in told.items() if name not in left_out}
        event = CloudEvent(**envelope.attributes(), datacontenttype=CONTENT_TYPE, data=fields)
        body = event.model_dump_json()
        if len(body.encode()) <= LONGEST_BODY:
            break
    return body


async def _undecoded(message: RabbitMessage) -> bytes:
    """The body itself: one that is no JSON must reach the handler too."""
    return message.body
