"""The services' HTTP server in the test's own process, over an application of the test's, and raw connections to it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
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
from services.common.http.server import HttpConfig, Server
from services.common.metrics import make_registry
from tests.waiting import wait_until

HEAD = "{} HTTP/1.1\r\nHost: here\r\n{}\r\n"
NOBODY = TrustedProxies(())


class TestServer(Server):
    """The server without its signals."""

    __test__ = False

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the test's signals alone."""
        yield


@dataclass
class Running:
    """A server, and what its application saw."""

    port: int
    registry: CollectorRegistry
    bodies: list[bytes] = field(default_factory=list)
    abandoned: int = 0
    sent: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def refused(self, reason: str) -> float:
        """How many connections or requests were refused for a reason."""
        return self.registry.get_sample_value("http_refused_total", {"reason": reason}) or 0.0

    @property
    def connections(self) -> float:
        """How many connections are open."""
        return self.registry.get_sample_value("http_connections") or 0.0


def request(line: str = "GET /hello", *headers: str, body: bytes = b"") -> bytes:
    """A request's bytes."""
    return HEAD.format(line, "".join(f"{header}\r\n" for header in headers)).encode("latin-1") + body


@asynccontextmanager
async def serving(limits: HttpLimits | None = None, trusted: TrustedProxies = NOBODY) -> AsyncIterator[Running]:
    """A server of `/hello`, `/echo` (a body), `/wait` (until released), `/endless` (a download), and the probes."""
    registry = make_registry()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        running = Running(sock.getsockname()[1], registry)
        config = HttpConfig(
            application(running), registry, limits=limits or HttpLimits(), trusted_proxies=trusted, grace_seconds=5
        )
        server = TestServer(config)
        task = asyncio.create_task(server.serve([sock]))
        await wait_until(lambda: server.started or task.done())
        try:
            yield running
        finally:
            running.released.set()
            server.should_exit = True
            await task


def application(running: Running) -> Starlette:
    """What is served."""

    async def hello(request: Request) -> Response:
        return PlainTextResponse(f"hello {request.scope['path']} {request.method}")

    async def echo(request: Request) -> Response:
        try:
            running.bodies.append(await request.body())
        except ClientDisconnect:
            running.abandoned += 1
            return Response(status_code=400)
        return JSONResponse({"size": len(running.bodies[-1])})

    async def wait(_: Request) -> Response:
        await running.released.wait()
        return PlainTextResponse("released")

    async def endless(_: Request) -> Response:
        async def content() -> AsyncIterator[bytes]:
            try:
                while not running.released.is_set():
                    yield bytes(64 * 1024)
                    running.sent += 1
                    await asyncio.sleep(0)
            finally:
                running.abandoned += 1

        return StreamingResponse(content())

    return Starlette(
        routes=[
            Route("/hello", hello, methods=["GET", "POST"]),
            Route("/echo", echo, methods=["POST"]),
            Route("/wait", wait, methods=["GET", "POST"]),
            Route("/endless", endless),
            *health_routes({}, running.registry),
        ]
    )


@dataclass
class Peer:
    """A raw connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next response: status, headers by lowercase name, and a body whose length is stated."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).decode("latin-1")
        line, *fields = head.rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in fields)}
        body = await asyncio.wait_for(self.reader.readexactly(int(headers.get("content-length", "0"))), 10)
        return int(line.split()[1]), headers, body

    async def closed(self, seconds: float = 10.0) -> bytes:
        """What comes until the server closes the connection."""
        try:
            return await asyncio.wait_for(self.reader.read(), seconds)
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def connected(port: int, *, receive_buffer: int = 0) -> AsyncIterator[Peer]:
    """A connection to a server."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=max(receive_buffer, 64 * 1024))
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
