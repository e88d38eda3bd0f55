"""The server that every service runs: its protocol and its bounds."""

import time

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from services.common.http.connections import Connections
from services.common.http.limits import HttpLimits
from services.common.http.protocol import BoundedProtocol
from services.common.http.proxies import TrustedProxies


class HttpConfig(uvicorn.Config):
    """uvicorn's configuration, with the bounds of connections.

    Nothing is taken from `X-Forwarded-*` here: who needs the client's address asks `proxies`.
    """

    def __init__(
        self,
        app: ASGIApp,
        registry: CollectorRegistry,
        *,
        limits: HttpLimits,
        trusted_proxies: TrustedProxies,
        grace_seconds: float,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        super().__init__(
            app,
            host=host,
            port=port,
            http=BoundedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=int(limits.idle_seconds),
            timeout_graceful_shutdown=int(grace_seconds),
        )
        self.limits = limits
        self.connections = Connections(limits, trusted_proxies, registry)


class Server(uvicorn.Server):
    """uvicorn's server, which also ends connections that were waited for too long."""

    config: HttpConfig

    def __init__(self, config: HttpConfig) -> None:
        super().__init__(config)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        self.config.connections.sweep(time.monotonic())
        return await super().on_tick(counter)
