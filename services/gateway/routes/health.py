"""Probes, metrics, the OpenAPI and the AsyncAPI document with a readable page of each. Without a broker the gateway is
ready all the same: exports wait in the outbox.
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
from services.gateway import reference
from services.gateway.dependencies import dependencies
from services.gateway.pages import render

DOCUMENTS: dict[str, Callable[[reference.Schema], reference.Reference]] = {
    "openapi": reference.http_reference,
    "asyncapi": reference.events_reference,
}
"""The committed descriptions of the HTTP interface and of the events, and what makes a page of each."""


async def readyz(request: Request) -> Response:
    """GET `/readyz`: 200 when the databases answer, the schema fits and the background tasks run; 503 otherwise, and
    when about to stop. `broker`, `consumers` and `storage` only degrade.
    """
    deps = dependencies(request)
    if deps.hub.closed:
        return _health("stopping", {}, 503)
    recovery: TopologyRecovery = request.state.recovery
    needed = await health.states(
        {
            "database": deps.store.ping,
            "schema": deps.migrator.check,
            "correcta": deps.directory.ping,
            "background": _background(request),
        }
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


def _document(name: str, made: Callable[[reference.Schema], reference.Reference]) -> list[Route]:
    """GET of a committed document, and of its page."""
    content = json.loads((Path(contracts.__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
    shown = made(content)

    async def document(_: Request) -> Response:
        return JSONResponse(content)

    async def page(request: Request) -> Response:
        return render(request, "reference.html", reference=shown)

    return [Route(f"/{name}.json", document), Route(f"/{name}.html", page, name=f"{name}_page")]


def health_routes(registry: CollectorRegistry) -> list[Route]:
    """The addresses of this module."""
    common = [route for route in health.health_routes({}, registry) if route.path != "/readyz"]
    documents = [route for name, made in DOCUMENTS.items() for route in _document(name, made)]
    return [*common, Route("/readyz", readyz), *documents]


def _background(request: Request) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        if request.state.background.done():
            raise health.NotReady("the background tasks have ended")
        await request.state.supervisor.check()

    return check
