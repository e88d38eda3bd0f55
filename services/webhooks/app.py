"""Wires webhooks. It answers probes at once, starts while PostgreSQL and the broker are away, and heals by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
from starlette.applications import Starlette

from contracts.topology import Exchange, Topology
from services.common import abandoned_sessions
from services.common.database import READ_ONLY, make_pool
from services.common.health import health_routes
from services.common.metrics import make_registry
from services.common.migrations import Migrator
from services.common.supervision import Supervisor
from services.webhooks import schedule
from services.webhooks.calling import Caller
from services.webhooks.consumer import Consumer
from services.webhooks.delivering import LEASE_MARGIN, Deliverer, Rules
from services.webhooks.mail_message import Sender
from services.webhooks.mail_store import MailStore
from services.webhooks.mailing import Mailer, Server
from services.webhooks.metrics import Metrics
from services.webhooks.migrations import MIGRATIONS
from services.webhooks.settings import WebhookSettings
from services.webhooks.store import Store

APPLICATION = {"application_name": "correcta-exports-webhooks"}
CORRECTAS = APPLICATION | READ_ONLY
RETRY_SECONDS = 5.0
HOUSEKEEPING_SECONDS = 30.0


def rules(settings: WebhookSettings) -> Rules:
    """The settings' rules."""
    return Rules(
        schedule=schedule.parse(settings.webhook_schedule),
        concurrency=settings.webhook_concurrency,
        concurrency_endpoint=settings.webhook_concurrency_endpoint,
        lease=timedelta(seconds=settings.webhook_answer_seconds) + LEASE_MARGIN,
        disable_after=timedelta(days=settings.webhook_disable_days),
        log_age=timedelta(days=settings.webhook_log_days),
    )


async def make_mailer(settings: WebhookSettings, pool: asyncpg.Pool, metrics: Metrics) -> Mailer | None:
    """What mails teachers; None where no server is set."""
    if not (settings.smtp_host and settings.mail_from and settings.site_url and settings.correcta_database_url):
        return None
    url = settings.correcta_database_url.get_secret_value()
    correcta = await make_pool(url, size=2, server_settings=CORRECTAS)
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    server = Server(settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user, password)
    sender = Sender(settings.mail_from, settings.site_url, settings.default_timezone)
    return Mailer(MailStore(pool, correcta), server, sender, timedelta(seconds=settings.mail_after_seconds), metrics)


async def make_app(settings: WebhookSettings) -> Starlette:
    """The service, not yet started; `app.state.registry` is there for the server's own metrics."""
    registry = make_registry()
    metrics = Metrics(registry)
    pool = await make_pool(settings.database_url.get_secret_value(), server_settings=APPLICATION)
    store = Store(pool)
    caller = Caller(settings.networks, settings.webhook_answer_seconds)
    deliverer = Deliverer(store, caller, settings.keyring, rules(settings), metrics)
    exchange = Topology(settings.broker_namespace).exchange(Exchange.FACTS)
    mailer = await make_mailer(settings, pool, metrics)
    consumer = Consumer(store, mailer, metrics, settings.amqp_url.get_secret_value(), exchange, settings.webhook_queue)

    migrator, supervisor = Migrator(settings, MIGRATIONS), Supervisor(delay=RETRY_SECONDS)

    async def keep_house() -> None:
        while True:
            await deliverer.keep_house()
            if mailer is not None:
                await mailer.forget(timedelta(days=settings.webhook_log_days))
            await asyncio.sleep(HOUSEKEEPING_SECONDS)

    async def background() -> None:
        await supervisor.run("migrate", migrator.run)
        tasks = {
            "consume": consumer.run,
            "deliver": deliverer.run,
            "keep house": keep_house,
            "end abandoned sessions": lambda: abandoned_sessions.keep_ending(pool),
        }
        if mailer is not None:
            tasks["mail"] = mailer.run
        async with asyncio.TaskGroup() as group:
            for name, task in tasks.items():
                group.create_task(supervisor.run(name, task))

    async def check_database() -> None:
        await store.counts()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        work = asyncio.create_task(background())
        try:
            yield
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            await caller.close()
            if mailer is not None:
                mailer.close()
            pool.terminate()

    checks = {
        "database": check_database,
        "schema": migrator.check,
        "broker": consumer.check_consuming,
        "background": supervisor.check,
    }
    app = Starlette(routes=health_routes(checks, registry), lifespan=lifespan)
    app.state.registry = registry
    return app
