"""ASGI middleware that answers only requests for this site's hosts. Probes name a pod's address, and always pass."""

import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from services.common.health import PROBES
from services.gateway.errors import UnknownHost
from services.gateway.problems import language_of, problem

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.ASCII)


class HostMiddleware:
    """Refuses a `Host` that is none of `allowed`; with none given, every host is."""

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in PROBES or is_allowed(Headers(scope=scope), self._allowed):
            await self._app(scope, receive, send)
        else:
            await problem(UnknownHost(), language_of(HTTPConnection(scope)))(scope, receive, send)


def is_allowed(headers: Headers, allowed: Collection[str]) -> bool:
    """Whether a request's `Host`, whatever its port, is allowed; `*.example.org` allows every name below it."""
    if not allowed or "*" in allowed:
        return True
    match = _HOST.fullmatch(headers.get("host", "").lower())
    if match is None:
        return False
    host = match[1]
    return any(host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in allowed)
