"""Around every request but a probe: a span of the caller's trace, and the internal token."""

import hmac

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.common.health import PROBES
from services.common.tracing import following
from services.storage.errors import Unauthorized
from services.storage.problems import problem


class RequestSpans:
    """ASGI middleware: each request but a probe is a span."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        with following(Headers(scope=scope), scope["method"], SpanKind.SERVER) as span:
            await self._app(scope, receive, send)
            span.update_name(f"{scope['method']} {getattr(scope.get('route'), 'path', '')}".strip())


class BearerToken:
    """ASGI middleware: 401 unless the request carries the internal token, compared in constant time, or is a probe."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        if scope["type"] != "http" or scope["path"] in PROBES or self._admits(scope):
            await self._app(scope, receive, send)
        else:
            await problem(Unauthorized("The internal token is absent or wrong."))(scope, receive, send)

    def _admits(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0], self._expected)
