"""One renderer among others: wires the link, the blobs, the offers and the helper, and runs them."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4
from weakref import WeakSet

import structlog
from prometheus_client import CollectorRegistry

from contracts.shards import AnyFleetMessage
from contracts.topology import Topology
from services.common.retrying import retry_forever
from services.common.signing import Signer, Verifier
from services.renderer.export.workspace import Workspace
from services.renderer.fleet.blob_client import BlobClient
from services.renderer.fleet.executor import Means, SharedExecutor
from services.renderer.fleet.helper import Helper
from services.renderer.fleet.link import Link
from services.renderer.fleet.metrics import FleetMetrics
from services.renderer.fleet.offers import Offers
from services.renderer.fleet.sharing import Sharing, SharingCache
from services.renderer.workers.cache import Cache
from services.renderer.workers.executors import Executor, LocalExecutor
from services.renderer.workers.fingerprint import fingerprint
from services.renderer.workers.pool import WorkerPool
from services.renderer.workers.tasks import TASKS, Context, WorkerTasks, describe_engine

log = structlog.get_logger()

ENGINE_SECONDS = 60.0
RETRY_SECONDS = 10.0


@dataclass(frozen=True)
class Reach:
    """Where the others are found, and by which keys they are believed."""

    amqp_url: str
    topology: Topology
    storage_url: str
    blobs_token: str
    signer: Signer
    verifier: Verifier


class Fleet:
    """This renderer's part in the exports of others, and theirs in its own. Until it runs, everything is typeset here.

    `helps` says whether it lends its workers.
    """

    def __init__(
        self,
        reach: Reach,
        pool: WorkerPool,
        workspace: Workspace,
        cache: Cache,
        registry: CollectorRegistry,
        *,
        helps: bool,
        tasks: WorkerTasks = TASKS,
    ) -> None:
        self._reach, self._pool, self._workspace, self._tasks = reach, pool, workspace, tasks
        self._own_cache = cache
        self._helps = helps
        self._metrics = FleetMetrics(registry)
        self._sharing: Sharing | None = None
        self._means: Means | None = None
        self._helping: asyncio.Task[None] | None = None
        self._executors: WeakSet[SharedExecutor] = WeakSet()
        self.own_id = uuid4()
        """What others know this renderer by."""

        self.fingerprint = ""
        """A digest of everything it draws with, known once it runs."""

        self.cache = SharingCache(cache, self._share)

    @property
    def is_linked(self) -> bool:
        """Whether it hears others, and they it."""
        return self._means is not None and self._means.link.is_up

    def extend(self, local: LocalExecutor, context: Context) -> Executor:
        """An export's executor."""
        if self._means is None:
            return local
        executor = SharedExecutor(local, context, self._means)
        self._executors.add(executor)
        return executor

    async def run(self) -> None:
        """Take part until cancelled; a shard that is being helped with is handed back."""
        engine = await retry_forever(
            lambda: self._pool.call(self, ENGINE_SECONDS, describe_engine), "fleet.no_engine", delay=RETRY_SECONDS
        )
        self.fingerprint = alike = hashlib.sha256(f"{fingerprint()}\n{engine}".encode()).hexdigest()
        reach = self._reach
        offers = Offers(self.own_id, alike)
        offers.on_ready = self._offer_surplus
        self._metrics.helpers.set_function(lambda: offers.lent)
        blobs = BlobClient(reach.storage_url, reach.blobs_token, alike, reach.signer, reach.verifier, self._metrics)
        hear: list[Callable[[AnyFleetMessage], None]] = []

        def heard(message: AnyFleetMessage, given_up: str | None) -> None:
            offers.hear(message, given_up)
            for listener in hear:
                listener(message)

        link = Link(reach.amqp_url, reach.topology, alike, self.own_id, reach.signer, reach.verifier, heard)
        self._sharing = Sharing(blobs, offers)
        self._means = Means(link, blobs, offers, self._sharing, self._metrics)
        if self._helps:
            helper = Helper(
                link, blobs, self._pool, self._tasks, self._own_cache, self._workspace, alike, self._metrics
            )
            hear.append(helper.hear)
            self._helping = asyncio.create_task(retry_forever(helper.run, "fleet.failed", delay=RETRY_SECONDS))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(link.run())
                group.create_task(retry_forever(self._sharing.run, "fleet.failed", delay=RETRY_SECONDS))
        finally:
            await self.stop_helping()
            await blobs.close()

    async def stop_helping(self) -> None:
        """Take no more shards, and hand back what is under way; others go on with this renderer's own exports."""
        helping, self._helping = self._helping, None
        if helping is not None:
            helping.cancel()
            await asyncio.gather(helping, return_exceptions=True)
            if self._means is not None:
                await self._means.link.flush()

    def _offer_surplus(self) -> None:
        for executor in list(self._executors):
            executor.offer_surplus()

    def _share(self, key: str, result: Path) -> None:
        if self._sharing is not None:
            self._sharing.share(key, result)
