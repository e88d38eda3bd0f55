"""`/healthz` says that the process is alive, `/readyz` whether what it depends on is there, `/metrics` how it fares."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[None]]
"""Returns when the dependency is there; raises when it isn't."""

CHECK_SECONDS = 2.0


class NotReady(Exception):
    """Why something is not ready, in words that `/readyz` may show: no address, no secret, no text of a library's."""


PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""The paths that `health_routes` answers: without a token, without a trace."""


async def _state(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except NotReady as reason:
        return f"unavailable: {reason}"
    except Exception as error:
        return f"unavailable: {type(error).__name__}"
    return "ok"


async def states(checks: Mapping[str, Check]) -> dict[str, str]:
    """What each check says, all asked at once: `ok`, or what is wrong."""
    return dict(zip(checks, await asyncio.gather(*map(_state, checks.values())), strict=True))


def health_routes(checks: Mapping[str, Check], registry: CollectorRegistry) -> list[Route]:
    """The three routes every service has on its `PORT`."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        found = await states(checks)
        ready = all(state == "ok" for state in found.values())
        return JSONResponse(
            {"status": "ready" if ready else "unavailable", "checks": found}, status_code=200 if ready else 503
        )

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
