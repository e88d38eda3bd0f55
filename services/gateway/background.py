"""What the gateway does beside answering: migrate, listen, relay, consume, sweep, measure. Each goes on for ever and
outlives whatever it depends on; none can stop the process.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from faststream.rabbit import RabbitBroker

from contracts.topology import Topology
from services.common.database import DatabaseUnavailable
from services.common.declaration import join
from services.common.former_queues import FormerQueues
from services.common.migrations import migrate_until_done
from services.gateway import garbage
from services.gateway.consumer import Consumer
from services.gateway.exports import Export
from services.gateway.listening import listen
from services.gateway.metrics import Metrics
from services.gateway.migrations import MIGRATIONS
from services.gateway.relay import Relay
from services.gateway.retention import Policy, keep_sweeping
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from services.gateway.stream import Hub

log = structlog.get_logger()

INSIST_SECONDS = 2.0
MEASURE_SECONDS = 5.0
MISSED = timedelta(seconds=60)
"""How far back to look for what notifications may have missed: well over the time between two looks."""


@dataclass(frozen=True)
class Work:
    """What it works with."""

    settings: GatewaySettings
    topology: Topology
    brokers: tuple[RabbitBroker, ...]
    store: Store
    hub: Hub
    relay: Relay
    consumer: Consumer
    metrics: Metrics
    _reading: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """All of it, until cancelled."""
        amqp = self.settings.amqp_url.get_secret_value()
        database = self.settings.database_url.get_secret_value()
        async with asyncio.TaskGroup() as group:
            group.create_task(insist("measure", self._measure))
            group.create_task(insist("collect garbage", garbage.collect))
            await insist("migrate", lambda: migrate_until_done(database, MIGRATIONS))
            group.create_task(insist("listen", self._listen))
            group.create_task(insist("sweep", self._sweep))
            await join(amqp, self.topology, *self.brokers)
            group.create_task(insist("retire former queues", FormerQueues(amqp, self.topology).run))
            group.create_task(insist("relay", self.relay.run))
            group.create_task(insist("write progress", self.consumer.write_progress))

    async def _listen(self) -> None:
        channels = {"exports_changed": self._changed, "exports_outbox": lambda _: self.relay.stir()}
        await listen(self.settings.database_url.get_secret_value(), channels, self._read_again)

    def _changed(self, payload: str) -> None:
        export_id, _, user_id = payload.partition(" ")
        if self.hub.wants(UUID(export_id), user_id):
            self._reading.add(task := asyncio.create_task(self._learn(self.store.read([UUID(export_id)]))))
            task.add_done_callback(self._reading.discard)

    async def _read_again(self) -> None:
        if followed := self.hub.followed():
            await self._learn(self.store.read(followed))
        if owners := self.hub.owners():
            await self._learn(self.store.lately(owners, MISSED))

    async def _learn(self, reading: Awaitable[list[Export]]) -> None:
        try:
            for export in await reading:
                self.hub.learn(export)
        except DatabaseUnavailable as error:
            log.warning("stream.not_read", cause=str(error))

    async def _sweep(self) -> None:
        settings = self.settings
        policy = Policy(
            age=timedelta(hours=settings.failed_retention_hours),
            newest=settings.failed_retention_count,
            silence=timedelta(hours=settings.overdue_hours),
            forget=timedelta(days=settings.forget_days),
        )
        await keep_sweeping(self.store, policy, settings.sweep_seconds)

    async def _measure(self) -> None:
        while True:
            self.metrics.streams.set(len(self.hub))
            try:
                rows, age = await self.relay.backlog()
            except DatabaseUnavailable:
                pass
            else:
                self.metrics.outbox_rows.set(rows)
                self.metrics.outbox_age.set(age)
            await asyncio.sleep(MEASURE_SECONDS)


async def insist(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """A step that fails is logged and taken again, never given up in silence."""
    while True:
        try:
            return await step()
        except Exception:
            log.exception("background.failed", step=name)
            await asyncio.sleep(INSIST_SECONDS)
