"""Wires the renderer. It answers `/healthz` at once, starts while its dependencies are away, and heals by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import httpx
import structlog
from faststream.rabbit import RabbitBroker
from starlette.applications import Starlette

from contracts.topology import Topology
from services.common import database
from services.common.broker import Publisher, declare_until_done, make_broker
from services.common.health import health_routes
from services.common.metrics import make_registry
from services.renderer.cache import Cache, DiskCache, NoCache
from services.renderer.consumer import Consumer
from services.renderer.exporting import Exporter
from services.renderer.image_fetching import ImageFetcher, make_client
from services.renderer.limits import Limits
from services.renderer.metrics import Metrics
from services.renderer.pictures import Fetch
from services.renderer.pool import WorkerPool
from services.renderer.settings import RendererSettings
from services.renderer.shards import Workshop
from services.renderer.upload import Patience, Storage
from services.renderer.worker import warm
from services.renderer.workspace import Workspace, private_folder

log = structlog.get_logger()

READ_ONLY = {"default_transaction_read_only": "on", "application_name": "correcta-exports-renderer"}
INSIST_SECONDS = 5.0
SWEEP_SECONDS = 60.0


async def make_app(settings: RendererSettings, limits: Limits) -> Starlette:
    """The service, not yet started."""
    registry = make_registry()
    metrics = Metrics(registry)
    topology = Topology(settings.broker_namespace)
    amqp = settings.amqp_url.get_secret_value()
    requests, cancellations, publishing = (make_broker(amqp, graceful_timeout=5.0) for _ in range(3))
    publisher = Publisher(publishing, topology, "renderer")
    pool = await database.make_pool(
        settings.correcta_database_url.get_secret_value(), size=4, server_settings=READ_ONLY
    )
    storage = Storage(
        settings.storage_url, settings.internal_token.get_secret_value(), Patience(away=settings.upload_seconds)
    )
    root = private_folder(settings.work_folder)
    cache = DiskCache(root / "cache", capacity=settings.cache_bytes, retention=settings.retention_seconds)
    workers = WorkerPool(settings.workers, memory=limits.shard_memory, warm=partial(warm, settings.failpoints))
    workshop = Workshop(workers, cache if settings.cache_bytes else NoCache(), limits)
    images = make_client()
    metrics.workers.set(settings.workers)
    metrics.busy.set_function(lambda: workers.busy)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        workspace = Workspace(root / "exports")
        exporter = Exporter(pool, workshop, storage, workspace, publisher, fetching(images, settings, limits))
        consumer = Consumer(exporter.make, publisher, topology, metrics)
        consumer.subscribe(requests, cancellations)
        workers.start()
        brokers = (publishing, cancellations, requests)
        background = asyncio.create_task(_background(amqp, topology, brokers, cache))
        try:
            yield
        finally:
            background.cancel()
            with suppress(asyncio.CancelledError):
                await background
            await consumer.stop(requests, settings.grace_seconds)
            for broker in (requests, cancellations, publishing):
                await broker.stop()
            await workers.stop()
            await images.aclose()
            await storage.close()
            pool.terminate()
            workspace.close()

    async def broker_is_there() -> None:
        if not await requests.ping(timeout=1.0):
            raise ConnectionError("no connection")

    async def database_is_there() -> None:
        async with database.connection(pool) as connection:
            await connection.execute("SELECT 1")

    checks = {"broker": broker_is_there, "database": database_is_there, "storage": storage.ping}
    return Starlette(routes=[*health_routes(checks, registry)], lifespan=lifespan)


def fetching(client: httpx.AsyncClient, settings: RendererSettings, limits: Limits) -> Callable[[], Fetch]:
    """A new fetcher for each export: a host that is down for one may be back for the next."""
    return lambda: ImageFetcher(client, settings.image_base_urls, limits).fetch


async def _background(amqp: str, topology: Topology, brokers: tuple[RabbitBroker, ...], cache: Cache) -> None:
    """Join the broker when it is there, and keep the cache within its bounds."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_join(amqp, topology, brokers))
        if isinstance(cache, DiskCache):
            group.create_task(_sweep(cache))


async def _join(amqp: str, topology: Topology, brokers: tuple[RabbitBroker, ...]) -> None:
    while True:
        try:
            await declare_until_done(amqp, topology)
            for broker in brokers:
                await broker.start()
        except Exception:
            log.exception("broker.join_failed")
            await asyncio.sleep(INSIST_SECONDS)
        else:
            log.info("renderer.ready")
            return


async def _sweep(cache: DiskCache) -> None:
    while True:
        await asyncio.to_thread(cache.sweep)
        await asyncio.sleep(SWEEP_SECONDS)
