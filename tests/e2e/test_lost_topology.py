"""Exchanges, queues and messages vanish while exports run: each accepted export still has exactly one end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from contracts.topology import Topology
from dev.chaos.cluster import Cluster
from dev.stack.programs import rabbitmq_server
from tests import queues
from tests.e2e.client import ExportClient
from tests.e2e.clusters import attempts_begun, fetch_value, outbox_is_empty, rearm, running_cluster, wait_until_ready
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

FEW_LINES = 60
"""Of each service's log for one loss, on a machine where a node takes half a minute to come back."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(private_folder: Path) -> AsyncIterator[Cluster]:
    extra = {"gateway": {"RESEND_SECONDS": "4"}}
    async with running_cluster(private_folder / "lost", extra, gateways=2, renderers=2, storages=1) as running:
        yield running


async def _control(cluster: Cluster, *command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        str(rabbitmq_server().with_name("rabbitmqctl")),
        "-n",
        "correcta@localhost",
        *command,
        env=cluster.rabbit.process.env,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0


async def _ready(cluster: Cluster, name: str) -> str:
    async with httpx2.AsyncClient(trust_env=False) as http:
        return str((await http.get(f"{cluster.services[name].url}/readyz")).json()["status"])


def _lines(cluster: Cluster) -> dict[str, int]:
    """How many lines each service logged that tell of no export."""
    texts = {name: (cluster.folder / "logs" / f"{name}.log").read_text() for name in cluster.names}
    return {name: sum('"export"' not in line for line in text.splitlines()) for name, text in texts.items()}


async def _all_end_once(cluster: Cluster, client: ExportClient, jobs: list[str]) -> None:
    for job in jobs:
        status = await client.ended(job, 120)
        assert status["status"] == "completed", status
    ends = await fetch_value(
        cluster,
        "SELECT count(*) FROM exports.audit WHERE export_id = ANY($1) AND action IN "
        "('export.completed', 'export.failed', 'export.cancelled')",
        [UUID(job) for job in jobs],
    )
    assert ends == len(jobs)


async def _begun(cluster: Cluster, client: ExportClient) -> list[str]:
    """Exports of which some are being made, and others wait."""
    jobs = [await client.start("pdf") for _ in range(6)]
    await wait_until(lambda: any(attempts_begun(cluster, "renderer-1", job) for job in jobs), 30)
    return jobs


async def test_everything_deleted_while_exports_run(cluster: Cluster, client: ExportClient) -> None:
    jobs = await _begun(cluster, client)
    before = _lines(cluster)
    await queues.wipe(cluster.rabbit.url, Topology())
    jobs += [await client.start() for _ in range(3)]
    await _all_end_once(cluster, client, jobs)
    await wait_until_ready(cluster, *cluster.names)
    assert all(after - before[name] < FEW_LINES for name, after in _lines(cluster).items())


async def test_a_request_that_vanished_with_its_renderer_is_published_again(
    cluster: Cluster, client: ExportClient
) -> None:
    await cluster.kill("renderer-2")
    await rearm(cluster, "renderer-1", "render.loaded:hang")
    begun = await client.start("pdf")
    await wait_until(lambda: attempts_begun(cluster, "renderer-1", begun), 30)
    await cluster.kill("renderer-1")
    queued = [await client.start() for _ in range(2)]
    await wait_until(lambda: outbox_is_empty(cluster), 20)
    await queues.wipe(cluster.rabbit.url, Topology())
    await rearm(cluster, "renderer-1")
    await _all_end_once(cluster, client, [begun, *queued])
    await cluster.start("renderer-2")
    await wait_until_ready(cluster, "renderer-2")


async def test_a_node_reset_while_exports_run(cluster: Cluster, client: ExportClient) -> None:
    jobs = await _begun(cluster, client)
    before = _lines(cluster)
    for command in ("stop_app", "force_reset"):
        await _control(cluster, command)
    assert await _ready(cluster, "renderer-1") == "unavailable"
    assert await _ready(cluster, "gateway-1") == "degraded"
    jobs.append(await client.start())
    await _control(cluster, "start_app")
    await wait_until_ready(cluster, *cluster.names)
    jobs.append(await client.start())
    await _all_end_once(cluster, client, jobs)
    assert all(after - before[name] < FEW_LINES for name, after in _lines(cluster).items())
