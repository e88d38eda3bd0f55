"""The gateway's background tasks: migrate, listen, relay, consume, sweep, measure. Each is run again whenever it fails;
none can stop the process.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import asyncpg
import structlog

from contracts.topology import Topology
from services.common import abandoned_sessions
from services.common.database import DatabaseUnavailable
from services.common.declaration import ready_messages
from services.common.former_queues import FormerQueues
from services.common.migrations import Migrator
from services.common.supervision import Supervisor
from services.common.topology_recovery import TopologyRecovery
from services.gateway import garbage
from services.gateway.consumer import Consumer
from services.gateway.exports import Export
from services.gateway.forecast import LatestForecasts
from services.gateway.listening import listen
from services.gateway.metrics import Metrics
from services.gateway.relay import Relay
from services.gateway.resending import Resender
from services.gateway.retention import keep_sweeping, policy_of
from services.gateway.selection import keys_of
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from services.gateway.stream import CATCH_UP, Hub

log = structlog.get_logger()

MEASURE_SECONDS = 5.0
FORECAST_SECONDS = 3.0


@dataclass(frozen=True)
class BackgroundTasks:
    """The tasks, with the adapters they share."""

    settings: GatewaySettings
    topology: Topology
    pool: asyncpg.Pool
    recovery: TopologyRecovery
    store: Store
    hub: Hub
    relay: Relay
    consumer: Consumer
    metrics: Metrics
    forecasts: LatestForecasts
    migrator: Migrator
    supervisor: Supervisor
    _reading: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Start every task in the order of what it needs; runs until cancelled."""
        amqp = self.settings.amqp_url.get_secret_value()
        supervised = self.supervisor.run
        async with asyncio.TaskGroup() as group:
            group.create_task(supervised("measure", self._measure))
            group.create_task(supervised("collect garbage", garbage.collect_periodically))
            group.create_task(supervised("end abandoned sessions", partial(abandoned_sessions.keep_ending, self.pool)))
            await supervised("migrate", self.migrator.run)
            group.create_task(supervised("listen", self._listen))
            group.create_task(supervised("sweep", self._sweep))
            group.create_task(supervised("forecast", self._forecast))
            group.create_task(supervised("recover topology", self.recovery.run))
            await self.recovery.started()
            group.create_task(supervised("retire former queues", FormerQueues(amqp, self.topology).run))
            group.create_task(supervised("relay", self.relay.run))
            group.create_task(supervised("resend", self._resend))
            group.create_task(supervised("write progress", self.consumer.write_progress))

    async def _listen(self) -> None:
        channels = {"exports_changed": self._changed, "exports_outbox": lambda _: self.relay.wake()}
        await listen(self.settings.database_url.get_secret_value(), channels, self._catch_up)

    def _changed(self, payload: str) -> None:
        """The payload of `exports_changed`: the export's id, who asked for it, its exam and its institution."""
        self.relay.wake()  # one that was begun or has ended makes room for the next of its institution
        export_id, *rest = payload.split(" ")
        if len(rest) == 3 and self.hub.has_followers(UUID(export_id), keys_of(rest[2], rest[0], rest[1])):
            self._reading.add(task := asyncio.create_task(self._apply(self.store.read([UUID(export_id)]))))
            task.add_done_callback(self._reading.discard)

    async def _catch_up(self) -> None:
        if followed := self.hub.followed():
            await self._apply(self.store.read(followed))
        if selections := self.hub.selections:
            await self._apply(self.store.changed_since(selections, CATCH_UP))

    async def _apply(self, reading: Awaitable[list[Export]]) -> None:
        try:
            for export in await reading:
                self.hub.apply_row(export)
        except DatabaseUnavailable as error:
            log.warning("stream.not_read", cause=str(error))

    async def _sweep(self) -> None:
        await keep_sweeping(self.store, policy_of(self.settings), self.settings.sweep_seconds)

    async def _resend(self) -> None:
        amqp, topology = self.settings.amqp_url.get_secret_value(), self.topology
        queues = (topology.requests, topology.small_requests, topology.retry)
        resender = Resender(
            self.store,
            waiting=lambda: ready_messages(amqp, queues),
            losses=lambda: self.recovery.losses,
            silence=timedelta(seconds=self.settings.resend_seconds),
        )
        await resender.run()

    async def _forecast(self) -> None:
        while True:
            try:
                self.forecasts.take(await self.store.forecasts())
            except DatabaseUnavailable:
                self.forecasts.take({})
            await asyncio.sleep(FORECAST_SECONDS)

    async def _measure(self) -> None:
        while True:
            self.metrics.streams.set(len(self.hub))
            try:
                rows, age = await self.relay.backlog()
                oldest = await self.store.oldest_queued()
            except DatabaseUnavailable:
                pass
            else:
                self.metrics.outbox_rows.set(rows)
                self.metrics.outbox_age.set(age)
                self.metrics.oldest_queued.set(oldest)
            await asyncio.sleep(MEASURE_SECONDS)
