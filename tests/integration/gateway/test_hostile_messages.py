"""Every message of a corpus of forged and broken ones is refused: no row, no file and no neighbour changes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from contracts.events import ExportCompleted, ExportRequested, StoredFile
from contracts.states import Format
from contracts.topology import Role, Topology
from services.common.admission import Admission
from services.common.broker import Publisher, make_broker
from services.common.signing import SignaturePolicy, Signer, Verifier
from services.common.signing_keys import trusted_list
from services.gateway.exports import Export
from services.gateway.settings import GatewaySettings
from services.gateway.store import Actor, Quota, Store
from services.renderer.messaging.consumer import Consumer
from services.renderer.metrics import Metrics
from tests.builders import an_export_completed, an_export_progress
from tests.gateway import an_export
from tests.integration.gateway.harness import TOKEN, Harness, running_gateway
from tests.integration.gateway.hostile_messages import Victims, corpus, publish
from tests.keys import keys
from tests.uploads import upload
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

AT_LEAST = {SignaturePolicy.ACCEPT: 700, SignaturePolicy.REQUIRE: 850}
"""Messages of the corpus; each is published to the real broker, and consumed."""

NEIGHBOUR_EVERY = 60
KEYS = keys("ours")
TABLES = ("export", "outbox", "audit", "stored_file")
ID_COLUMNS = {"export": "id"}


@dataclass
class FakeRenderer:
    """The renderer's consumer on its real subscriptions. It makes each export at once, but for one that never ends."""

    storage: tuple[str, str]
    attempts: list[tuple[UUID, int]] = field(default_factory=list)
    endless: UUID | None = None
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    async def run(self, request: ExportRequested, attempt: int) -> ExportCompleted:
        """One attempt."""
        self.attempts.append((request.export_id, attempt))
        if request.export_id == self.endless:
            await asyncio.Event().wait()
        identity: dict[str, Any] = {**request.identity}
        content = str(request.export_id).encode()
        file = await upload(self.storage, request.export_id, content, "R.pdf", Format.PDF, identity=identity)
        return an_export_completed(**identity, attempt=attempt, file=file)

    @asynccontextmanager
    async def running(self, amqp_url: str, topology: Topology, policy: SignaturePolicy) -> AsyncIterator[Consumer]:
        """Take requests while the block lasts."""
        brokers = [make_broker(amqp_url, graceful_timeout=1.0) for _ in range(3)]
        publisher = Publisher(brokers[0], topology, Role.RENDERER, Signer(KEYS[Role.RENDERER]))
        consumer = Consumer(self.run, publisher, topology, Metrics(self.registry))
        admission = Admission(Verifier(trusted_list(KEYS), policy), self.registry, "renderer")
        consumer.subscribe(brokers[1], brokers[2], admission)
        for broker in brokers:
            await broker.start()
        try:
            yield consumer
        finally:
            await consumer.stop(brokers[1], 0.1)
            for broker in brokers:
                await broker.stop()


@dataclass
class Scene:
    """A gateway, a renderer and a storage that sign; one export that runs, one that has its file, and neighbours."""

    harness: Harness
    renderer: FakeRenderer
    consumer: Consumer
    pool: asyncpg.Pool
    folder: Path
    victims: Victims
    neighbours: list[UUID] = field(default_factory=list)

    async def add_neighbour(self) -> None:
        """One more export that somebody wants."""
        self.neighbours.append(await begin(self.pool, an_export()))

    async def completed(self) -> bool:
        """Whether all neighbours have their files."""
        sql = "SELECT count(*) FROM exports.export WHERE id = ANY($1) AND status = 'completed'"
        return bool(await self.pool.fetchval(sql, self.neighbours) == len(self.neighbours))

    async def state(self) -> dict[str, object]:
        """All rows and files but the neighbours'."""
        found: dict[str, object] = {}
        for table in TABLES:
            column = ID_COLUMNS.get(table, "export_id")
            sql = f"SELECT * FROM exports.{table} t WHERE {column} <> ALL($1) ORDER BY t::text"
            found[table] = [dict(row) for row in await self.pool.fetch(sql, self.neighbours)]
        theirs = {str(each) for each in self.neighbours}
        paths = [path for path in sorted(self.folder.rglob("*")) if path.is_file() and path.parent.name not in theirs]
        found["files"] = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
        found["attempts"] = [each for each in self.renderer.attempts if each[0] not in self.neighbours]
        return found

    async def refused(self) -> int:
        """Messages of the queues of outcomes, requests and dead letters that were read or refused without effect."""
        text = (await self.harness.nobody().get("/metrics")).text + generate_latest(self.renderer.registry).decode()
        return int(sum(map(_without_effect, text_string_to_metric_families(text))))


