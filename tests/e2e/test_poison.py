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
from tests.e2e.outages import EXAM, Desk, begun, desk, house, ready
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

TIGHT = {"LIMIT_SHARD_SECONDS": "4", "LIMIT_SHARD_MEMORY": str(700 * 1024**2), "WORKERS": "2"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(private_folder: Path) -> AsyncIterator[Cluster]:
    async with house(private_folder / "poison", {"renderer": TIGHT}, gateways=1, renderers=1, storages=1) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def teacher(home: Cluster) -> AsyncIterator[Desk]:
    async with desk(home) as sitting:
        yield sitting


async def submissions(home: Cluster) -> list[str]:
    """The small exam's copies."""
    link = await asyncpg.connect(home.servers.correcta_database_url)
    try:
        sql = 'SELECT "id" FROM "Attempt" WHERE "examId" = $1 AND "status" <> \'IN_PROGRESS\' ORDER BY "id"'
        return [row["id"] for row in await link.fetch(sql, EXAM)]
    finally:
        await link.close()


async def rearmed(home: Cluster, failpoints: str) -> int:
    """A renderer with these failpoints; its pid."""
    await home.kill("renderer-1")
    await home.revive("renderer-1", failpoints)
    await ready(home, "renderer-1")
    return home.services["renderer-1"].process.pid


async def test_three_poisoned_copies_and_their_neighbours(home: Cluster, teacher: Desk) -> None:
    killed, hung, eaten, *healthy = await submissions(home)
    assert len(healthy) == 2
    pid = await rearmed(home, f"worker.copy@{killed}:kill,worker.copy@{hung}:hang,worker.copy@{eaten}:eat")
    async with desk(home, person=people.KABORE, exam=INFORMATIQUE.id) as neighbour:
        theirs = await neighbour.start("pdf")
        begin = time.monotonic()
        job = await teacher.start("pdf")
        status = await teacher.ended(job, 90)
        beside = await neighbour.ended(theirs, 90)
    assert (status["status"], status["attempt"], begun(home, "renderer-1", job)) == ("completed", 1, 1)
    assert time.monotonic() - begin < 60
    warnings = status["result"]["warnings"]
    lost = {warning["submissionId"]: warning["message"] for warning in warnings if _is_lost(warning)}
    assert set(lost) == {killed, hung, eaten}
    assert "interrompue" in lost[killed]
    assert "temps" in lost[hung]
    assert "mémoire" in lost[eaten]
    assert status["result"]["attemptCount"] == 5
    answer = await teacher.http.get(status["result"]["downloadUrl"])
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == status["result"]["pages"]
    assert beside["status"] == "completed"
    assert not any(_is_lost(warning) for warning in beside["result"]["warnings"])
    assert home.services["renderer-1"].process.pid == pid, "the renderer itself never ended"
    assert home.services["renderer-1"].process.running


def _is_lost(warning: dict[str, str]) -> bool:
    return warning["code"] == WarningCode.COPY_NOT_RENDERED


async def test_when_every_copy_is_poisoned_the_export_still_ends(home: Cluster, teacher: Desk) -> None:
    await rearmed(home, "worker.copy:kill")
    status = await teacher.ended(await teacher.start("zip"), 90)
    assert status["status"] == "completed"
    lost = [warning for warning in status["result"]["warnings"] if _is_lost(warning)]
    assert len(lost) == 5


async def test_killing_every_process_below_a_renderer_costs_no_export(home: Cluster, teacher: Desk) -> None:
    await rearmed(home, "worker.copy:hang=0.5")
    job = await teacher.start("pdf")
    renderer = psutil.Process(home.services["renderer-1"].process.pid)
    await wait_until(lambda: begun(home, "renderer-1", job))
    for process in renderer.children(recursive=True):
        if "resource_tracker" not in " ".join(process.cmdline()):
            process.kill()
    status = await teacher.ended(job, 60)
    assert (status["status"], status["attempt"]) == ("completed", 1)
