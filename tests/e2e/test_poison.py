"""Copies that crash, hang or eat memory in a worker end as placeholders with a warning; nobody else is concerned."""

import io
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pikepdf
import psutil
import pytest
import pytest_asyncio

from contracts.states import WarningCode
from dev.chaos.cluster import Cluster
from dev.sample import people
from dev.sample.subjects.informatique import INFORMATIQUE
from tests.e2e.client import EXAM, ExportClient
from tests.e2e.clusters import (
    attempts_begun,
    client_of,
    rearm,
    running_cluster,
)
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

TIGHT = {"LIMIT_SHARD_SECONDS": "4", "LIMIT_SHARD_MEMORY": str(700 * 1024**2), "WORKERS": "2"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(private_folder: Path) -> AsyncIterator[Cluster]:
    async with running_cluster(
        private_folder / "poison", {"renderer": TIGHT}, gateways=1, renderers=1, storages=1
    ) as running:
        yield running


async def submissions(cluster: Cluster) -> list[str]:
    """The small exam's copies."""
    link = await asyncpg.connect(cluster.servers.correcta_database_url)
    try:
        sql = 'SELECT "id" FROM "Attempt" WHERE "examId" = $1 AND "status" <> \'IN_PROGRESS\' ORDER BY "id"'
        return [row["id"] for row in await link.fetch(sql, EXAM)]
    finally:
        await link.close()


async def test_three_poisoned_copies_and_their_neighbours(cluster: Cluster, client: ExportClient) -> None:
    killed, hung, eaten, *healthy = await submissions(cluster)
    assert len(healthy) == 2
    await rearm(cluster, "renderer-1", f"worker.copy@{killed}:kill,worker.copy@{hung}:hang,worker.copy@{eaten}:eat")
    pid = cluster.services["renderer-1"].process.pid
    async with client_of(cluster, person=people.KABORE, exam=INFORMATIQUE.id) as neighbour:
        theirs = await neighbour.start("pdf")
        begin = time.monotonic()
        job = await client.start("pdf")
        status = await client.ended(job, 90)
        beside = await neighbour.ended(theirs, 90)
    assert (status["status"], status["attempt"], attempts_begun(cluster, "renderer-1", job)) == ("completed", 1, 1)
    assert time.monotonic() - begin < 60
    warnings = status["result"]["warnings"]
    lost = {warning["submissionId"]: warning["message"] for warning in warnings if _is_lost(warning)}
    assert set(lost) == {killed, hung, eaten}
    assert "interrompue" in lost[killed]
    assert "temps" in lost[hung]
    assert "mémoire" in lost[eaten]
    assert status["result"]["attemptCount"] == 5
    answer = await client.http.get(status["result"]["downloadUrl"])
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == status["result"]["pages"]
    assert beside["status"] == "completed"
    assert not any(_is_lost(warning) for warning in beside["result"]["warnings"])
    assert cluster.services["renderer-1"].process.pid == pid, "the renderer itself never ended"
    assert cluster.services["renderer-1"].process.running


def _is_lost(warning: dict[str, str]) -> bool:
    return warning["code"] == WarningCode.COPY_NOT_RENDERED


async def test_when_every_copy_is_poisoned_the_export_still_ends(cluster: Cluster, client: ExportClient) -> None:
    await rearm(cluster, "renderer-1", "worker.copy:kill")
    status = await client.ended(await client.start("zip"), 90)
    assert status["status"] == "completed"
    lost = [warning for warning in status["result"]["warnings"] if _is_lost(warning)]
    assert len(lost) == 5


async def test_killing_every_process_below_a_renderer_costs_no_export(cluster: Cluster, client: ExportClient) -> None:
    await rearm(cluster, "renderer-1", "worker.copy:hang=0.5")
    job = await client.start("pdf")
    renderer = psutil.Process(cluster.services["renderer-1"].process.pid)
    await wait_until(lambda: attempts_begun(cluster, "renderer-1", job))
    for process in renderer.children(recursive=True):
        if "resource_tracker" not in " ".join(process.cmdline()):
            process.kill()
    status = await client.ended(job, 60)
    assert (status["status"], status["attempt"]) == ("completed", 1)
