"""Wires storage. It answers at once, starts while PostgreSQL and the broker are away, and heals by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from contracts.topology import Topology
from services.common import abandoned_sessions
from services.common.broker import Publisher, make_broker, stop
from services.common.database import make_pool
from services.common.health import health_routes
from services.common.metrics import make_registry
from services.common.migrations import Migrator
from services.common.supervision import Supervisor
from services.common.topology_recovery import TopologyRecovery
from services.storage import bucket
from services.storage.blob_bucket import BlobBucket
from services.storage.blob_folder import BlobFolder
from services.storage.blob_routes import blob_routes
from services.storage.blobs import BlobPlace, Blobs
from services.storage.bucket import Bucket
from services.storage.dependencies import Dependencies
from services.storage.disk import Disk
from services.storage.errors import StorageError
from services.storage.expiry import Expiry
from services.storage.files import Files
from services.storage.ledger import Ledger
from services.storage.metrics import Metrics
from services.storage.middleware import BearerToken, RequestSpans
from services.storage.migrations import MIGRATIONS
from services.storage.problems import on_crash, on_http_error, on_storage_error
from services.storage.routes import file_routes
from services.storage.settings import StorageSettings

log = structlog.get_logger()

RETRY_SECONDS = 5.0
APPLICATION = {"application_name": "correcta-exports-storage"}
SILENCE = timedelta(minutes=5)
"""For how long a transaction may wait for the disk or the bucket to have a whole file for good."""


def make_places(settings: StorageSettings) -> tuple[Files, BlobPlace]:
    """The place the settings name, for files and for blobs."""
    if settings.storage_root.startswith("file://"):
        root = Path(unquote(urlsplit(settings.storage_root).path))
        disk = Disk(root)
        return disk, BlobFolder(disk, root)
    store = bucket.connect(settings.storage_root, allow_http=settings.storage_allow_http)
    return Bucket(store), BlobBucket(store)


def make_blobs(settings: StorageSettings, place: BlobPlace) -> Blobs | None:
    """The blobs in a place; None where none are to be kept."""
    if not settings.blob_bytes:
        return None
    return Blobs(place, retention=settings.retention, capacity=settings.blob_bytes)


async def make_app(settings: StorageSettings) -> Starlette:
    """The service, not yet started; `app.state.registry` is there for the server's own metrics."""
    registry = make_registry()
    metrics = Metrics(registry)
    topology = Topology(settings.broker_namespace)
    broker = make_broker(settings.amqp_url.get_secret_value())
    pool = await make_pool(settings.database_url.get_secret_value(), server_settings=APPLICATION)
    files, place = make_places(settings)
    blobs = make_blobs(settings, place)
    ledger = Ledger(pool, retention=settings.retention)
    recovery = TopologyRecovery(settings.amqp_url.get_secret_value(), topology, broker)
    publisher = Publisher(broker, topology, settings.role, settings.signer, recovery.request)
    expiry = Expiry(files, ledger, publisher, settings.retention_policy, metrics)
    migrator, supervisor = Migrator(settings, MIGRATIONS), Supervisor(delay=RETRY_SECONDS)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        work = asyncio.create_task(_background(settings, supervisor, migrator, recovery, pool, expiry, blobs))
        try:
            yield
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            await stop(broker)
            await pool.close()
            await files.close()

    checks = {
        "database": ledger.ping,
        "schema": migrator.check,
        "files": files.probe,
        "background": supervisor.check,
    }
    dependencies = Dependencies(files, ledger, expiry, settings.upload_limits, metrics)
    app = Starlette(
        routes=[
            *health_routes(checks, registry),
            *file_routes(dependencies),
            *blob_routes(blobs, settings.blob_limits, metrics),
        ],
        middleware=[
            Middleware(RequestSpans),
            Middleware(BearerToken, grants=settings.grants),
        ],
        exception_handlers={StorageError: on_storage_error, HTTPException: on_http_error, Exception: on_crash},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.registry = registry
    return app


async def _background(
    settings: StorageSettings,
    supervisor: Supervisor,
    migrator: Migrator,
    recovery: TopologyRecovery,
    pool: asyncpg.Pool,
    expiry: Expiry,
    blobs: Blobs | None,
) -> None:
    """Expiry needs the tables, not the broker: that one joins when it is there."""
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run("recover topology", recovery.run))
        if blobs is not None:
            group.create_task(supervisor.run("sweep blobs", partial(_sweep, blobs, settings.sweep_interval)))
        ending = partial(abandoned_sessions.keep_ending, pool, SILENCE)
        group.create_task(supervisor.run("end abandoned sessions", ending))
        await supervisor.run("migrate", migrator.run)
        group.create_task(supervisor.run("expire", expiry.run))


async def _sweep(blobs: Blobs, interval: float) -> None:
    """Remove blobs that are too old, now and again."""
    while True:
        try:
            await blobs.sweep()
        except StorageError as error:
            log.warning("blobs.sweep_failed", cause=error.cause or str(error))
        await asyncio.sleep(interval)
