"""Wires the gateway: settings in, a Starlette application out that starts and stops everything it needs.

It serves at once, also while PostgreSQL and the broker are away, and reconnects by itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypedDict

import asyncpg
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from contracts.topology import Topology
from services.common.admission import Admission
from services.common.broker import Publisher, make_broker, stop
from services.common.database import READ_ONLY, DatabaseUnavailable, make_pool
from services.common.metrics import make_registry
from services.common.migrations import Migrator
from services.common.supervision import Supervisor
from services.common.topology_recovery import TopologyRecovery
from services.gateway import problems
from services.gateway.background import BackgroundTasks
from services.gateway.consumer import Consumer
from services.gateway.correcta_audit import CorrectaAudit
from services.gateway.dependencies import Dependencies
from services.gateway.directory import Directory
from services.gateway.errors import GatewayError
from services.gateway.forecast import LatestForecasts
from services.gateway.history import History
from services.gateway.hosts import HostMiddleware
from services.gateway.identity import sessions
from services.gateway.identity.authentication import Authentication, Provider
from services.gateway.identity.key_set import KeySet
from services.gateway.identity.signed_tokens import Rules
from services.gateway.metrics import Metrics
from services.gateway.middleware import RequestMiddleware
from services.gateway.migrations import MIGRATIONS
from services.gateway.rates import Action, Rate, RequestRates
from services.gateway.relay import Relay
from services.gateway.routes.dashboard import dashboard_routes
from services.gateway.routes.demo import demo_routes
from services.gateway.routes.downloads import download_routes
from services.gateway.routes.events import event_routes
from services.gateway.routes.health import health_routes
from services.gateway.routes.history import history_routes
from services.gateway.routes.lifecycle import lifecycle_routes
from services.gateway.settings import GatewaySettings
from services.gateway.storage_client import StorageClient
from services.gateway.store import Store
from services.gateway.stream import Hub, StreamLimits
from services.gateway.tokens.store import TokenStore

APPLICATION = {"application_name": "correcta-exports-gateway"}
RETRY_SECONDS = 2.0
"""Between an error of a background task and its next run."""

CORRECTAS = APPLICATION | READ_ONLY


class State(TypedDict):
    """The lifespan state that every request carries."""

    dependencies: Dependencies
    recovery: TopologyRecovery
    background: asyncio.Task[None]
    supervisor: Supervisor


def make_app(settings: GatewaySettings) -> Starlette:
    """The gateway, not yet started. `app.state.hub` is there to be closed before the server waits for its streams,
    `app.state.registry` for the server's own metrics.
    """
    registry = make_registry()
    metrics = Metrics(registry)
    admission = Admission(settings.verifier, registry, settings.role)
    hub = make_hub(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with running(settings, hub, metrics, admission) as state:
            yield state

    app = Starlette(
        routes=routes(settings, registry),
        middleware=[
            Middleware(RequestMiddleware, metrics=metrics, draining=lambda: hub.closed),
            Middleware(HostMiddleware, allowed=settings.allowed_hosts),
        ],
        exception_handlers={
            GatewayError: problems.on_gateway_error,
            DatabaseUnavailable: problems.on_database_unavailable,
            HTTPException: problems.on_http_error,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect would name the host that the request names
    app.state.hub, app.state.registry = hub, registry
    return app


def make_hub(settings: GatewaySettings) -> Hub:
    """The hub with the settings' limits."""
    return Hub(
        StreamLimits(
            per_user=settings.streams_per_user,
            per_institution=settings.streams_per_institution,
            per_process=settings.streams_per_process,
        )
    )


def routes(settings: GatewaySettings, registry: CollectorRegistry) -> list[BaseRoute]:
    """Every address of the gateway."""
    return [
        *lifecycle_routes(),
        *download_routes(),
        *event_routes(),
        *history_routes(),
        *dashboard_routes(),
        *(demo_routes() if settings.demo else []),
        *health_routes(registry),
    ]


