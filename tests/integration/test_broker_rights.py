"""On a real RabbitMQ, with the accounts of `deploy/rabbitmq`: what each may do works, everything else is refused.

Every act is tried with every account; what is expected stands here by hand.
"""

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelAccessRefused

from contracts.events import EVENT_TYPES
from contracts.topology import Topology
from dev.rights import broker as written
from dev.stack.accounts import as_account, user_of
from dev.stack.programs import rabbitmq_server
from dev.stack.rabbitmq import PrivateRabbit
from services.common.declaration import declare
from services.common.former_queues import QUIET_SECONDS, FormerQueues
from tests import queues
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

REQUESTED, PROGRESS = "export.requested.v1", "export.progress.v1"
COMPLETED, FAILED = "export.completed.v1", "export.failed.v1"
CANCELLED, EXPIRED = "export.cancelled.v1", "export.expired.v1"
STARTED, DOWNLOADED = "export.started.v1", "export.downloaded.v1"

FACTS = "correcta.exports"
REQUESTS, RETRIES, OUTCOMES, DEAD = (f"{FACTS}.{name}" for name in ("requests", "retries", "outcomes", "dead"))
SHARDS = f"{FACTS}.shards"
OFFER = "shard.offered.v1.0123456789abcdef"
SHARD_KEYS = {OFFER, "shard.taken.v1", "shard.ended.v1", "shard.withdrawn.v1", "helper.ready.v1"}
SMALL = "export.requested.v1.small"
KEYS = {*EVENT_TYPES, *SHARD_KEYS, SMALL, "export.paused.v1", "shard.offered.v1", "shard.dead.v1", "", "#"}
EXCHANGES = {FACTS, REQUESTS, RETRIES, OUTCOMES, SHARDS, DEAD}
QUEUES = {
    "renderer.requests.v2",
    "renderer.requests.small",
    "renderer.requests.retry.v2",
    "renderer.requests.dead.v2",
    "gateway.outcomes.v2",
    "gateway.progress",
    "renderer.cancellations.v2",
    "exports.facts",
    "renderer.fleet",
}
BUILT_IN = {"", "amq.direct", "amq.fanout", "amq.headers", "amq.topic"}
ACCOUNTS = ("gateway", "renderer", "storage", "archive")
"""The services, and a subscriber."""

PUBLISHES = {
    "gateway": {
        (FACTS, REQUESTED),
        (FACTS, STARTED),
        (FACTS, DOWNLOADED),
        (FACTS, COMPLETED),
        (FACTS, FAILED),
        (FACTS, CANCELLED),
        (FACTS, EXPIRED),
        (REQUESTS, REQUESTED),
        (REQUESTS, SMALL),
        (REQUESTS, CANCELLED),
        # what it finds in queues of former versions
        (RETRIES, REQUESTED),
        (RETRIES, SMALL),
        *((DEAD, key) for key in KEYS),
        (OUTCOMES, COMPLETED),
        (OUTCOMES, FAILED),
        (OUTCOMES, EXPIRED),
    },
    "renderer": {
        (FACTS, PROGRESS),
        (OUTCOMES, COMPLETED),
        (OUTCOMES, FAILED),
        (RETRIES, REQUESTED),
        (RETRIES, SMALL),
        *((SHARDS, key) for key in SHARD_KEYS),
    },
    "storage": {(OUTCOMES, EXPIRED)},
    "archive": set(),
}
CONSUMES = {
    "gateway": QUEUES,
    "renderer": {"renderer.requests.v2", "renderer.requests.small", "renderer.cancellations.v2", "renderer.fleet"},
    "storage": set(),
    "archive": {"exports.facts"},
}
DECLARES = {"gateway": QUEUES | EXCHANGES, "renderer": set(), "storage": set(), "archive": set()}

Act = Callable[[AbstractChannel], Awaitable[object]]


