"""The services' HTTP server over an application of the test's, and what that application saw."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from services.common.health import health_routes
from services.common.http.limits import HttpLimits
from services.common.http.proxies import TrustedProxies
from services.common.metrics import make_registry
from tests.serving import NOBODY, serving


@dataclass
class Running:
    """A server, and what its application saw."""

    port: int
    registry: CollectorRegistry
    bodies: list[bytes] = field(default_factory=list)
    abandoned: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def refused(self, reason: str) -> float:
        """How many connections or requests were refused for a reason."""
        return self.registry.get_sample_value("http_refused_total", {"reason": reason}) or 0.0

    @property
    def connections(self) -> float:
        """How many connections are open."""
        return self.registry.get_sample_value("http_connections") or 0.0


@asynccontextmanager
async def running(limits: HttpLimits | None = None, trusted: TrustedProxies = NOBODY) -> AsyncIterator[Running]:
    """A server of `/hello`, `/echo` (a body), `/wait` (until released), `/endless` (a download), and the probes."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        seen = Running(sock.getsockname()[1], make_registry())
        async with serving(application(seen), sock, limits, trusted):
            try:
                yield seen
            finally:
                seen.released.set()


def application(seen: Running) -> Starlette:
    """What is served."""

    async def hello(request: Request) -> Response:
        return PlainTextResponse(f"hello {request.scope['path']} {request.method}")

    async def echo(request: Request) -> Response:
        try:
            seen.bodies.append(await request.body())
        except ClientDisconnect:
            seen.abandoned += 1
            return Response(status_code=400)
        return JSONResponse({"size": len(seen.bodies[-1])})

    async def wait(_: Request) -> Response:
        await seen.released.wait()
        return PlainTextResponse("released")

    async def endless(_: Request) -> Response:
        async def content() -> AsyncIterator[bytes]:
            try:
                while not seen.released.is_set():
                    yield bytes(64 * 1024)
                    await asyncio.sleep(0)
            finally:
                seen.abandoned += 1

        return StreamingResponse(content())

    app = Starlette(
        routes=[
            Route("/hello", hello, methods=["GET", "POST"]),
            Route("/echo", echo, methods=["POST"]),
            Route("/wait", wait, methods=["GET", "POST"]),
            Route("/endless", endless),
            *health_routes({}, seen.registry),
        ]
    )
    app.state.registry = seen.registry
    return app
