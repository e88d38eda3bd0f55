"""Probes, metrics, the OpenAPI and the AsyncAPI document. Without a broker the gateway is ready all the same: exports
wait in the outbox.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import contracts
from contracts.http import Health, HealthStatus
from services.common import health
from services.common.topology_recovery import TopologyRecovery
from services.gateway.dependencies import dependencies

DOCUMENTS = ("openapi.json", "asyncapi.json")
"""The committed descriptions of the HTTP interface and of the events."""


async def readyz(request: Request) -> Response:
    """GET `/readyz`: 200 when the databases answer and the background tasks run; 503 otherwise, and when about to stop.
    `broker`, `consumers` and `storage` only degrade.
    """
    deps = dependencies(request)
    if deps.hub.closed:
        return _health("stopping", {}, 503)
    recovery: TopologyRecovery = request.state.recovery
    needed = await health.states(
        {"database": deps.store.ping, "correcta": deps.directory.ping, "background": _background(request)}
    )
    wanted = await health.states(
        {"broker": recovery.check_declared, "consumers": recovery.check_consuming, "storage": deps.storage.ping}
    )
    ready = all(state == "ok" for state in needed.values())
    whole = all(state == "ok" for state in wanted.values())
    status: HealthStatus = ("ready" if whole else "degraded") if ready else "unavailable"
    return _health(status, needed | wanted, 200 if ready else 503)


def _health(status: HealthStatus, checks: dict[str, str], code: int) -> Response:
    return Response(Health(status=status, checks=checks).to_json(), code, media_type="application/json")


def _document(name: str) -> Route:
    """GET of a committed document."""
    content = json.loads((Path(contracts.__file__).parent / name).read_text(encoding="utf-8"))

    async def document(_: Request) -> Response:
        return JSONResponse(content)

    return Route(f"/{name}", document)


def health_routes(registry: CollectorRegistry) -> list[Route]:
    """The addresses of this module."""
    common = [route for route in health.health_routes({}, registry) if route.path != "/readyz"]
    return [*common, Route("/readyz", readyz), *map(_document, DOCUMENTS)]


def _background(request: Request) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        if request.state.background.done():
            raise RuntimeError("the background tasks have ended")

    return check
