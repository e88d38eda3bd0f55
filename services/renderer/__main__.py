"""`python -m services.renderer`: the only place in the renderer that reads the environment."""

import asyncio
import os
import signal
import sys


async def main() -> None:
    """Serve until SIGTERM; exports under way are finished first, or handed back, within the grace period."""
    # A worker loads this module too, and needs nothing of these.
    import uvicorn

    from services.common import failpoints, tracing
    from services.common.logs import configure
    from services.common.settings import read
    from services.renderer.app import make_app
    from services.renderer.settings import RendererSettings, forget_secrets, limits

    # uvicorn raises the signal again when it has stopped: that is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings, bounds = read(RendererSettings), limits()
    forget_secrets(os.environ, RendererSettings)  # workers inherit the environment
    configure("renderer", settings.log_level)
    tracing.configure("renderer", settings.otel_exporter_otlp_endpoint)
    failpoints.arm(settings.failpoints)
    config = uvicorn.Config(
        await make_app(settings, bounds),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main())