class Accounts:
    """A connection for each account to the broker, in which a namespace has its topology."""

    def __init__(self, topology: Topology, connections: Mapping[str, AbstractConnection]) -> None:
        self.topology, self.connections = topology, connections

    def named(self, name: str) -> str:
        """The name of something of ours, in the namespace."""
        return name if name in BUILT_IN else f"{self.topology.namespace}.{name}"

    async def may(self, account: str, act: Act) -> bool:
        """Whether the broker lets an account do something."""
        try:
            async with self.connections[account].channel() as channel:
                await act(channel)
        except ChannelAccessRefused:
            return False
        return True


@pytest.fixture(scope="module")
def rabbit(session_rabbit: PrivateRabbit | None, private_folder: Path) -> Iterator[PrivateRabbit]:
    """The session's broker, or one of our own where that is somebody else's."""
    if session_rabbit:
        yield session_rabbit
        return
    with PrivateRabbit(private_folder / uuid4().hex[:8]) as own:
        yield own


@pytest.fixture(scope="module")
def namespace(rabbit: PrivateRabbit) -> Iterator[str]:
    """A namespace whose services have accounts."""
    name = f"rights-{uuid4().hex[:8]}"
    rabbit.add_services(name)
    yield name
    queues.delete(rabbit.url, Topology(name))


@pytest.fixture(scope="module")
def subscriber_url(rabbit: PrivateRabbit, namespace: str) -> str:
    """Where a subscriber to the namespace's facts connects."""
    return rabbit.add_subscriber("archive", namespace)


@pytest.fixture
async def accounts(rabbit: PrivateRabbit, namespace: str, subscriber_url: str) -> AsyncIterator[Accounts]:
    """Every account, after the gateway's has declared the topology."""
    urls = {name: as_account(rabbit.url, user_of(name, namespace)) for name in ACCOUNTS[:3]}
    urls["archive"] = subscriber_url
    topology = Topology(namespace)
    await declare(urls["gateway"], topology)
    connections = {name: await aio_pika.connect(url) for name, url in urls.items()}
    yield Accounts(topology, connections)
    for connection in connections.values():
        await connection.close()


def test_the_committed_rights_are_what_the_topology_says() -> None:
    assert written.main([]) == 0


def test_every_name_of_the_topology_is_tried() -> None:
    topology = Topology()
    assert {*topology.exchanges, *topology.optional_exchanges} == EXCHANGES
    assert {queue.name for queue in (*topology.queues, *topology.optional)} == QUEUES


def _published(exchange: str, key: str) -> Act:
    async def act(channel: AbstractChannel) -> None:
        where = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
        await where.publish(aio_pika.Message(b""), routing_key=key, mandatory=False)

    return act


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_publishes_what_its_service_does(accounts: Accounts, account: str) -> None:
    tried = set(product(EXCHANGES | BUILT_IN, KEYS)) | {("", accounts.named(queue)) for queue in QUEUES}
    allowed = {
        (exchange, key)
        for exchange, key in tried
        if await accounts.may(account, _published(accounts.named(exchange), key))
    }
    assert allowed == PUBLISHES[account]


