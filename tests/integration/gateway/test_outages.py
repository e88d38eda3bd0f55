"""What the gateway depends on goes away and comes back: nobody does anything, nothing is lost, nothing is a 500."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from contracts.topology import Topology
from dev.sample import load
from dev.stack.postgresql import PrivatePostgres
from dev.stack.rabbitmq import PrivateRabbit
from services.common.broker import BrokerUnavailable
from services.common.declaration import ready_messages
from services.gateway.__main__ import listener
from services.gateway.settings import GatewaySettings
from tests.builders import an_export_failed
from tests.integration.gateway.harness import SECRET, TOKEN, Harness, following, running_gateway
from tests.integration.gateway.requests import BASE, OWNER, problem, reached, start
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


@pytest.fixture
def database(private_folder: Path) -> Iterator[PrivatePostgres]:
    """A database server that does not run yet."""
    server = PrivatePostgres(private_folder / "outages-postgres")
    yield server
    server.remove()


@pytest.fixture
def broker(private_folder: Path) -> Iterator[PrivateRabbit]:
    """A broker that does not run yet."""
    server = PrivateRabbit(private_folder / "outages-rabbit")
    yield server
    server.remove()


@asynccontextmanager
async def gateway(database: PrivatePostgres, broker: PrivateRabbit, **overrides: Any) -> AsyncIterator[Harness]:
    """A gateway that waits for nothing. Its storage is away."""
    with listener("127.0.0.1", 0) as sock:
        settings = GatewaySettings(
            amqp_url=broker.url,
            internal_token=TOKEN,
            database_url=database.url,
            correcta_database_url=database.url,
            storage_url="http://127.0.0.1:9",
            session_secret=SECRET,
            port=sock.getsockname()[1],
            requester_share_percent=100,
            requests_ahead=100,
            **overrides,
        )
        async with running_gateway(settings, sock, "", Topology(), broker.url, whole=False, wait=False) as harness:
            yield harness


async def started(*servers: PrivatePostgres | PrivateRabbit) -> None:
    await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))


async def school(database: PrivatePostgres) -> None:
    await load.load(database.url)


async def waiting(topology: Topology, url: str) -> int:
    return await ready_messages(url, [topology.requests, topology.small_requests])


async def test_started_alone_it_is_alive_says_503_and_joins_what_comes(
    database: PrivatePostgres, broker: PrivateRabbit
) -> None:
    async with gateway(database, broker) as harness:
        teacher, nobody = harness.browser(), harness.nobody()
        assert (await nobody.get("/healthz")).status_code == 200
        assert (await nobody.get("/readyz")).status_code == 503
        for answer in (await teacher.post(f"{BASE}/pdf", json={}), await teacher.get("/api/exports")):
            assert problem(answer) == (503, "database_unavailable")
            assert int(answer.headers["retry-after"]) > 0
        page = await teacher.get("/dashboard")
        assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")

        await started(database)
        await school(database)

        async def able() -> bool:
            return (await teacher.get("/api/exports")).status_code == 200

        await wait_until(able)
        await harness.until("schema")
        times = []
        for _ in range(20):
            began = time.perf_counter()
            answer = await teacher.post(f"{BASE}/pdf", json={})
            times.append(time.perf_counter() - began)
            assert answer.status_code == 202
        assert sorted(times)[-2] < 0.25, "a broker that is away costs a start nothing"
        assert (await nobody.get("/readyz")).json()["status"] == "degraded"

        await started(broker)
        back = time.monotonic()

        async def drained() -> bool:
            link = await asyncpg.connect(database.url)
            try:
                return bool(await link.fetchval("SELECT count(*) = 0 FROM exports.outbox"))
            finally:
                await link.close()

        await wait_until(drained, 15)
        assert time.monotonic() - back < 10

        async def all_there() -> bool:
            return await waiting(harness.topology, broker.url) == 20

        await wait_until(all_there)


async def test_a_database_restart_is_a_503_and_outcomes_wait_for_it(
    database: PrivatePostgres, broker: PrivateRabbit
) -> None:
    await started(database, broker)
    await school(database)
    async with gateway(database, broker) as harness:
        teacher = harness.browser()
        await harness.until("database", "correcta", "broker")
        job = await start(teacher)
        async with following(teacher, f"{BASE}/events", params={"jobId": job}) as frames:
            await anext(frames)
            await asyncio.to_thread(database.kill)
            await harness.publisher.publish(an_export_failed(**OWNER, export_id=job))
            answers = [await teacher.get(f"{BASE}/status", params={"jobId": job}) for _ in range(10)]
            answers += [await teacher.post(f"{BASE}/pdf", json={}) for _ in range(5)]
            assert {problem(answer) for answer in answers} == {(503, "database_unavailable")}
            await started(database)
            back = time.monotonic()
            async with asyncio.timeout(10):
                assert [frame.event async for frame in frames] == ["failed"]
            assert time.monotonic() - back < 5
        assert (await reached(teacher, job, "failed"))["errorCode"] == "no_copies"
        await start(teacher)


async def test_a_broker_restart_is_not_noticed_by_anybody(database: PrivatePostgres, broker: PrivateRabbit) -> None:
    await started(database, broker)
    await school(database)
    async with gateway(database, broker) as harness:
        teacher = harness.browser()
        await harness.until("database", "correcta", "broker")
        first = await start(teacher)

        async def arrived() -> bool:
            return await waiting(harness.topology, broker.url) == 1

        await wait_until(arrived)
        await asyncio.to_thread(broker.stop)
        second = await start(teacher)
        await started(broker)

        async def both() -> bool:
            with contextlib.suppress(BrokerUnavailable):
                return await waiting(harness.topology, broker.url) == 2
            return False

        await wait_until(both, 15)
        for job in (first, second):

            async def told(job: str = job) -> bool:
                with contextlib.suppress(Exception):
                    await harness.publisher.publish(an_export_failed(**OWNER, export_id=job))
                    return True
                return False

            await wait_until(told)
            await reached(teacher, job, "failed")
