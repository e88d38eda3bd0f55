"""The services' HTTP server in the test's own process, and raw connections to it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette

from services.common.http.limits import HttpLimits
from services.common.http.proxies import TrustedProxies
from services.common.http.server import HttpConfig, Server
from tests.waiting import wait_until

NOBODY = TrustedProxies(())


class QuietServer(Server):
    """The server without its signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the test's signals alone."""
        yield


@asynccontextmanager
async def serving(
    app: Starlette, sock: socket.socket, limits: HttpLimits | None = None, trusted: TrustedProxies = NOBODY
) -> AsyncIterator[None]:
    """The app, which has its `state.registry`, on a socket while the block lasts."""
    config = HttpConfig(
        app, app.state.registry, limits=limits or HttpLimits(), trusted_proxies=trusted, grace_seconds=5
    )
    server = QuietServer(config)
    running = asyncio.create_task(server.serve([sock]))
    await wait_until(lambda: server.started or running.done())
    assert not running.done(), "the server did not start"
    try:
        yield
    finally:
        server.should_exit = True
        await running


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

    async def closed(self) -> bytes:
        """What comes until the server closes the connection."""
        try:
            return await asyncio.wait_for(self.reader.read(), 10)
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def connected(port: int, *, receive_buffer: int = 0) -> AsyncIterator[Peer]:
    """A connection to a server on this machine."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock)
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def request(line: str = "GET /hello", *headers: str, body: bytes = b"") -> bytes:
    """The bytes of a request: method and target, header lines, body."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: here", *headers, "", ""]).encode("latin-1") + body
