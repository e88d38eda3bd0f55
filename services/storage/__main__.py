"""`python -m services.storage`: the only place in storage that reads the environment."""

import asyncio
import signal
import sys

import uvicorn

from services.common import failpoints, tracing
from services.common.logs import configure
from services.common.settings import read
from services.storage.app import make_app
from services.storage.settings import StorageSettings


async def main() -> None:
    """Serve until SIGTERM; uploads and downloads that run then are finished first, within the grace period."""
    # uvicorn raises the signal again once it has stopped; that end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = read(StorageSettings)
    configure("storage", settings.log_level)
    tracing.configure("storage", settings.otel_exporter_otlp_endpoint)
    failpoints.arm(settings.failpoints)
    config = uvicorn.Config(
        await make_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=int(settings.grace_seconds),
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main())
