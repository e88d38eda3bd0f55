"""Behind PgBouncer that lends a connection for one transaction at a time, exports are made and told all the same."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from contracts.topology import Topology
from dev.stack.accounts import as_account, role_of
from dev.stack.pgbouncer import PrivatePgBouncer
from services.gateway.settings import GatewaySettings
from tests.integration.gateway.harness import Harness, following, running_gateway, running_storage
from tests.integration.gateway.requests import BASE, reached, start

pytestmark = pytest.mark.integration

CONTENT = b"%PDF-1.7 through a pooler"


@pytest.fixture(scope="module")
def pooler(private_folder: Path, postgres_url: str) -> Iterator[PrivatePgBouncer]:
    accounts = [role_of(service) for service in ("gateway", "storage")]
    with PrivatePgBouncer(private_folder / f"pgbouncer-{uuid4().hex[:8]}", postgres_url, accounts) as running:
        yield running


@pytest.fixture
async def storage_url(
    tmp_path: Path, database_url: str, amqp_url: str, topology: Topology, pooler: PrivatePgBouncer
) -> AsyncIterator[str]:
    """A storage whose ledger is behind PgBouncer."""
    pooled = pooler.url_of(as_account(database_url, role_of("storage")))
    async with running_storage(tmp_path.as_uri(), pooled, amqp_url, topology.namespace, account="") as url:
        yield url


@pytest.fixture
async def harness(
    settings: Callable[..., GatewaySettings],
    sock: socket.socket,
    storage_url: str,
    topology: Topology,
    amqp_url: str,
    pooler: PrivatePgBouncer,
) -> AsyncIterator[Harness]:
    """A gateway both of whose databases are behind PgBouncer."""
    direct = settings()
    pooled = settings(
        database_url=pooler.url_of(direct.database_url.get_secret_value()),
        correcta_database_url=pooler.url_of(direct.correcta_database_url.get_secret_value()),
    )
    async with running_gateway(pooled, sock, storage_url, topology, amqp_url) as running:
        yield running


async def test_an_export_from_the_click_to_the_file(harness: Harness) -> None:
    teacher = harness.browser()
    jobs = [await start(teacher) for _ in range(3)]
    async with following(teacher, f"{BASE}/events", params={"jobId": jobs[0]}, timeout=20) as frames:
        for job in jobs:
            await harness.complete(job, CONTENT)
        told = [frame.event async for frame in frames]
    assert told[-1] == "completed"
    for job in jobs:
        done = await reached(teacher, job, "completed")
        answer: httpx2.Response = await teacher.get(done["result"]["downloadUrl"])
        assert answer.content == CONTENT
