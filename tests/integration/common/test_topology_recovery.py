"""On the real broker: whatever is deleted under a running service is declared again, and it says so meanwhile."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import aio_pika
import pytest
import pytest_asyncio
from aio_pika.abc import AbstractChannel
from aiormq.abc import FieldTable
from faststream.rabbit import RabbitMessage
from structlog.testing import capture_logs

from contracts.events import AnyEvent, ExportCancelled, ExportExpired
from contracts.topology import Exchange, Role, Topology
from dev.stack.programs import rabbitmq_server
from dev.stack.rabbitmq import PrivateRabbit
from services.common import topology_recovery
from services.common.broker import BrokerUnavailable, Publisher, Unroutable, make_broker, stop, subscribe
from services.common.declaration import connected, declare, missing
from services.common.signing import Signer
from services.common.topology_recovery import TopologyRecovery, is_consuming
from tests import queues
from tests.admission import everything
from tests.builders import AS_OF, an_export_completed, an_export_failed, an_export_requested
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

HEALED = 20.0
"""Seconds: a look, a reconnection, and a machine that is busy."""


class Service:
    """One that publishes everything and consumes requests, outcomes and a stream."""

    def __init__(self, url: str, topology: Topology, *, declares: bool = True) -> None:
        self.url, self.topology = url, topology
        self.brokers = [make_broker(url, graceful_timeout=1.0) for _ in range(3)]
        publishing, consuming, streaming = self.brokers
        self.recovery = TopologyRecovery(url, topology, *self.brokers, declares=declares)
        self.publishers = [Publisher(publishing, topology, role, Signer(), self.recovery.request) for role in Role]
        self.heard: dict[str, list[bytes]] = {}
        for broker, queue, offset in (
            (consuming, topology.requests, None),
            (consuming, topology.outcomes, None),
            (streaming, topology.cancellations, "first"),
        ):
            subscribe(broker, queue, self._hear(queue.name), admission=everything(), prefetch=2, stream_offset=offset)

    def _hear(self, name: str) -> Callable[[RabbitMessage], Awaitable[None]]:
        self.heard[name] = []

        async def hear(message: RabbitMessage) -> None:
            self.heard[name].append(message.body)
            await message.ack()

        return hear

    async def is_whole(self) -> bool:
        """Whether nothing is missing."""
        async with connected(self.url) as connection:
            return await missing(connection, self.topology) == []

    async def ready(self) -> bool:
        try:
            await self.recovery.check_declared()
            await self.recovery.check_consuming()
        except ConnectionError:
            return False
        return True

    async def not_ready(self) -> bool:
        return not await self.ready()

    async def delivers(self, role: Role, event: AnyEvent, queue: str) -> None:
        """An event is published, tried again as its publishers do, and arrives."""
        publisher = self.publishers[list(Role).index(role)]

        async def published() -> bool:
            with suppress(BrokerUnavailable, Unroutable):
                await publisher.publish(event)
                return True
            return False

        await wait_until(published, HEALED)
        await wait_until(lambda: event.to_json() in self.heard[queue], HEALED)

    async def works(self) -> None:
        """Everything that is published reaches its subscription."""
        topology = self.topology
        await self.delivers(Role.GATEWAY, an_export_requested(), topology.requests.name)
        for event in (an_export_completed(), an_export_failed()):
            await self.delivers(Role.RENDERER, event, topology.outcomes.name)
        await self.delivers(Role.STORAGE, _expired(), topology.outcomes.name)
        await self.delivers(Role.GATEWAY, _cancelled(), topology.cancellations.name)
        await wait_until(self.is_whole, HEALED)


def _expired() -> ExportExpired:
    done = an_export_completed()
    return ExportExpired(
        export_id=done.export_id,
        institution_id=done.institution_id,
        exam_id=done.exam_id,
        requested_by=done.requested_by,
        key=done.file.key,
        expired_at=AS_OF,
    )


def _cancelled() -> ExportCancelled:
    asked = an_export_requested()
    return ExportCancelled(
        export_id=asked.export_id,
        institution_id=asked.institution_id,
        exam_id=asked.exam_id,
        requested_by=asked.requested_by,
        cancelled_by=asked.requested_by,
        cancelled_at=AS_OF,
    )


@asynccontextmanager
async def _running(url: str, topology: Topology, *, declares: bool = True) -> AsyncIterator[Service]:
    service = Service(url, topology, declares=declares)
    task = asyncio.create_task(service.recovery.run())
    try:
        if declares:
            await wait_until(service.ready, HEALED)
        yield service
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await stop(*service.brokers)


@pytest.fixture
def undeclared(amqp_url: str, namespace: str) -> Iterator[Topology]:
    """A topology that nobody has declared."""
    topology = Topology(namespace)
    yield topology
    queues.delete(amqp_url, topology)


@pytest_asyncio.fixture
async def service(amqp_url: str, undeclared: Topology) -> AsyncIterator[Service]:
    async with _running(amqp_url, undeclared) as running:
        yield running


async def test_a_service_declares_what_it_needs_and_works(service: Service) -> None:
    await service.works()


@pytest.mark.parametrize("exchange", Exchange)
async def test_a_deleted_exchange_comes_back_with_all_its_bindings(
    service: Service, channel: AbstractChannel, exchange: Exchange
) -> None:
    await channel.exchange_delete(service.topology.exchange(exchange))
    await service.works()
    await wait_until(service.ready, HEALED)


@pytest.mark.parametrize("name", ["requests", "retry", "dead", "outcomes", "progress", "cancellations"])
async def test_a_deleted_queue_comes_back_with_all_its_bindings(
    service: Service, channel: AbstractChannel, name: str
) -> None:
    await channel.queue_delete(getattr(service.topology, name).name)
    await service.works()
    await wait_until(service.ready, HEALED)


async def test_without_its_queue_a_service_is_not_ready_until_it_consumes_again(
    service: Service, channel: AbstractChannel
) -> None:
    await channel.queue_delete(service.topology.requests.name)
    await wait_until(service.not_ready)
    await wait_until(service.ready, HEALED)
    await service.delivers(Role.GATEWAY, an_export_requested(), service.topology.requests.name)
    assert service.recovery.losses, "known even where the client library declares the queue before anybody looks"


async def test_who_only_waits_declares_nothing_and_works_once_another_has_declared(
    amqp_url: str, undeclared: Topology
) -> None:
    async with _running(amqp_url, undeclared, declares=False) as waiting:
        with capture_logs() as logs:
            await wait_until(lambda: logs)
        assert [line["event"] for line in logs] == ["broker.topology_awaited"]
        assert await waiting.not_ready()
        assert not await waiting.is_whole()
        await declare(amqp_url, undeclared)
        await wait_until(waiting.ready, HEALED)
        await waiting.works()


async def test_who_only_waits_heals_when_another_declares_what_was_lost(amqp_url: str, service: Service) -> None:
    async with _running(amqp_url, service.topology, declares=False) as waiting:
        await wait_until(waiting.ready, HEALED)
        for _ in range(2):
            await queues.wipe(amqp_url, service.topology)
            for each in (service, waiting):
                await wait_until(lambda each=each: each.recovery.losses, HEALED)  # type: ignore[misc]
                await wait_until(each.ready, HEALED)
                each.recovery.losses = 0
        event = _cancelled()
        await service.delivers(Role.GATEWAY, event, service.topology.cancellations.name)
        heard = waiting.heard[service.topology.cancellations.name]
        await wait_until(partial(_contains, heard, event.to_json()), HEALED)


def _contains(heard: list[bytes], body: bytes) -> bool:
    return body in heard


async def test_lost_bindings_are_made_again(service: Service, channel: AbstractChannel) -> None:
    for queue in service.topology.queues:
        for key in queue.routing_keys:
            await (await channel.get_queue(queue.name)).unbind(queue.exchange, key)
    await service.works()


async def test_everything_deleted_again_and_again_comes_back_in_few_lines(service: Service, amqp_url: str) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            await queues.wipe(amqp_url, service.topology)
            await service.works()
            await wait_until(service.ready, HEALED)
    assert 0 < len(logs) < 40, logs
    assert {line["log_level"] for line in logs} == {"warning"}
    assert service.recovery.losses >= 1


async def test_a_queue_deleted_while_a_message_is_handled_lets_it_end(amqp_url: str, undeclared: Topology) -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def handle(message: RabbitMessage) -> None:
        begun.set()
        await go_on.wait()
        await message.ack()
        ended.set()

    broker = make_broker(amqp_url, graceful_timeout=1.0)
    subscribe(broker, undeclared.requests, handle, admission=everything(), prefetch=1)
    recovery = TopologyRecovery(amqp_url, undeclared, broker, declares=True)
    task = asyncio.create_task(recovery.run())
    await recovery.started()
    await Publisher(broker, undeclared, Role.GATEWAY, Signer()).publish(an_export_requested())
    await begun.wait()
    await queues.wipe(amqp_url, undeclared)
    await wait_until(lambda: recovery.losses, HEALED)
    go_on.set()
    async with asyncio.timeout(HEALED):
        await ended.wait()
    (subscriber,) = broker.subscribers
    await wait_until(lambda: is_consuming(subscriber), HEALED)  # type: ignore[arg-type]
    task.cancel()
    await stop(broker)


async def test_it_ends_when_it_is_cancelled_at_whatever_moment(amqp_url: str, undeclared: Topology) -> None:
    async def cancelled_after(seconds: float) -> None:
        service = Service(amqp_url, undeclared)
        task = asyncio.create_task(service.recovery.run())
        await asyncio.sleep(seconds)
        task.cancel()
        _, running = await asyncio.wait([task], timeout=HEALED)
        assert not running, f"cancelled after {seconds} s"
        await stop(*service.brokers)

    for first in range(10):
        await asyncio.gather(*(cancelled_after((first + each) / 100) for each in range(0, 80, 10)))
    left = asyncio.all_tasks() - {asyncio.current_task()}  # the client library's, of channels that were closing
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def test_a_service_starts_on_queues_and_exchanges_as_they_are(
    amqp_url: str, undeclared: Topology, channel: AbstractChannel
) -> None:
    await channel.declare_exchange(undeclared.exchange(Exchange.REQUESTS), aio_pika.ExchangeType.DIRECT, durable=True)
    arguments: FieldTable = {
        **undeclared.requests.arguments,
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "elsewhere",
    }
    await channel.declare_queue(undeclared.requests.name, durable=True, arguments=arguments)
    async with _running(amqp_url, undeclared) as service:
        await service.delivers(Role.GATEWAY, an_export_requested(), undeclared.requests.name)


async def test_a_broker_that_is_away_is_one_line_and_not_ready(
    undeclared: Topology, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topology_recovery, "RETRY_SECONDS", 0.01)
    recovery = TopologyRecovery("amqp://nobody:x@127.0.0.1:1/", undeclared)
    with capture_logs() as logs:
        task = asyncio.create_task(recovery.run())
        await asyncio.sleep(0.5)
        with pytest.raises(ConnectionError):
            await recovery.check_declared()
        task.cancel()
    assert [(line["event"], line["log_level"]) for line in logs] == [("broker.unavailable", "warning")]


class TestReset:
    """A node of its own, reset under its clients."""

    @pytest.fixture
    def rabbit(self, tmp_path: Path) -> Iterator[PrivateRabbit]:
        rabbit = PrivateRabbit(tmp_path / "rabbit")
        rabbit.start()
        yield rabbit
        rabbit.remove()

    async def _control(self, rabbit: PrivateRabbit, *command: str) -> None:
        control = rabbitmq_server().with_name("rabbitmqctl")
        await asyncio.to_thread(
            subprocess.run,
            [str(control), "-n", "correcta@localhost", *command],
            env=rabbit.process.env,
            check=True,
            timeout=60,
            capture_output=True,
        )

    @pytest.mark.timeout(400)  # six times rabbitmqctl: 8 s, and minutes on a busy machine
    async def test_a_node_that_comes_back_empty(self, rabbit: PrivateRabbit) -> None:
        async with _running(rabbit.url, Topology()) as service:
            await service.works()
            for command in ("stop_app", "force_reset"):
                await self._control(rabbit, command)
            assert await service.not_ready()
            await self._control(rabbit, "start_app")
            await wait_until(service.ready, 2 * HEALED)
            await service.works()

    @pytest.mark.timeout(400)
    async def test_a_virtual_host_made_anew(self, rabbit: PrivateRabbit) -> None:
        async with _running(rabbit.url, Topology()) as service:
            await service.works()
            await self._control(rabbit, "delete_vhost", "/")
            await wait_until(service.not_ready, HEALED)
            await self._control(rabbit, "add_vhost", "/")
            await self._control(rabbit, "set_permissions", "-p", "/", "correcta", ".*", ".*", ".*")
            await wait_until(service.ready, 8 * HEALED)
            await service.works()
