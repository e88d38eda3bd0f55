"""Clusters of the services for tests, and what is read of them: their logs, their database."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from dev.chaos.cluster import Cluster
from dev.chaos.faults import Parameters
from dev.chaos.history import History
from tests.e2e.client import ExportClient


@asynccontextmanager
async def running_cluster(
    folder: Path, extra: Mapping[str, Mapping[str, str]] | None = None, **counts: int
) -> AsyncIterator[Cluster]:
    """A running cluster with so many processes of each service."""
    history = History(folder / "history.jsonl")
    cluster = Cluster(folder, Parameters(seed=0, **counts), history, extra)
    try:
        await cluster.start_servers()
        await cluster.start_services()
        yield cluster
        await cluster.stop()
    finally:
        cluster.close()
        history.close()


def log_lines(cluster: Cluster, service: str, event: str) -> list[dict[str, Any]]:
    """What a service logged under one name, in order."""
    path = cluster.folder / "logs" / f"{service}.log"
    found = [json.loads(line) for line in path.read_text().splitlines() if f'"{event}"' in line]
    return [line for line in found if line["event"] == event]


def complaints(cluster: Cluster, count: int = 40) -> list[str]:
    """The latest lines of each service's log that are not plain information, shortened."""
    found: list[str] = []
    for path in sorted((cluster.folder / "logs").glob("*.log")):
        lines = [line for line in path.read_text(errors="replace").splitlines() if '"level": "info"' not in line]
        found += [f"{path.stem}: {line[:600]}" for line in lines[-count:]]
    return found


def attempts_begun(cluster: Cluster, service: str, job: str) -> int:
    """How often a renderer began an export."""
    return sum(line.get("export") == job for line in log_lines(cluster, service, "export.attempt_begun"))


def client_of(cluster: Cluster, gateway: str = "gateway-1", **who: Any) -> ExportClient:
    """A client at one of its gateways."""
    return ExportClient(cluster.services[gateway].url, cluster.session_secret, **who)


async def wait_until_ready(cluster: Cluster, *names: str) -> None:
    """Return once these services are ready."""
    await asyncio.gather(*(asyncio.to_thread(cluster.services[name].wait_until_ready) for name in names))


async def run_renderers(cluster: Cluster, *renderers: str) -> None:
    """Start these renderers where they do not run, and kill the others."""
    for name in cluster.names:
        if name.startswith("renderer"):
            running = cluster.services[name].process.running
            if name in renderers and not running:
                await cluster.start(name)
            if name not in renderers and running:
                await cluster.kill(name)
    await wait_until_ready(cluster, *renderers)


async def rearm(cluster: Cluster, name: str, failpoints: str = "", **settings: str) -> None:
    """Kill a service and start it with these failpoints and settings; returns when it is ready."""
    await cluster.kill(name)
    await cluster.start(name, failpoints, settings)
    await wait_until_ready(cluster, name)


async def fetch_value(cluster: Cluster, sql: str, *arguments: object) -> Any:
    """One value of the exports database, past every proxy."""
    link = await asyncpg.connect(cluster.servers.database_url)
    try:
        return await link.fetchval(sql, *arguments)
    finally:
        await link.close()


async def outbox_is_empty(cluster: Cluster) -> bool:
    """Whether every event has left."""
    return bool(await fetch_value(cluster, "SELECT count(*) = 0 FROM exports.outbox"))
