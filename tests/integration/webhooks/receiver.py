"""An endpoint as another system has one: it verifies each delivery with the library's own verifier."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.gateway.__main__ import listener
from tests.serving import serving


@dataclass
class Receiver:
    """What came, by path. `answers` says what a path answers to its nth request: a status, or a function of n."""

    url: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Callable[[int], int] | int] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, request: Request) -> Response:
        """Any POST."""
        name = request.path_params["name"]
        self.requests[name] += 1
        body = await request.body()
        if name == "stalled":
            await self.released.wait()
        if name == "elsewhere":
            return RedirectResponse("/inside", 307)
        try:
            event = Webhook(self.secrets[name]).verify(body, dict(request.headers))
        except (KeyError, WebhookVerificationError) as error:
            self.wrong.append(f"{name}: {error!r}")
            return Response(status_code=401)
        answer = self.answers.get(name, 204)
        status = answer if isinstance(answer, int) else answer(self.requests[name])
        if status < 300:
            self.heard.setdefault(name, []).append(event)
        return Response(status_code=status)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A running receiver."""
    receiver = Receiver()
    app = Starlette(routes=[Route("/{name}", receiver.hear, methods=["POST"])])
    app.state.registry = CollectorRegistry()
    sock: socket.socket = listener("127.0.0.1", 0)
    async with serving(app, sock):
        receiver.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        try:
            yield receiver
        finally:
            receiver.released.set()
