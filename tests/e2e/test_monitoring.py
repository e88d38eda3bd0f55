"""Each alert of `deploy/monitoring` fires at its fault and each panel has data: a real Prometheus asks running services
and RabbitMQ. For how long a fault must last before an alert fires is not waited for.
"""

import asyncio
import hashlib
import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import asyncpg
import httpx2
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from contracts.owner import Owner
from contracts.states import FailureCode
from contracts.topology import Exchange, Role, Topology
from dev.plain_http import TRUST_NOBODY
from dev.sample import people
from dev.sample.subjects.mathematiques import MATHEMATIQUES as EXAM
from dev.stack.accounts import as_account, role_of
from dev.stack.processes import free_port
from dev.stack.prometheus import MONITORING, PrivatePrometheus, rules
from dev.stack.rabbitmq import PrivateRabbit
from dev.stack.services import Plan, Servers, Service, Stack
from dev.teacher import Teacher
from services.common.broker import Publisher, make_broker, stop
from services.common.signing import Signer
from services.webhooks.secrets import Keyring, new_secret
from services.webhooks.store import Store
from tests import databases
from tests.builders import an_export_failed
from tests.e2e.browser import fake_renderer
from tests.e2e.browser.fake_renderer import TOKEN, FakeRenderer
from tests.waiting import NeverHappened, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

PATIENCE = 60.0
"""Seconds for a busy machine: services measure every five, Prometheus asks twice a second."""

TOPOLOGY = Topology()
RENDERERS = {"WORKERS": "1", "CONFINEMENT": "off", "CACHE_BYTES": "0", "INTERNAL_TOKEN": TOKEN}


@dataclass
class Watched:
    """A gateway, a storage and webhooks with what a test does to them, and the Prometheus that asks them."""

    rabbit: PrivateRabbit
    stack: Stack
    prometheus: PrivatePrometheus
    fake: FakeRenderer
    teacher: Teacher

    async def start(self, kind: str = "pdf", **options: Any) -> str:
        """An export of the teacher's: its id."""
        return await asyncio.to_thread(self.teacher.start, EXAM.id, kind, {"options": options})

    async def followed(self, job: str) -> str:
        """The type of an export's last event."""
        *_, last = await asyncio.to_thread(lambda: list(self.teacher.follow(EXAM.id, job)))
        return last.type

    async def fires(self, alert: str) -> bool:
        """Whether an alert fires."""
        return alert in await asyncio.to_thread(lambda: list(self.prometheus.firing()))


def _webhooks(folder: Path, servers: Servers, key: str) -> Service:
    settings = {
        "AMQP_URL": servers.amqp_url,
        "DATABASE_URL": as_account(servers.database_url, role_of("webhooks")),
        "WEBHOOK_KEYS": key,
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
        "WEBHOOK_ALLOW_HTTP": "true",
        "WEBHOOK_SCHEDULE": "1s",
    }
    return Service("webhooks", folder / "logs" / "webhooks.log", settings, free_port())


@pytest.fixture(scope="module")
def servers_and_broker(
    private_folder: Path, postgres_url: str, exports_template: str, correcta_template: str
) -> Iterator[tuple[Servers, PrivateRabbit]]:
    rabbit = PrivateRabbit(private_folder / "monitored-rabbit", metrics=True)
    rabbit.start()
    with (
        databases.copy(postgres_url, exports_template) as exports,
        databases.copy(postgres_url, correcta_template) as correcta,
    ):
        yield Servers(rabbit.url, exports, correcta), rabbit
    rabbit.remove()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(private_folder: Path, servers_and_broker: tuple[Servers, PrivateRabbit]) -> AsyncIterator[Watched]:
    servers, rabbit = servers_and_broker
    folder, key = private_folder / "monitored", Fernet.generate_key().decode()
    plan = Plan(renderers=0, settings={**fake_renderer.settings(), "renderer": RENDERERS})
    webhooks = _webhooks(folder, servers, key)
    with Stack(folder, servers, plan) as stack, PrivatePrometheus(folder / "prometheus") as prometheus:
        await _add_endpoint(servers, key)
        webhooks.process.start()
        webhooks.wait_until_ready()
        for job, url in (("gateway", stack.gateway.url), ("storage", stack.storage.url), ("webhooks", webhooks.url)):
            prometheus.scrape(job, url)
        prometheus.scrape("rabbitmq", rabbit.metrics_url)
        with Teacher(stack.url, people.OKONKWO, stack.session_secret) as teacher:
            async with fake_renderer.connect(stack, servers) as fake:
                await wait_until(lambda: _all_scraped(prometheus, 4), PATIENCE)
                yield Watched(rabbit, stack, prometheus, fake, teacher)
        webhooks.process.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def renderers(watched: Watched) -> list[Service]:
    """Two renderers, which keep no copies for themselves."""
    made = [watched.stack.add_renderer() for _ in range(2)]
    for each in made:
        each.wait_until_ready()
    watched.prometheus.scrape("renderer", *(each.url for each in made))
    await wait_until(lambda: _all_scraped(watched.prometheus, 6), PATIENCE)
    return made


