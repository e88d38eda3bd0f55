"""On the real broker: what waits in a queue of an earlier version is delivered by the new one."""

from collections.abc import Iterator
from dataclasses import dataclass

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq.abc import FieldTable

from contracts.topology import VERSIONS, Topology
from services.common.declaration import declare
from services.common.former_queues import QUIET_SECONDS, FormerQueues
from tests import queues
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


@dataclass
class FakeClock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def version_1(topology: Topology) -> Topology:
    """Declared at the broker."""
    return topology


@pytest.fixture
def version_2(amqp_url: str, namespace: str) -> Iterator[Topology]:
    """Requests and retries have new arguments, and so new names."""
    topology = Topology(namespace, {**VERSIONS, "renderer.requests": 2, "renderer.requests.retry": 2})
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
    amqp_url: str, namespace: str, channel: AbstractChannel, version_2: Topology
) -> None:
    arguments: FieldTable = {**version_2.retry.arguments, "x-queue-type": "quorum", "x-message-ttl": 3_600_000}
    former = await channel.declare_queue(version_2.retry.former_names[0], durable=True, arguments=arguments)
    await declare(amqp_url, version_2)
    headers: FieldTable = {"cloudEvents:subject": "e1", "x-attempt": "2"}
    message = aio_pika.Message(b"{}", headers=headers, message_id="m1", delivery_mode=2, type="export.requested.v1")
    await channel.default_exchange.publish(message, routing_key=former.name)

    await FormerQueues(amqp_url, version_2).look()
    delivered = await _taken(await channel.get_queue(version_2.requests.name))

    assert (delivered.body, delivered.message_id, delivered.type) == (b"{}", "m1", "export.requested.v1")
    assert {name: delivered.headers[name] for name in headers} == headers
    await former.delete(if_unused=False, if_empty=False)


async def test_a_new_request_goes_to_the_new_queue_alone(
    amqp_url: str, channel: AbstractChannel, version_1: Topology, version_2: Topology
) -> None:
    await declare(amqp_url, version_2)
    await FormerQueues(amqp_url, version_2).look()
    exchange = await channel.get_exchange(version_2.exchange)
    await exchange.publish(aio_pika.Message(b"{}"), routing_key="export.requested.v1")
    assert await _held(amqp_url, version_2.requests.name) == 1
    assert await _held(amqp_url, version_1.requests.name) == 0


async def test_a_former_queue_is_removed_once_it_was_quiet_for_long(
    amqp_url: str, channel: AbstractChannel, version_1: Topology, version_2: Topology
) -> None:
    await declare(amqp_url, version_2)
    clock = FakeClock()
    former = FormerQueues(amqp_url, version_2, clock)
    await former.look()
    clock.now += QUIET_SECONDS - 1
    await former.look()
    assert await _held(amqp_url, version_1.retry.name) == 0
    clock.now += 1
    await former.look()
    assert await _held(amqp_url, version_1.retry.name) is None
    await former.look()


async def test_a_former_queue_that_somebody_reads_stays(
    amqp_url: str, channel: AbstractChannel, version_1: Topology, version_2: Topology
) -> None:
    await declare(amqp_url, version_2)
    queue = await channel.get_queue(version_1.requests.name)
    tag = await queue.consume(_ignore)
    clock = FakeClock()
    former = FormerQueues(amqp_url, version_2, clock)
    await former.look()
    clock.now += 2 * QUIET_SECONDS
    await former.look()
    assert await _held(amqp_url, version_1.requests.name) == 0
    await queue.cancel(tag)


async def _ignore(_: AbstractIncomingMessage) -> None:
    pass


async def test_without_former_names_there_is_nothing_to_look_at(topology: Topology) -> None:
    await FormerQueues("amqp://127.0.0.1:1/", topology).run()
