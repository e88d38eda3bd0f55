"""`python -m services.webhooks`: the only place in webhooks, beside its command, that reads the environment."""

import asyncio
import signal
import sys

from services.common import checking, tracing
from services.common.http.server import HttpConfig, Server
from services.common.logs import configure
from services.common.settings import HttpSettings, read
from services.webhooks.app import make_app
from services.webhooks.checks import checks
from services.webhooks.settings import WebhookSettings


async def main() -> None:
    """Serve until SIGTERM; deliveries that are under way are finished first."""
    # uvicorn raises the signal again once it has stopped; that end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings, limits = read(WebhookSettings), read(HttpSettings)
    if checking.wanted(sys.argv[1:]):
        sys.exit(await checking.report(checks(settings), sys.stdout.write))
    configure("webhooks", settings.log_level)
    tracing.configure("webhooks", settings.otel_exporter_otlp_endpoint)
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