async def _all_scraped(prometheus: PrivatePrometheus, count: int) -> bool:
    """Whether so many processes have answered: a counter has no increase before."""
    return len(await asyncio.to_thread(prometheus.query, "up == 1")) == count


async def _add_endpoint(servers: Servers, key: str) -> None:
    """One that nobody answers at."""
    async with asyncpg.create_pool(servers.database_url, min_size=1, max_size=1) as pool:
        school = people.OKONKWO.school
        assert school is not None
        sealed = Keyring(key).seal([(new_secret(), None)])
        await Store(pool).add(school.id, f"http://127.0.0.1:{free_port()}/", (), sealed)


async def requests_park(watched: Watched) -> None:
    """The queue of requests is bound to nothing when one is published."""
    async with await aio_pika.connect(watched.rabbit.url) as link, link.channel() as channel:
        for queue in (TOPOLOGY.requests, TOPOLOGY.small_requests):
            declared = await channel.get_queue(queue.name)
            for key in queue.routing_keys:
                await declared.unbind(queue.exchange, key)
        await watched.start()


async def exports_wait(watched: Watched) -> None:
    """No renderer has begun an export for ten minutes."""
    await watched.start()
    await watched.fake.database.execute("UPDATE exports.export SET requested_at = now() - interval '10 min'")


async def exports_stay_in_the_outbox(watched: Watched) -> None:
    """The broker has been away for ten minutes."""
    await asyncio.to_thread(watched.rabbit.stop)
    await watched.start()
    await watched.fake.database.execute("UPDATE exports.outbox SET created_at = now() - interval '10 min'")
    await wait_until(lambda: watched.fires("ExportsNotLeaving"), PATIENCE)
    await asyncio.to_thread(watched.rabbit.start)


async def exports_are_given_up(watched: Watched) -> None:
    """The broker gives a request up, as after too many renderers died of it."""
    async with await aio_pika.connect(watched.rabbit.url) as link, link.channel() as channel:
        queue = await channel.get_queue(TOPOLOGY.small_requests.name)
        await queue.purge()
        await watched.start()

        async def taken() -> Any:
            return await queue.get(fail=False)

        message = await wait_until(taken, PATIENCE)
        await message.reject(requeue=False)


async def exports_fail(watched: Watched) -> None:
    """A renderer says so of six."""
    for number in range(6):
        job = await watched.start(kind="csv" if number % 2 else "pdf", language="fr" if number < 3 else "en")
        await watched.fake.fail(job, FailureCode.INTERNAL, "Une erreur interne est survenue.")


async def a_message_does_not_hold(watched: Watched) -> None:
    """A renderer completes another institution's export."""
    job = await watched.start()
    await watched.fake.complete(job, institution_id="another")


async def a_message_is_not_signed(watched: Watched) -> None:
    """Somebody without a key says that an export failed."""
    broker = make_broker(watched.rabbit.url)
    await broker.connect()
    await Publisher(broker, TOPOLOGY, Role.RENDERER, Signer()).publish(an_export_failed())
    await stop(broker)


async def a_subscriber_is_stuck(watched: Watched) -> None:
    """Its queue takes nothing."""
    async with await aio_pika.connect(watched.rabbit.url) as link, link.channel() as channel:
        takes_nothing: Any = {"x-max-length": 0, "x-overflow": "reject-publish"}
        full = await channel.declare_queue("", exclusive=True, arguments=takes_nothing)
        await full.bind(TOPOLOGY.exchange(Exchange.FACTS), "#")
        await watched.start()
        await wait_until(lambda: watched.fires("SubscriberStuck"), PATIENCE)


async def files_are_refused(watched: Watched) -> None:
    """Uploads that are not what they were said to be."""
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/pdf",
        "X-Filename": "a.pdf",
        "X-Content-SHA256": hashlib.sha256(b"another").hexdigest(),
        **Owner("school", "exam", "teacher").headers(),
    }
    async with httpx2.AsyncClient(base_url=watched.stack.storage.url, headers=headers, verify=TRUST_NOBODY) as storage:
        for _ in range(6):
            answer = await storage.put(f"/exports/{uuid4()}/file", content=b"one")
            assert answer.status_code == 422, answer.text


