"""An error nobody foresaw, once at each named step of each service: every export is made all the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dev.chaos.cluster import Cluster
from dev.chaos.faults import RARE, failpoints_of
from tests.e2e.outages import Desk, desk, house, lines, ready
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(private_folder: Path) -> AsyncIterator[Cluster]:
    async with house(private_folder / "failpoints", gateways=1, renderers=1, storages=1) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def teacher(home: Cluster) -> AsyncIterator[Desk]:
    async with desk(home) as sitting:
        yield sitting


def usual(service: str) -> list[str]:
    return [name for name in failpoints_of(service) if not name.startswith(RARE)]


async def rearmed(home: Cluster, name: str, failpoints: str) -> None:
    await home.kill(name)
    await home.revive(name, failpoints)
    await ready(home, name)


def fired(home: Cluster, service: str) -> list[str]:
    return [line["failpoint"] for line in lines(home, service, "failpoint.fired")]


@pytest.mark.parametrize("service", ["gateway", "storage"])
async def test_each_step_raises_once(home: Cluster, teacher: Desk, service: str) -> None:
    names = usual(service)
    await rearmed(home, f"{service}-1", ",".join(f"{name}:raise:once" for name in names))
    jobs = []

    async def all_fired() -> bool:
        answer = await teacher.ask("csv")
        if answer.status_code == 202:
            jobs.append(answer.json()["jobId"])
            await teacher.ended(jobs[-1])
        return set(names) <= set(fired(home, f"{service}-1"))

    await wait_until(all_fired, 90)
    for job in jobs:
        assert (await teacher.ended(job))["status"] == "completed"
    await rearmed(home, f"{service}-1", "")


@pytest.mark.parametrize("name", usual("renderer"))
async def test_each_step_of_a_renderer_raises_once(home: Cluster, teacher: Desk, name: str) -> None:
    before = len(fired(home, "renderer-1"))
    await rearmed(home, "renderer-1", f"{name}:raise:once")
    job = await teacher.start("csv")
    status = await teacher.ended(job)
    assert status["status"] == "completed"
    assert fired(home, "renderer-1")[before:] == [name]
    again = await teacher.start("csv")
    assert (await teacher.ended(again))["status"] == "completed", "nothing is left stuck behind it"
