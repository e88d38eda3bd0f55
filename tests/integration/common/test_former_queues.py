"""On the real broker: what waits in a queue of an earlier version is delivered by the new one."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq.abc import FieldTable

from contracts.envelope import Envelope, parse
from contracts.events import AnyEvent
from contracts.topology import VERSIONS, Exchange, Role, Topology
from services.common.broker import Publisher, make_broker
from services.common.declaration import declare
from services.common.former_queues import QUIET_SECONDS, FormerQueues
from services.common.signing import Signer
from tests import queues
from tests.builders import AS_OF, an_export_completed, an_export_requested
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@dataclass
class FakeClock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def now(topology: Topology) -> Topology:
    """Declared at the broker."""
    return topology


@pytest.fixture
def next_version(amqp_url: str, namespace: str) -> Iterator[Topology]:
    """Requests and retries have new arguments, and so new names."""
    topology = Topology(namespace, {**VERSIONS, "renderer.requests": 3, "renderer.requests.retry": 3})
    yield topology
    queues.delete(amqp_url, topology)


async def _held(amqp_url: str, name: str) -> int | None:
    """How many messages are ready in a queue; None where there is no such queue."""
    try:
        async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
            return (await channel.get_queue(name)).declaration_result.message_count
    except ChannelNotFoundEntity:
        return None


async def _taken(queue: AbstractQueue) -> AbstractIncomingMessage:
    async def message() -> AbstractIncomingMessage | None:
        return await queue.get(fail=False, no_ack=True)

    found = await wait_until(message, 10)
    assert found is not None
    return found


async def test_a_retry_that_waits_in_a_former_queue_is_delivered_again(
    amqp_url: str, namespace: str, channel: AbstractChannel, next_version: Topology
) -> None:
    arguments: FieldTable = {**next_version.retry.arguments, "x-queue-type": "quorum", "x-message-ttl": 3_600_000}
    former = await channel.declare_queue(next_version.retry.former_names[0], durable=True, arguments=arguments)
    await declare(amqp_url, next_version)
    headers: FieldTable = {"cloudEvents:subject": "e1", "x-attempt": "2"}
    message = aio_pika.Message(b"{}", headers=headers, message_id="m1", delivery_mode=2, type="export.requested.v1")
    await channel.default_exchange.publish(message, routing_key=former.name)

    await FormerQueues(amqp_url, next_version).look()
    delivered = await _taken(await channel.get_queue(next_version.requests.name))

    assert (delivered.body, delivered.message_id, delivered.type) == (b"{}", "m1", "export.requested.v1")
    assert {name: delivered.headers[name] for name in headers} == headers
    await former.delete(if_unused=False, if_empty=False)


async def test_a_new_request_goes_to_the_new_queue_alone(
    amqp_url: str, channel: AbstractChannel, now: Topology, next_version: Topology
) -> None:
    await declare(amqp_url, next_version)
    await FormerQueues(amqp_url, next_version).look()
    exchange = await channel.get_exchange(next_version.exchange(Exchange.REQUESTS))
    await exchange.publish(aio_pika.Message(b"{}"), routing_key="export.requested.v1")
    assert await _held(amqp_url, next_version.requests.name) == 1
    assert await _held(amqp_url, now.requests.name) == 0


async def test_a_former_queue_is_removed_once_it_was_quiet_for_long(
    amqp_url: str, channel: AbstractChannel, now: Topology, next_version: Topology
) -> None:
    await declare(amqp_url, next_version)
    clock = FakeClock()
    former = FormerQueues(amqp_url, next_version, clock)
    await former.look()
    clock.now += QUIET_SECONDS - 1
    await former.look()
    assert await _held(amqp_url, now.retry.name) == 0
    clock.now += 1
    await former.look()
    assert await _held(amqp_url, now.retry.name) is None
    await former.look()


async def test_a_former_queue_that_somebody_reads_stays(
    amqp_url: str, channel: AbstractChannel, now: Topology, next_version: Topology
) -> None:
    await declare(amqp_url, next_version)
    queue = await channel.get_queue(now.requests.name)
    tag = await queue.consume(_ignore)
    clock = FakeClock()
    former = FormerQueues(amqp_url, next_version, clock)
    await former.look()
    clock.now += 2 * QUIET_SECONDS
    await former.look()
    assert await _held(amqp_url, now.requests.name) == 0
    await queue.cancel(tag)


async def _ignore(_: AbstractIncomingMessage) -> None:
    pass


async def test_without_former_names_there_is_nothing_to_look_at() -> None:
    await FormerQueues("amqp://127.0.0.1:1/", Topology(versions=dict.fromkeys(VERSIONS, 1))).run()


class Version1:
    """Exchange and queues as the services of version 1 declared them, and their ways to publish."""

    QUEUES: Mapping[str, tuple[str, tuple[str, ...]]] = {
        "renderer.requests": ("renderer.requests.dead", ("export.requested.v1",)),
        "renderer.requests.retry": ("renderer.requests", ()),
        "renderer.requests.dead": ("", ()),
        "gateway.outcomes": ("", ("export.completed.v1", "export.failed.v1", "export.expired.v1")),
    }

    def __init__(self, channel: AbstractChannel, namespace: str) -> None:
        self._channel, self._namespace = channel, namespace

    def name(self, queue: str) -> str:
        return f"{self._namespace}.{queue}"

    async def declare(self) -> None:
        kind = aio_pika.ExchangeType.TOPIC
        exchange = await self._channel.declare_exchange(self.name("correcta.exports"), kind, durable=True)
        for name, (dead_letters, keys) in self.QUEUES.items():
            arguments: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": 6}
            if dead_letters:
                arguments |= {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.name(dead_letters)}
            queue = await self._channel.declare_queue(self.name(name), durable=True, arguments=arguments)
            for key in keys:
                await queue.bind(exchange, key)

    async def publish(self, event: AnyEvent, role: Role) -> None:
        """To the one exchange there was."""
        exchange = await self._channel.get_exchange(self.name("correcta.exports"))
        await exchange.publish(self.message(event, role), routing_key=event.type)

    async def put(self, queue: str, event: AnyEvent) -> None:
        """Straight into a queue."""
        await self._channel.default_exchange.publish(self.message(event, Role.RENDERER), routing_key=self.name(queue))

    def message(self, event: AnyEvent, role: Role) -> aio_pika.Message:
        headers = Envelope(event.export_id, f"correcta-exports/{role}", AS_OF, event).headers()
        added = ("sequence", "partitionkey", "dataschema")
        old: FieldTable = {name: text for name, text in headers.items() if name.rpartition(":")[2] not in added}
        return aio_pika.Message(event.to_json(), headers=old, message_id=str(event.export_id), type=event.type)

    async def remove(self) -> None:
        for name in self.QUEUES:
            await self._channel.queue_delete(self.name(name))


@pytest_asyncio.fixture
async def version_1(channel: AbstractChannel, namespace: str) -> AsyncIterator[Version1]:
    found = Version1(channel, namespace)
    await found.declare()
    yield found
    await found.remove()


async def test_what_version_1_publishes_during_an_upgrade_reaches_this_version(
    amqp_url: str, channel: AbstractChannel, version_1: Version1, topology: Topology
) -> None:
    asked, again, dead = (an_export_requested() for _ in range(3))
    done = an_export_completed()
    await version_1.publish(asked, Role.GATEWAY)
    await version_1.publish(done, Role.RENDERER)
    await version_1.put("renderer.requests.retry", again)
    await version_1.put("renderer.requests.dead", dead)
    former = FormerQueues(amqp_url, topology)
    await former.look()
    requests = await channel.get_queue(topology.requests.name)
    for event, queue in ((done, topology.outcomes), (dead, topology.dead)):
        message = await _taken(await channel.get_queue(queue.name))
        assert parse(message.headers, message.body).event == event
    found = [await _taken(requests), await _taken(requests)]
    assert [parse(each.headers, each.body).event for each in found] == [asked, again]
    later = an_export_completed()
    await version_1.publish(later, Role.RENDERER)
    await former.look()
    message = await _taken(await channel.get_queue(topology.outcomes.name))
    assert parse(message.headers, message.body).event == later


async def test_facts_of_this_version_do_not_come_back_through_the_queues_of_version_1(
    amqp_url: str, version_1: Version1, topology: Topology
) -> None:
    former = FormerQueues(amqp_url, topology)
    await former.look()
    broker = make_broker(amqp_url)
    await broker.start()
    publisher = Publisher(broker, topology, Role.GATEWAY, Signer())
    await publisher.publish(an_export_requested())
    await publisher.publish(an_export_completed())
    await former.look()
    assert await _held(amqp_url, version_1.name("renderer.requests")) == 0
    assert await _held(amqp_url, version_1.name("gateway.outcomes")) == 0
    assert await _held(amqp_url, topology.requests.name) == 1
    assert await _held(amqp_url, topology.outcomes.name) == 0
    await broker.stop()
