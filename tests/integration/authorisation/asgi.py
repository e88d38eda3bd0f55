"""One HTTP request to an ASGI application in this process, without a socket; a stream is left after its first bytes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

SPOKEN_FOR = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What came back; `body` as far as it was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class _Exchange:
    """The messages of one request."""

    body: bytes
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    received: bytearray = field(default_factory=bytearray)
    _asked: bool = False
    _enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> Message:
        """The request, then once enough was read that the client has left."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self._enough.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
            return
        self.received += message.get("body", b"")
        streams = self.headers.get("content-type", "").startswith("text/event-stream")
        if not message.get("more_body") or (streams and self.received):
            self._enough.set()


async def ask(
    app: ASGIApp,
    state: Mapping[str, Any],
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    """Send a request to an application whose lifespan has this state."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": (SPOKEN_FOR, 50_000),
        "server": (SPOKEN_FOR, 80),
        "state": dict(state),
    }
    exchange = _Exchange(body)
    async with asyncio.timeout(10):
        await app(scope, exchange.receive, exchange.send)
    return Answer(exchange.status, exchange.headers, bytes(exchange.received))
