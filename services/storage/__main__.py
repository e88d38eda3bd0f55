"""`python -m services.storage`: the only place in storage that reads the environment."""

import asyncio
import signal
import sys

import uvicorn

from services.common.logs import configure
from services.storage.app import make_app
from services.storage.settings import StorageSettings


async def main() -> None:
    """Serve until SIGTERM; uploads and downloads that run then are finished first, within the grace period."""
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(0)
    )  # uvicorn raises it again when it has stopped: that is no failure
    settings = StorageSettings()
    configure("storage", settings.log_level)
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
