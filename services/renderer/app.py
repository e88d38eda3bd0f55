"""Wires the renderer. It answers `/healthz` at once, starts while its dependencies are away, and heals by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version

import asyncpg
import structlog
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from contracts.topology import Topology
from services.common import database
from services.common.admission import Admission
from services.common.broker import Publisher, make_broker, stop
from services.common.health import Check, health_routes
from services.common.metrics import make_registry
from services.common.retrying import retry_forever
from services.common.topology_recovery import TopologyRecovery
from services.renderer.export.workspace import Workspace
from services.renderer.files import private_folder
from services.renderer.fleet.fleet import Fleet, Reach
from services.renderer.images.collecting import Fetch
from services.renderer.images.fetching import ImageFetcher, make_client
from services.renderer.limits import Limits
from services.renderer.messaging.attempt import AttemptRunner
from services.renderer.messaging.consumer import Consumer
from services.renderer.messaging.storage_client import RetryBudget, StorageClient
from services.renderer.metrics import Metrics
from services.renderer.modes import TUNED_VERSIONS, Confinement, RendererTask, usable
from services.renderer.settings import RendererSettings
from services.renderer.workers.cache import Cache, DiskCache, NoCache
from services.renderer.workers.confinement import Layer, Sandbox
from services.renderer.workers.pool import CallFailed, Replacement, WorkerPool, WorkersBroken
from services.renderer.workers.shards import Pipeline
from services.renderer.workers.tasks import preload_engine

log = structlog.get_logger()

SESSION = {**database.READ_ONLY, "application_name": "correcta-exports-renderer"}
SWEEP_SECONDS = 60.0
RETRY_SECONDS = 10.0


async def make_app(settings: RendererSettings, limits: Limits) -> Starlette:
    """The service, not yet started; `app.state.registry` is there for the server's own metrics."""
    registry = make_registry()
    admission = Admission(settings.verifier, registry, settings.role)
    service = Service(settings, limits, await make_database(settings), registry, admission)
    app = Starlette(routes=[*health_routes(service.checks, registry)], lifespan=service.running)
    app.state.registry = registry
    return app


async def make_database(settings: RendererSettings) -> asyncpg.Pool:
    """Read-only connections to Correcta's tables."""
    dsn = settings.correcta_database_url.get_secret_value()
    return await database.make_pool(dsn, size=4, server_settings=SESSION)