@asynccontextmanager
async def running(settings: GatewaySettings, hub: Hub, metrics: Metrics, admission: Admission) -> AsyncIterator[State]:
    """The adapters, with the background work going on until the block ends."""
    amqp = settings.amqp_url.get_secret_value()
    topology = Topology(settings.broker_namespace)
    publishing, outcomes, progress = (make_broker(amqp, graceful_timeout=5.0) for _ in range(3))
    pool, reading = await make_pools(settings)
    storage = StorageClient(settings.storage_url, settings.storage_token)
    store = Store(pool)
    audit = CorrectaAudit(reading if settings.correcta_audit else None, metrics)
    consumer = Consumer(store, hub, metrics)
    consumer.subscribe(outcomes, progress, topology, admission)
    recovery = TopologyRecovery(amqp, topology, publishing, outcomes, progress, declares=True)
    publisher = Publisher(
        publishing,
        topology,
        settings.role,
        settings.signer,
        recovery.request,
        lambda kind: metrics.stuck.labels(kind).inc(),
    )
    relay = Relay(pool, publisher, metrics, settings.requests_ahead)
    latest = LatestForecasts()
    migrator, supervisor = Migrator(settings, MIGRATIONS), Supervisor(delay=RETRY_SECONDS)
    tasks = BackgroundTasks(
        settings,
        topology,
        pool,
        recovery,
        store,
        hub,
        relay,
        consumer,
        metrics,
        latest,
        migrator,
        supervisor,
    )
    background = asyncio.create_task(tasks.run())
    authentication = make_authentication(settings)
    fetching = asyncio.create_task(authentication.provider.keys.run()) if authentication.provider else None
    try:
        directory, rates = Directory(reading), make_rates(settings, metrics)
        tokens, history = TokenStore(pool), History(pool)
        deps = Dependencies(
            settings,
            authentication,
            store,
            history,
            tokens,
            directory,
            storage,
            hub,
            metrics,
            audit,
            rates,
            latest,
            migrator,
        )
        yield State(dependencies=deps, recovery=recovery, background=background, supervisor=supervisor)
    finally:
        hub.close()
        for task in filter(None, (fetching, background)):
            await _cancelled(task)
        await consumer.flush()
        await audit.finish()
        await stop(publishing, outcomes, progress)
        await storage.close()
        for each in (pool, reading):
            each.terminate()


def make_authentication(settings: GatewaySettings) -> Authentication:
    """How sessions are known, by the settings. Tokens of the previous secret are read; new ones are the demo's only."""
    cookies = sessions.cookie_names(settings.session_cookie_name)
    secrets = [each.get_secret_value() for each in (settings.session_secret, settings.session_secret_previous) if each]
    provider = None
    if settings.jwks_url and settings.jwt_issuer and settings.jwt_audience:
        rules = Rules(settings.jwt_algorithms, settings.jwt_issuer, settings.jwt_audience)
        provider = Provider(KeySet(settings.jwks_url), rules)
    return Authentication(cookies, sessions.keys(secrets, cookies), provider)


def make_rates(settings: GatewaySettings, metrics: Metrics) -> RequestRates:
    """The settings' rates."""
    starts = Rate(settings.starts_per_minute_user, settings.starts_per_minute_institution)
    fetches = Rate(settings.files_per_minute_service, settings.files_per_minute_institution)
    return RequestRates({Action.START: starts, Action.CANCEL: starts, Action.FETCH: fetches}, metrics.limited)


async def make_pools(settings: GatewaySettings) -> tuple[asyncpg.Pool, asyncpg.Pool]:
    """Connections to our schema, and read-only ones to Correcta's tables."""
    size = settings.database_connections
    ours = await make_pool(settings.database_url.get_secret_value(), size=size, server_settings=APPLICATION)
    correctas = await make_pool(settings.correcta_database_url.get_secret_value(), size=size, server_settings=CORRECTAS)
    return ours, correctas


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
