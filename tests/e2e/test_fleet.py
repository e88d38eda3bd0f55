"""Two renderers make one export, and either is killed at each step of it: the document is whole all the same."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from dev.chaos.cluster import Cluster
from dev.chaos.faults import failpoints_of
from dev.plain_http import TRUST_NOBODY
from dev.sample import people
from dev.sample.subjects.mathematiques import MATHEMATIQUES
from tests.e2e.client import ExportClient
from tests.e2e.clusters import client_of, log_lines, rearm, running_cluster
from tests.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

COORDINATOR, HELPER = "renderer-1", "renderer-2"
STEPS = [name for name in failpoints_of("renderer") if name.startswith(("coordinator.", "helper."))]
CHOICES: tuple[dict[str, Any], ...] = (
    {"audience": "jury"},
    {"audience": "teacher"},
    {"comments": False},
    {"language": "en"},
    {"statements": False},
    {"statements": False, "comments": False},
    {"audience": "anonymous"},
)
"""Options for each export, each another than the others': what was typeset before is not found ready."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(private_folder: Path) -> AsyncIterator[Cluster]:
    async with running_cluster(private_folder / "fleet", gateways=1, renderers=2, storages=1) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def client(cluster: Cluster) -> AsyncIterator[ExportClient]:
    """The author of the larger exam."""
    async with client_of(cluster, person=people.OKONKWO, exam=MATHEMATIQUES.id) as made:
        yield made


async def measured(cluster: Cluster, service: str, series: str) -> float:
    """A series of a service's metrics; 0 where it is not there."""
    async with httpx2.AsyncClient(trust_env=False, verify=TRUST_NOBODY) as http:
        text = (await http.get(f"{cluster.services[service].url}/metrics")).text
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def lent(cluster: Cluster) -> bool:
    """Whether the coordinator knows of the helper."""
    return await measured(cluster, COORDINATOR, "renderer_fleet_workers") >= 1


async def test_every_step_is_tried() -> None:
    assert len(CHOICES) == len(STEPS) + 1
    assert STEPS == [
        "coordinator.bound",
        "coordinator.offered",
        "helper.announced",
        "helper.fetched",
        "helper.put",
        "helper.typeset",
    ]


async def test_a_helper_takes_its_share(cluster: Cluster, client: ExportClient) -> None:
    await rearm(cluster, HELPER, ROLE="typeset")
    await wait_until(lambda: lent(cluster), 30)
    status = await client.ended(await client.start("pdf", CHOICES[-1]), 90)
    assert (status["status"], status["result"]["attemptCount"]) == ("completed", 37)
    assert await measured(cluster, COORDINATOR, 'renderer_shards_total{event="helped"}') >= 1
    assert await measured(cluster, HELPER, 'renderer_shards_taken_total{outcome="done"}') >= 1


@pytest.mark.parametrize(("step", "options"), list(zip(STEPS, CHOICES[:-1], strict=True)))
async def test_a_renderer_killed_at_a_step_costs_no_copy(
    cluster: Cluster, client: ExportClient, step: str, options: dict[str, Any]
) -> None:
    killed = HELPER if step.startswith("helper.") else COORDINATOR
    await rearm(cluster, HELPER, f"{step}:kill" if killed == HELPER else "", ROLE="typeset")
    await rearm(cluster, COORDINATOR, f"{step}:kill" if killed == COORDINATOR else "", ROLE="coordinate")
    await wait_until(lambda: lent(cluster), 30)
    before = len(log_lines(cluster, killed, "failpoint.fired"))
    job = await client.start("pdf", options)
    await wait_until(lambda: len(log_lines(cluster, killed, "failpoint.fired")) > before, 60)
    await rearm(cluster, killed, ROLE="coordinate" if killed == COORDINATOR else "typeset")
    status = await client.ended(job, 90)
    assert (status["status"], status["result"]["attemptCount"]) == ("completed", 37)
    assert [warning["code"] for warning in status["result"]["warnings"] if "copy" in warning["code"]] == []
