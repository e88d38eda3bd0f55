"""`python -m services.storage`: the only place in storage that reads the environment."""

import asyncio
import signal
import sys

from services.common import checking, failpoints, tracing
from services.common.http.server import HttpConfig, Server
from services.common.logs import configure
from services.common.settings import HttpSettings, read
from services.storage.app import make_app
from services.storage.checks import checks
from services.storage.settings import StorageSettings


async def main() -> None:
    """Serve until SIGTERM; uploads and downloads that run then are finished first, within the grace period."""
    # uvicorn raises the signal again once it has stopped; that end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings, limits = read(StorageSettings), read(HttpSettings)
    if checking.wanted(sys.argv[1:]):
        sys.exit(await checking.report(checks(settings), sys.stdout.write))
    configure("storage", settings.log_level)
    tracing.configure("storage", settings.otel_exporter_otlp_endpoint)
    failpoints.arm(settings.failpoints)
    app = await make_app(settings)
    config = HttpConfig(
        app,
        app.state.registry,
        limits=limits,
        trusted_proxies=settings.trusted_proxies,
        grace_seconds=settings.grace_seconds,
        host=settings.host,
        port=settings.port,
    )
    await Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main())