class Service:
    """The adapters of one renderer, and its life from start to stop."""

    def __init__(
        self,
        settings: RendererSettings,
        limits: Limits,
        pool: asyncpg.Pool,
        registry: CollectorRegistry,
        admission: Admission,
    ) -> None:
        self._admission = admission
        self._settings, self._limits, self._pool, self._registry = settings, limits, pool, registry
        self._metrics = metrics = Metrics(registry)
        amqp = settings.amqp_url.get_secret_value()
        self._topology = Topology(settings.broker_namespace)
        self._requests, self._cancellations, self._publishing = (
            make_broker(amqp, graceful_timeout=5.0) for _ in range(3)
        )
        self._recovery = TopologyRecovery(amqp, self._topology, self._publishing, self._cancellations, self._requests)
        self._root = private_folder(settings.work_folder)
        self._cache = DiskCache(
            self._root / "cache", capacity=settings.cache_bytes, retention=settings.retention_seconds
        )
        self._workspace = Workspace(self._root / "exports")
        for reason in Replacement:
            metrics.replaced.labels(reason.value)
        self._workers = WorkerPool(
            settings.workers,
            sandbox=Sandbox(limits.shard_memory, self._workspace.own_folder, settings.confinement),
            initialise=partial(preload_engine, settings.failpoints),
            on_replaced=lambda reason: metrics.replaced.labels(reason.value).inc(),
        )
        self._storage = StorageClient(
            settings.storage_url, settings.storage_token, RetryBudget(away=settings.upload_seconds)
        )
        self._images = make_client()
        if usable(settings.typesetter) is not settings.typesetter:
            log.warning("typesetter.not_tuned", weasyprint=version("weasyprint"), known=sorted(TUNED_VERSIONS))
        self._kept: Cache = self._cache if settings.cache_bytes else NoCache()
        self._fleet = self._make_fleet()
        metrics.workers.set(settings.workers)
        metrics.busy.set_function(lambda: self._workers.busy)
        metrics.waiting.set_function(lambda: self._workers.waiting)

    @property
    def checks(self) -> dict[str, Check]:
        """What the renderer depends on."""
        return {
            "broker": self._recovery.check_declared,
            "consumers": self._recovery.check_consuming,
            "database": self._database_is_there,
            "storage": self._storage.ping,
            "workers": self._workers.check,
        }

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncIterator[None]:
        """Take requests while the block runs; on leaving, finish them or hand them back."""
        consumer = self._consumer()
        self._workers.start()
        if self._settings.confinement is Confinement.REQUIRE:
            await self._check_confinement()
        background = asyncio.create_task(self._background())
        fleet = self._fleet
        sharing = (
            None
            if fleet is None
            else asyncio.create_task(retry_forever(fleet.run, "fleet.failed", delay=RETRY_SECONDS))
        )
        try:
            yield
        finally:
            if fleet is not None:
                await fleet.stop_helping()
            background.cancel()
            with suppress(asyncio.CancelledError):
                await background
            await consumer.stop(self._requests, self._settings.grace_seconds)
            if sharing is not None:
                sharing.cancel()
                await asyncio.gather(sharing, return_exceptions=True)
            await stop(self._requests, self._cancellations, self._publishing)
            await self._workers.stop()
            await self._images.aclose()
            await self._storage.close()
            self._pool.terminate()
            self._workspace.close()

    def _consumer(self) -> Consumer:
        publisher = Publisher(
            self._publishing, self._topology, self._settings.role, self._settings.signer, self._recovery.request
        )
        pipeline = Pipeline(
            self._workers,
            self._kept if self._fleet is None else self._fleet.cache,
            self._limits,
            timezone=self._settings.default_timezone,
            typesetting=self._settings.typesetter,
            fleet=self._fleet,
            observer=self._metrics,
        )
        runner = AttemptRunner(
            self._pool, pipeline, self._storage, self._workspace, publisher, self._fetch, self._metrics.phase
        )
        consumer = Consumer(runner.run, publisher, self._topology, self._metrics)
        if RendererTask.COORDINATE in self._settings.tasks:
            consumer.subscribe(self._requests, self._cancellations, self._admission)
        return consumer

    def _make_fleet(self) -> Fleet | None:
        """Its part among other renderers; None where it has no token for what they share."""
        settings, token = self._settings, self._settings.blobs_token
        if token is None:
            log.info("fleet.off", missing="STORAGE_BLOBS_TOKEN")
            return None
        reach = Reach(
            amqp_url=settings.amqp_url.get_secret_value(),
            topology=self._topology,
            storage_url=settings.storage_url,
            blobs_token=token,
            signer=settings.signer,
            verifier=settings.verifier,
        )
        helps = RendererTask.TYPESET in settings.tasks
        return Fleet(reach, self._workers, self._workspace, self._kept, self._registry, helps=helps)

    def _fetch(self) -> Fetch:
        """A new fetcher for each export: a host that is down for one may be back for the next."""
        return ImageFetcher(self._images, self._settings.image_base_urls, self._limits).fetch

    async def _check_confinement(self) -> None:
        """Say which layers confine the workers, and which are missing.

        Raises:
            WorkersBroken: no worker starts; where all layers are required, for want of one.
        """
        layers = await self._workers.layers()
        for layer in Layer:
            self._metrics.confinement.labels(layer.value).set(layer in layers)
        log.info("worker.confined", layers=list(layers))
        missing = [layer for layer in Layer if layer not in layers]
        if missing:
            log.warning("worker.not_confined", missing=missing)

    async def _tell_confinement(self) -> None:
        """The same in the background: where no worker starts, the exports that need one say so."""
        try:
            await self._check_confinement()
        except (CallFailed, WorkersBroken) as error:
            log.warning("worker.not_started", cause=str(error))

    async def _background(self) -> None:
        """Take requests once the broker is there, and keep the cache within its bounds."""
        async with asyncio.TaskGroup() as group:
            if self._settings.confinement is not Confinement.REQUIRE:
                group.create_task(self._tell_confinement())
            group.create_task(self._recovery.run())
            group.create_task(self._sweep())
            await self._recovery.started()
            log.info("renderer.ready")

    async def _sweep(self) -> None:
        while True:
            await asyncio.to_thread(self._cache.sweep)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _database_is_there(self) -> None:
        async with database.connection(self._pool) as connection:
            await connection.execute("SELECT 1")
