"""Alive and ready are two questions; a dependency that hangs counts as away."""

import asyncio

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.applications import Starlette

from services.common import health


async def _there() -> None:
    return None


async def _away() -> None:
    raise ConnectionError("no")


async def _hangs() -> None:
    await asyncio.Event().wait()


def _client(registry: CollectorRegistry | None = None, **checks: health.Check) -> httpx2.AsyncClient:
    app = Starlette(routes=list(health.health_routes(checks, registry or CollectorRegistry())))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://service")


async def test_ready_when_every_dependency_is_there() -> None:
    answer = await _client(database=_there).get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": {"database": "ok"}})


async def test_alive_but_not_ready_when_one_is_away() -> None:
    client = _client(database=_there, broker=_away)
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "broker": "unavailable: ConnectionError"}


async def test_a_check_that_hangs_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.01)
    assert (await _client(broker=_hangs).get("/readyz")).json()["checks"] == {"broker": "unavailable: TimeoutError"}


async def test_metrics_are_those_of_the_registry() -> None:
    registry = CollectorRegistry()
    Counter("exports_seen", "Exports seen.", registry=registry).inc()
    assert "exports_seen_total 1.0" in (await _client(registry).get("/metrics")).text
