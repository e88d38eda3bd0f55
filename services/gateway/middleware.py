"""ASGI middleware around every request: security headers, trace, duration, and a 500 problem for a crash.

Pure ASGI, so that streams pass through untouched.
"""

import time
from collections.abc import Callable, Mapping

import structlog
from opentelemetry.trace import SpanKind
from sse_starlette.sse import SendTimeoutError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.common import tracing
from services.common.health import PROBES
from services.gateway.errors import InternalError
from services.gateway.metrics import Metrics
from services.gateway.problems import language_of, problem

log = structlog.get_logger()

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # the referer is one of our proofs of origin
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})


class RequestMiddleware:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, draining: Callable[[], bool]) -> None:
        self._app = app
        self._metrics = metrics
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; an exception of the application becomes a problem, or is raised once headers were sent."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = ResponseSender(scope, send, self._metrics, self._draining)
        if scope["path"] in PROBES:
            await self._serve(scope, receive, sender)
            return
        with tracing.following(Headers(scope=scope), method_of(scope), SpanKind.SERVER) as span:
            await self._serve(scope, receive, sender)
            span.update_name(f"{method_of(scope)} {route_of(scope)}")
            span.set_attribute("http.response.status_code", sender.status)

    async def _serve(self, scope: Scope, receive: Receive, sender: "ResponseSender") -> None:
        try:
            await self._app(scope, receive, sender.send)
        except (ClientDisconnect, SendTimeoutError) as error:
            log.info("request.abandoned", route=route_of(scope), cause=type(error).__name__)
        except Exception:
            log.exception("request.crashed", route=route_of(scope), method=scope["method"])
            if sender.status:
                raise
            await problem(InternalError(), language_of(HTTPConnection(scope)))(scope, receive, sender.send)


class ResponseSender:
    """Sends one response, adding the headers every response has and observing its time to the first byte."""

    def __init__(self, scope: Scope, send: Send, metrics: Metrics, draining: Callable[[], bool]) -> None:
        self.status = 0
        self._draining = draining
        self._scope = scope
        self._send = send
        self._metrics = metrics
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        """Pass an ASGI message on, the start of the response with its headers completed."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": list(message["headers"])}
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if self._draining():
                headers["Connection"] = "close"  # the next request goes to somebody who stays
            labels = (route_of(self._scope), method_of(self._scope), str(self.status))
            self._metrics.requests.labels(*labels).observe(time.perf_counter() - self._began)
        await self._send(message)


def route_of(scope: Scope) -> str:
    """The name of the route that serves a request; `none` where no address matched."""
    return str(getattr(scope.get("route"), "name", None) or "none")


def method_of(scope: Scope) -> str:
    """The method, from a closed list: people send anything."""
    return scope["method"] if scope["method"] in METHODS else "other"