async def answers_are_slow(watched: Watched) -> None:
    """The table of exports is locked for a second."""
    async with watched.fake.database.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE exports.export IN ACCESS EXCLUSIVE MODE")
        asked = asyncio.create_task(watched.start())
        await asyncio.sleep(1.0)
    await asked


async def a_delivery_is_given_up(watched: Watched) -> None:
    """The only endpoint does not answer, twice."""
    await watched.start("zip")


FAULTS: dict[str, Callable[[Watched], Awaitable[None]]] = {
    "RequestsParked": requests_park,
    "ExportsWaiting": exports_wait,
    "RenderersCrash": exports_are_given_up,
    "ExportsFail": exports_fail,
    "MessagesRefused": a_message_does_not_hold,
    "SignaturesRefused": a_message_is_not_signed,
    "SubscriberStuck": a_subscriber_is_stuck,
    "StorageRefusesFiles": files_are_refused,
    "AnswersSlow": answers_are_slow,
    "DeliveriesGivenUp": a_delivery_is_given_up,
    "ExportsNotLeaving": exports_stay_in_the_outbox,
}
"""How each fault is made while there is no renderer."""

OF_RENDERERS = {"RenderersDisagree", "WorkersNotConfined"}


async def test_every_alert_has_its_fault() -> None:
    assert {rule["alert"] for group in rules()["groups"] for rule in group["rules"]} == FAULTS.keys() | OF_RENDERERS


@pytest.mark.parametrize("alert", FAULTS)
async def test_an_alert_fires_at_its_fault(watched: Watched, alert: str) -> None:
    await watched.fake.delete_exports()
    before = await watched.fires(alert)
    await FAULTS[alert](watched)
    await wait_until(lambda: watched.fires(alert), PATIENCE)
    assert not before or alert == "DeliveriesGivenUp", "it fired at another fault"


async def test_the_alert_of_a_renderer_that_is_not_confined(watched: Watched, renderers: list[Service]) -> None:
    await wait_until(lambda: watched.fires("WorkersNotConfined"), PATIENCE)


async def test_every_panel_has_data(watched: Watched, renderers: list[Service]) -> None:
    await watched.fake.delete_exports()
    for kind in ("pdf", "csv"):
        job = await watched.start(kind)
        assert await watched.followed(job) == "completed"
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    asked = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel["targets"]]

    async def without_data() -> list[tuple[str, str]]:
        return [each for each in asked if not _numbers(await asyncio.to_thread(watched.prometheus.query, each[1]))]

    async def all_have_data() -> bool:
        return not await without_data()

    with suppress(NeverHappened):
        await wait_until(all_have_data, PATIENCE)
    assert await without_data() == []


def _numbers(series: list[dict[str, Any]]) -> list[float]:
    return [number for each in series if not math.isnan(number := float(each["value"][1]))]


async def test_the_alert_of_renderers_that_disagree(watched: Watched, renderers: list[Service]) -> None:
    """A signed page of another renderer's is there before the one that was typeset here."""
    await watched.fake.delete_exports()
    await _made(watched)
    signer = Signer(watched.stack.signing_keys[Role.RENDERER])
    results = [path for path in (watched.stack.folder / "files").rglob("results/**/*") if path.is_file()]
    pages = [path.read_bytes().partition(b"\n")[2] for path in results]
    others = {path.name: another for path, another in zip(results, [*pages[1:], pages[0]], strict=True)}
    for path in results:
        path.unlink()
    for renderer in renderers:
        renderer.process.stop()
        renderer.process.start()
        renderer.wait_until_ready()
    await watched.fake.delete_exports()
    job = await watched.start(language="en")

    async def begun() -> bool:
        status = await asyncio.to_thread(watched.teacher.status, EXAM.id, job)
        return bool(status["processed"])

    await wait_until(begun, PATIENCE)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(base_url=watched.stack.storage.url, headers=headers, verify=TRUST_NOBODY) as storage:
        for name, body in others.items():
            await storage.put(
                f"/blobs/results/{name}", content=signer.blob_signature(name, body).encode() + b"\n" + body
            )
    await wait_until(lambda: watched.fires("RenderersDisagree"), PATIENCE)


async def _made(watched: Watched) -> None:
    """An export by both renderers, in English."""
    job = await watched.start(language="en")
    assert await watched.followed(job) == "completed"