def _without_effect(family: Any) -> float:
    return float(sum(sample.value for sample in family.samples if _counts(sample.name, sample.labels)))


def _counts(name: str, labels: dict[str, str]) -> bool:
    match name:
        case "gateway_signatures_refused_total" | "renderer_signatures_refused_total":
            return "progress" not in labels["queue"] and "cancellations" not in labels["queue"]
        case "gateway_messages_refused_total":
            return True
        case "gateway_outcomes_total":
            return labels["applied"] == "false"
        case _:
            return False


async def begin(pool: asyncpg.Pool, export: Export) -> UUID:
    """A new export, asked for as the gateway does it."""
    created = await Store(pool).create(export, quota=Quota(running=10_000), actor=Actor())
    return created.export.id


@pytest.fixture(params=[SignaturePolicy.ACCEPT, SignaturePolicy.REQUIRE])
def policy(request: pytest.FixtureRequest) -> SignaturePolicy:
    """Either policy."""
    return SignaturePolicy(request.param)


@pytest.fixture
async def scene(
    policy: SignaturePolicy,
    settings: Callable[..., GatewaySettings],
    sock: Any,
    storage_url: str,
    topology: Topology,
    amqp_url: str,
    pool: asyncpg.Pool,
    tmp_path: Path,
) -> AsyncIterator[Scene]:
    """The scene, as it is before anything hostile comes."""
    signing = {"signing_key": KEYS[Role.GATEWAY], "trusted_keys": trusted_list(KEYS), "signatures": policy}
    renderer = FakeRenderer((storage_url, TOKEN))
    async with (
        running_gateway(settings(**signing), sock, storage_url, topology, amqp_url) as harness,
        renderer.running(amqp_url, topology, policy) as consumer,
    ):
        done = await begin(pool, an_export())
        await wait_until(lambda: completed_row(pool, done))
        held = an_export()
        renderer.endless = held.id
        running = await begin(pool, held)
        await wait_until(lambda: (running, 1) in renderer.attempts)
        broker = make_broker(amqp_url)
        await broker.connect()
        publisher = Publisher(broker, topology, Role.RENDERER, Signer(KEYS[Role.RENDERER]))
        await publisher.publish_unconfirmed(an_export_progress(export_id=running, sequence=7))
        await broker.stop()
        await wait_until(lambda: pool.fetchval("SELECT sequence = 7 FROM exports.export WHERE id = $1", running))
        await wait_until(lambda: pool.fetchval("SELECT count(*) = 0 FROM exports.outbox"))
        [export] = await Store(pool).read([running])
        [ended] = await Store(pool).read([done])
        assert ended.file is not None
        completed = an_export_completed(**ended.identity, file=StoredFile(**vars(ended.file)))
        victims = Victims(export.requested(), completed, KEYS)
        yield Scene(harness, renderer, consumer, pool, tmp_path, victims)


async def completed_row(pool: asyncpg.Pool, export_id: UUID) -> bool:
    """Whether an export has its file."""
    sql = "SELECT status = 'completed' FROM exports.export WHERE id = $1"
    return bool(await pool.fetchval(sql, export_id))


async def test_nothing_hostile_changes_anything_and_neighbours_are_served(
    scene: Scene, policy: SignaturePolicy, amqp_url: str, topology: Topology
) -> None:
    messages = [each for each in corpus(scene.victims) if policy is SignaturePolicy.REQUIRE or not each.unsigned]
    assert len(messages) >= AT_LEAST[policy]
    before, refused = await scene.state(), await scene.refused()
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for number, message in enumerate(messages):
            if number % NEIGHBOUR_EVERY == 0:
                await scene.add_neighbour()
            await publish(channel, topology, message)
    counted = len([each for each in messages if each.queue in ("outcomes", "requests", "dead")])

    async def all_refused() -> bool:
        return await scene.refused() - refused >= counted

    await scene.add_neighbour()
    await wait_until(scene.completed, 60)
    await wait_until(all_refused, 60)
    assert await scene.state() == before
    assert scene.renderer.endless is not None
    assert not scene.consumer.is_cancelled(scene.renderer.endless)