def _consumed(queue: str) -> Act:
    async def act(channel: AbstractChannel) -> None:
        async def ignore(_: object) -> None:
            """Leave it unacknowledged: it goes back when the channel is closed."""

        await channel.set_qos(1)
        await (await channel.get_queue(queue, ensure=False)).consume(ignore)

    return act


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_consumes_what_its_service_does(accounts: Accounts, account: str) -> None:
    allowed = {queue for queue in QUEUES if await accounts.may(account, _consumed(accounts.named(queue)))}
    assert allowed == CONSUMES[account]


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_only_the_gateway_declares(accounts: Accounts, account: str) -> None:
    def exchange(name: str) -> Act:
        return lambda channel: channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)

    def queue(name: str) -> Act:
        topology = accounts.topology
        [declared] = [each for each in (*topology.queues, *topology.optional) if each.name == name]
        arguments: dict[str, Any] = {"x-queue-type": declared.kind, **declared.arguments}
        return lambda channel: channel.declare_queue(name, durable=True, arguments=arguments)

    acts = {name: exchange(accounts.named(name)) for name in EXCHANGES}
    acts |= {name: queue(accounts.named(name)) for name in QUEUES}
    assert {name for name, act in acts.items() if await accounts.may(account, act)} == DECLARES[account]
    others = ("another", "gateway.another", "renderer.requests.v2.another", "another.renderer.requests")
    assert not [name for name in others if await accounts.may(account, exchange(accounts.named(name)))]


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_only_the_gateway_binds_our_queues(accounts: Accounts, account: str) -> None:
    def bind(queue: str, exchange: str, key: str) -> Act:
        async def act(channel: AbstractChannel) -> None:
            bound = await channel.get_queue(queue, ensure=False)
            await bound.bind(exchange, routing_key=key)
            await bound.unbind(exchange, routing_key=key)

        return act

    acts = {
        (queue, exchange): bind(accounts.named(queue), accounts.named(exchange), "export.paused.v1")
        for queue, exchange in product(QUEUES, EXCHANGES)
    }
    allowed = {names for names, act in acts.items() if await accounts.may(account, act)}
    assert allowed == (set(acts) if account == "gateway" else set())


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_only_renderers_declare_a_queue_of_shards_and_take_from_it(accounts: Accounts, account: str) -> None:
    queue = accounts.topology.shards("0123456789abcdef")

    async def declared(channel: AbstractChannel) -> None:
        arguments: dict[str, Any] = {"x-queue-type": queue.kind, **queue.arguments}
        made = await channel.declare_queue(queue.name, durable=True, arguments=arguments)
        await made.bind(queue.exchange, routing_key=OFFER)

    async def taken(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue.name, ensure=False)).get(fail=False)

    assert await accounts.may("renderer", declared)
    assert [await accounts.may(account, act) for act in (declared, taken)] == [account == "renderer"] * 2

    async def bound(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue.name, ensure=False)).bind(queue.exchange, routing_key="shard.ended.v1")

    assert not await accounts.may("renderer", bound)
    other = accounts.topology.shards("no-fingerprint-").name
    assert not await accounts.may(account, lambda channel: channel.declare_queue(other, durable=True))


def _queue_deleted(name: str) -> Act:
    return lambda channel: channel.queue_delete(name)


def _exchange_deleted(name: str) -> Act:
    return lambda channel: channel.exchange_delete(name)


def _queue_found(name: str) -> Act:
    return lambda channel: channel.get_queue(name)


def _exchange_found(name: str) -> Act:
    return lambda channel: channel.get_exchange(name)


def _purged(queue: str) -> Act:
    async def act(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).purge()

    return act


@pytest.mark.parametrize("account", [account for account in ACCOUNTS if account != "gateway"])
async def test_only_the_gateway_deletes(accounts: Accounts, account: str) -> None:
    acts = {f"queue {name}": _queue_deleted(accounts.named(name)) for name in QUEUES}
    acts |= {f"exchange {name}": _exchange_deleted(accounts.named(name)) for name in EXCHANGES}
    acts |= {f"messages of {name}": _purged(accounts.named(name)) for name in QUEUES - CONSUMES[account]}
    assert [name for name, act in acts.items() if await accounts.may(account, act)] == []


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_every_account_may_look_whether_something_is_there(accounts: Accounts, account: str) -> None:
    acts = [_queue_found(accounts.named(name)) for name in QUEUES]
    acts += [_exchange_found(accounts.named(name)) for name in EXCHANGES]
    assert all([await accounts.may(account, act) for act in acts])


async def test_the_gateway_empties_and_removes_queues_of_a_version_before(
    accounts: Accounts, rabbit: PrivateRabbit
) -> None:
    topology = accounts.topology
    former = topology.requests.former_names[0]
    now = 0.0
    async with await aio_pika.connect(rabbit.url) as administrator, administrator.channel() as channel:
        await channel.declare_queue(former, durable=True, arguments={"x-queue-type": "quorum"})
        await channel.default_exchange.publish(aio_pika.Message(b"", type=REQUESTED), routing_key=former)
        url = as_account(rabbit.url, user_of("gateway", topology.namespace))
        former_queues = FormerQueues(url, topology, clock=lambda: now)
        await former_queues.look()
        assert (await channel.get_queue(former)).declaration_result.message_count == 0
        for _ in range(3):
            now += QUIET_SECONDS + 1
            await former_queues.look()
    assert not await _exists(rabbit.url, former)


