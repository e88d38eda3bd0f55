"""`python -m services.gateway`: the only place in the gateway that reads the environment."""

import asyncio
import os
import signal
import socket
import sys
from types import FrameType

from services.common import checking, failpoints, tracing
from services.common.http import server
from services.common.http.server import HttpConfig
from services.common.logs import configure
from services.common.settings import HttpSettings, read
from services.gateway import garbage
from services.gateway.app import make_app
from services.gateway.checks import checks
from services.gateway.settings import GatewaySettings
from services.gateway.stream import Hub

SILENT_PEER_MS = 20_000
"""A peer that acknowledges nothing for this long is gone: a frozen browser must not hold a stream for ever."""


class Server(server.Server):
    """The server, which at a signal is no longer ready and ends live streams one after another, but serves on for
    `drain` seconds: a load balancer learns only then to send no more requests. A second signal ends it at once.
    """

    def __init__(self, config: HttpConfig, hub: Hub, drain: float) -> None:
        super().__init__(config)
        self._hub = hub
        self._drain = drain
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The signal's handler; it runs between two steps of the loop."""
        if self._loop is None or self._hub.closed:
            super().handle_exit(sig, frame)
        else:
            self._loop.call_soon_threadsafe(self._begin_to_drain, sig)

    def _begin_to_drain(self, sig: int) -> None:
        self._draining = asyncio.ensure_future(self._drain_then_exit(sig))

    async def _drain_then_exit(self, sig: int) -> None:
        await self._hub.drain(self._drain)
        super().handle_exit(sig, None)


def listener(host: str, port: int) -> socket.socket:
    """A listening socket whose connections notice a peer that is gone."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.create_server((host, port), family=family, backlog=2048)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sets it on sockets of its own making only
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_PEER_MS)
    return sock


def exit_now(_signal: int, _frame: FrameType | None) -> None:
    """Exit without waiting for tasks: uvicorn raises the signal again once everything is closed, and a broker client
    that can't be cancelled must not delay the exit.
    """
    tracing.stop()
    os._exit(0)


def main() -> None:
    """Serve until SIGTERM; requests that run then are finished first, within the grace period."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, exit_now)
    settings, limits = read(GatewaySettings), read(HttpSettings)
    if checking.wanted(sys.argv[1:]):
        raise SystemExit(asyncio.run(checking.report(checks(settings), sys.stdout.write)))
    configure("gateway", settings.log_level)
    tracing.configure("gateway", settings.otel_exporter_otlp_endpoint)
    failpoints.arm(settings.failpoints)
    app = make_app(settings)
    config = HttpConfig(
        app,
        app.state.registry,
        limits=limits,
        trusted_proxies=settings.trusted_proxies,
        grace_seconds=settings.grace_seconds,
    )
    garbage.freeze_heap()
    with listener(settings.host, settings.port) as sock:
        asyncio.run(Server(config, app.state.hub, settings.drain_seconds).serve([sock]))


if __name__ == "__main__":
    main()
