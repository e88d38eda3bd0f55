"""Alive, ready, measured, described. Without a broker the gateway is ready all the same: exports are kept, and leave
for it once it is back.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import contracts
from services.common import health
from services.gateway.room import room_of

OPENAPI = Path(contracts.__file__).parent / "openapi.json"


async def readyz(request: Request) -> Response:
    """200 when databases answer; `broker` and `storage` are told, but only degrade. 503 when about to stop."""
    room = room_of(request)
    if room.hub.closed:
        return JSONResponse({"status": "stopping", "checks": {}}, 503)
    needed = await health.states({"database": room.store.ping, "correcta": room.directory.ping})
    wanted = await health.states({"broker": _broker(request), "storage": room.files.ping})
    ready = all(state == "ok" for state in needed.values())
    whole = all(state == "ok" for state in wanted.values())
    status = ("ready" if whole else "degraded") if ready else "unavailable"
    return JSONResponse({"status": status, "checks": needed | wanted}, 200 if ready else 503)


async def openapi(_: Request) -> Response:
    """The interface, as committed."""
    return JSONResponse(json.loads(OPENAPI.read_text(encoding="utf-8")))


def health_routes(registry: CollectorRegistry) -> list[Route]:
    """The addresses of this module."""
    common = [route for route in health.health_routes({}, registry) if route.path != "/readyz"]
    return [*common, Route("/readyz", readyz), Route("/openapi.json", openapi)]


def _broker(request: Request) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        for broker in request.state.brokers:
            if not await broker.ping(timeout=health.CHECK_SECONDS):
                raise ConnectionError("the broker is away")

    return check
