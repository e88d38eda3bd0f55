"""Around every request but a probe: a span of the caller's trace, and the caller's token."""

import hmac
from collections.abc import Mapping

from opentelemetry.trace import SpanKind
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.common.health import PROBES
from services.common.tracing import following
from services.storage.errors import Forbidden, StorageError, Unauthorized
from services.storage.policy import BLOBS
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
    """ASGI middleware: 401 unless the request carries one of our tokens, 403 where it isn't good for the request.

    `grants` has what each token is good for: methods, and `BLOBS` for any request for blobs. Probes need none.
    Tokens are compared in constant time, each of them, so that the time of an answer tells nothing of any.
    """

    def __init__(self, app: ASGIApp, grants: Mapping[str, frozenset[str]]) -> None:
        self._app = app
        self._grants = [(f"Bearer {token}".encode(), methods) for token, methods in grants.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        refusal = None if scope["type"] != "http" or scope["path"] in PROBES else self._refusal(scope)
        await (self._app if refusal is None else problem(refusal))(scope, receive, send)

    def _refusal(self, scope: Scope) -> StorageError | None:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) != 1:
            return Unauthorized("One token must be sent.")
        granted = [methods for token, methods in self._grants if hmac.compare_digest(given[0], token)]
        if not granted:
            return Unauthorized("The token is wrong.")
        needed = BLOBS if scope["path"].startswith("/blobs/") else scope["method"]
        if not any(needed in methods for methods in granted):
            return Forbidden(f"The token is not good for {needed}.")
        return None
