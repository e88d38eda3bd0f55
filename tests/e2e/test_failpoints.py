"""An error nobody foresaw, once at each named step of each service: every export is made all the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dev.chaos.cluster import Cluster
from dev.chaos.faults import RARE, failpoints_of
from tests.e2e.client import ExportClient
from tests.e2e.clusters import (
    log_lines,
    rearm,
    running_cluster,
)
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(private_folder: Path) -> AsyncIterator[Cluster]:
    async with running_cluster(private_folder / "failpoints", gateways=1, renderers=1, storages=1) as running:
        yield running


def usual(service: str) -> list[str]:
    return [name for name in failpoints_of(service) if not name.startswith(RARE)]


def fired(cluster: Cluster, service: str) -> list[str]:
    return [line["failpoint"] for line in log_lines(cluster, service, "failpoint.fired")]


@pytest.mark.parametrize("service", ["gateway", "storage"])
async def test_each_step_raises_once(cluster: Cluster, client: ExportClient, service: str) -> None:
    names = usual(service)
    await rearm(cluster, f"{service}-1", ",".join(f"{name}:raise:once" for name in names))
    jobs = []

    async def all_fired() -> bool:
        answer = await client.post("csv")
        if answer.status_code == 202:
            jobs.append(answer.json()["jobId"])
            await client.ended(jobs[-1])
        return set(names) <= set(fired(cluster, f"{service}-1"))

    await wait_until(all_fired, 90)
    for job in jobs:
        assert (await client.ended(job))["status"] == "completed"
    await rearm(cluster, f"{service}-1")


@pytest.mark.parametrize("name", usual("renderer"))
async def test_each_step_of_a_renderer_raises_once(cluster: Cluster, client: ExportClient, name: str) -> None:
    before = len(fired(cluster, "renderer-1"))
    await rearm(cluster, "renderer-1", f"{name}:raise:once")
    job = await client.start("csv")
    status = await client.ended(job)
    assert status["status"] == "completed"
    assert fired(cluster, "renderer-1")[before:] == [name]
    again = await client.start("csv")
    assert (await client.ended(again))["status"] == "completed", "nothing is left stuck behind it"
