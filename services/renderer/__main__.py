"""`python -m services.renderer`: the only place in the renderer that reads the environment."""

import asyncio
import os
import signal
import sys

PROBE_SECONDS = 5.0
"""For the probes that run when the renderer stops; exports have a grace period of their own."""


async def main() -> None:
    """Serve until SIGTERM; exports under way are finished first, or handed back, within the grace period."""
    # A worker loads this module too, and needs nothing of these.
    from services.common import checking, failpoints, tracing
    from services.common.http.server import HttpConfig, Server
    from services.common.logs import configure
    from services.common.settings import HttpSettings, read
    from services.renderer.app import make_app
    from services.renderer.checks import checks
    from services.renderer.settings import RendererSettings, forget_secrets, limits

    # uvicorn raises the signal again when it has stopped: that is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings, bounds, http_limits = read(RendererSettings), limits(), read(HttpSettings)
    if checking.wanted(sys.argv[1:]):
        sys.exit(await checking.report(checks(settings), sys.stdout.write))
    forget_secrets(os.environ, RendererSettings)  # workers inherit the environment
    configure("renderer", settings.log_level)
    tracing.configure("renderer", settings.otel_exporter_otlp_endpoint)
    failpoints.arm(settings.failpoints)
    app = await make_app(settings, bounds)
    config = HttpConfig(
        app,
        app.state.registry,
        limits=http_limits,
        trusted_proxies=settings.trusted_proxies,
        grace_seconds=PROBE_SECONDS,
        host=settings.host,
        port=settings.port,
    )
    await Server(config).serve()


if __name__ == "__main__":
    asyncio.run(main())