async def _exists(url: str, queue: str) -> bool:
    async with await aio_pika.connect(url) as connection:
        try:
            async with connection.channel() as channel:
                await channel.get_queue(queue)
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return False
    return True


async def test_a_subscriber_hears_facts_in_a_queue_of_its_own(accounts: Accounts) -> None:
    heard: list[str | None] = []
    async with accounts.connections["archive"].channel() as channel:
        queue = await channel.declare_queue("archive.facts", durable=True, arguments={"x-queue-type": "quorum"})
        for key in ("export.#", "export.*.v1", COMPLETED):
            await queue.bind(accounts.named(FACTS), routing_key=key)

        async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            heard.append(message.routing_key)
            await message.ack()

        await queue.consume(hear)
        assert await accounts.may("gateway", _published(accounts.named(FACTS), COMPLETED))
        await wait_until(lambda: COMPLETED in heard)
        await channel.queue_delete("archive.facts")


async def test_what_a_subscriber_may_not_do(accounts: Accounts, rabbit: PrivateRabbit) -> None:
    facts, requests = accounts.named(FACTS), accounts.named(REQUESTS)
    target = accounts.topology.requests.name

    def queue(name: str, **arguments: Any) -> Act:
        return lambda channel: channel.declare_queue(name, exclusive=True, arguments=arguments)

    def bound(exchange: str, key: str) -> Act:
        async def act(channel: AbstractChannel) -> None:
            own = await channel.declare_queue("archive.mine", exclusive=True)
            await own.bind(exchange, routing_key=key)

        return act

    def chained(destination: str, source: str) -> Act:
        async def act(channel: AbstractChannel) -> None:
            await channel.declare_exchange("archive.own", aio_pika.ExchangeType.TOPIC, auto_delete=True)
            into = await channel.get_exchange(destination, ensure=False)
            await into.bind(source, routing_key="export.#")

        return act

    refused: dict[str, Act] = {
        "a queue of another subscriber": queue("other.mine"),
        "reading a queue of another subscriber": _consumed("other.facts"),
        "a queue named like the subscriber": queue("archive"),
        "a queue whose name only begins so": queue("archives.mine"),
        "a queue that the broker names": queue(""),
        "requests": bound(requests, "export.#"),
        "outcomes": bound(accounts.named(OUTCOMES), "export.#"),
        "facts that are no events": bound(facts, "#"),
        "dead letters into a queue of ours": queue(
            "archive.x", **{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": target, "x-message-ttl": 0}
        ),
        "dead letters as requests": queue("archive.x", **{"x-dead-letter-exchange": requests}),
        "dead letters as facts": queue("archive.x", **{"x-dead-letter-exchange": facts}),
        "what finds no queue as requests": lambda channel: channel.declare_exchange(
            "archive.y", aio_pika.ExchangeType.TOPIC, arguments={"alternate-exchange": requests}
        ),
        "an exchange of its own as a source of facts": chained(facts, "archive.own"),
        "an exchange of its own as a source of requests": chained(requests, "archive.own"),
        "requests into an exchange of its own": chained("archive.own", requests),
    }
    async with await aio_pika.connect(rabbit.url) as administrator, administrator.channel() as channel:
        await channel.declare_queue("other.facts", durable=True)
        assert [name for name, act in refused.items() if await accounts.may("archive", act)] == []
        await channel.queue_delete("other.facts")
    assert await accounts.may("archive", bound(facts, "export.#"))
    assert await accounts.may("archive", chained("archive.own", facts))


def test_a_subscribers_backlog_is_bounded(rabbit: PrivateRabbit, subscriber_url: str) -> None:
    listed = subprocess.run(
        [str(rabbitmq_server().with_name("rabbitmqctl")), "-q", "list_policies"],
        env=rabbit.process.env,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    [policy] = [line for line in listed.splitlines() if "\tarchive\t" in line]
    assert '"max-length-bytes":1000000000' in policy
