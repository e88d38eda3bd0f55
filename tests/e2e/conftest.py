"""The three services as processes, on the session's broker and databases of their own, with the sample school."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from dev.chaos.cluster import Cluster
from dev.sample import people
from dev.stack.services import Plan, Servers, Stack
from dev.teacher import Teacher
from tests.databases import MakeServers
from tests.e2e.client import ExportClient
from tests.e2e.clusters import client_of, complaints


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show beside a failure what the module's services complained of, where its folder will be gone."""
    report = yield
    running = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and isinstance(running, Cluster):
        report.sections.append(("complaints of the services", "\n".join(complaints(running))))
    return report


@pytest.fixture(scope="session")
def servers(make_servers: MakeServers) -> Iterator[Servers]:
    """What the services connect to."""
    with make_servers("e2e") as made:
        yield made


@pytest.fixture(scope="session")
def stack(servers: Servers, private_folder: Path) -> Iterator[Stack]:
    """A gateway (in demo mode), a storage and a renderer, ready."""
    settings = {"DEMO": "true", "STARTS_PER_MINUTE_USER": "300"}  # one teacher starts the exports of all tests
    with Stack(private_folder / "stack", servers, Plan(settings={"gateway": settings})) as running:
        yield running


@pytest.fixture
def teacher(stack: Stack) -> Iterator[Teacher]:
    """The author of the sample's mathematics exam, signed in."""
    with Teacher(stack.url, people.OKONKWO, stack.session_secret) as signed_in:
        yield signed_in


@pytest_asyncio.fixture(loop_scope="module")
async def client(cluster: Cluster) -> AsyncIterator[ExportClient]:
    """A client at the first gateway of the module's `cluster`."""
    async with client_of(cluster) as made:
        yield made
