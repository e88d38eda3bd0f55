"""Publishes the rows of the outbox to the broker, with confirms: at least once, always under the same id.

A request leaves in two steps: to renderers, then to the facts. Each step has a loop of its own, so that no subscriber
of the facts holds up an export. Any number of relays may run. A row leaves the table only after its confirm, in the
transaction that held it; a row that no queue takes is parked for a while, so that it blocks nobody. A relay that is
frozen while it holds rows loses them to the others (`services.common.abandoned_sessions`).
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import asyncpg
import structlog
from opentelemetry.trace import SpanKind

from contracts.envelope import Envelope, source_of
from contracts.events import EVENT_TYPES, AnyEvent, ExportRequested
from contracts.topology import Exchange, Role, destinations, request_key
from services.common import tracing
from services.common.broker import BrokerUnavailable, Unroutable
from services.common.database import DatabaseUnavailable, connection, queries
from services.common.failpoints import failpoint
from services.common.retrying import retry, retry_forever
from services.gateway.metrics import Metrics

log = structlog.get_logger()

SQL = queries(Path(__file__).parent / "sql" / "outbox.sql")
SOURCE = source_of(Role.GATEWAY)
"""The CloudEvents `source` of what this service publishes."""

BATCH = 50
REQUESTS_AHEAD = 8
RETRY_SECONDS = 1.0
POLL_SECONDS = 2.0

TYPES = tuple(EVENT_TYPES)
TO_RENDERERS = tuple(kind for kind in TYPES if Exchange.REQUESTS in destinations(Role.GATEWAY, kind))


@dataclass(frozen=True)
class Step:
    """One step on the way out: to which exchange, which rows are due, and how those are marked that it confirmed."""

    exchange: Exchange
    due: str
    due_types: tuple[tuple[str, ...], ...]
    mark: str


REQUESTS = Step(Exchange.REQUESTS, "due_requests", (TO_RENDERERS,), "delivered")
FACTS = Step(Exchange.FACTS, "due_facts", (TO_RENDERERS, TYPES), "sent")


class Sender(Protocol):
    """What the relay needs of a publisher (`services.common.broker.Publisher`)."""

    async def send(
        self,
        headers: Mapping[str, str],
        body: bytes,
        *,
        type: str,
        message_id: str,
        exchange: Exchange,
        routing_key: str | None = None,
    ) -> None:
        """Publish and return once confirmed; `BrokerUnavailable` or `Unroutable` otherwise."""


class Relay:
    """One of possibly many relays over one outbox. `ahead` is how many requests of one institution may be at the broker
    before a renderer begins one: institutions take turns, however many exports one of them starts.
    """

    def __init__(self, pool: asyncpg.Pool, sender: Sender, metrics: Metrics, ahead: int = REQUESTS_AHEAD) -> None:
        self._pool = pool
        self._ahead = ahead
        self._sender = sender
        self._metrics = metrics
        self._wakeups = {step: asyncio.Event() for step in (REQUESTS, FACTS)}

    def wake(self) -> None:
        """Look for rows now: there may be some to publish."""
        for wakeup in self._wakeups.values():
            wakeup.set()

    async def run(self) -> None:
        """Publish what is due, when woken and every `POLL_SECONDS`, until cancelled.

        A step that fails begins again by itself: a group that one fails would leave its own task with a cancellation
        that nobody asked for (CPython 3.11 and 3.12), and whoever supervises it would take it for the end.
        """
        async with asyncio.TaskGroup() as group:
            for step in self._wakeups:
                draining = partial(self._keep_draining, step)
                group.create_task(retry_forever(draining, "relay.failed", delay=RETRY_SECONDS))

    async def drain(self, step: Step) -> int:
        """Publish one batch; how many rows were handled, parked ones included.

        Raises:
            BrokerUnavailable: the broker is away; what it confirmed before has left the outbox all the same.
        """
        async with connection(self._pool) as db, db.transaction():
            more = (self._ahead,) if step is REQUESTS else ()
            rows = await db.fetch(SQL[step.due], BATCH, *step.due_types, *more)
            if rows:
                failpoint("relay.taken")
            sent, lost = await self._publish(db, rows, step)
            if sent:
                await db.execute(SQL[step.mark], [row["position"] for row in sent])
                if step is REQUESTS:
                    requests = [row["export_id"] for row in sent if row["event_type"] == ExportRequested.type]
                    await db.execute(SQL["start_clock"], requests)
                failpoint("relay.marked")
        if lost is not None:
            raise lost
        return len(rows)

    async def _keep_draining(self, step: Step) -> None:
        while True:
            self._wakeups[step].clear()
            while await self._drain_until_done(step):
                self._wakeups[FACTS].set()
            await self._wait(step)

    async def _drain_until_done(self, step: Step) -> int:
        async def drain_once() -> int:
            return await retry(
                lambda: self.drain(step), BrokerUnavailable, "relay.broker_unavailable", delay=RETRY_SECONDS
            )

        return await retry(drain_once, DatabaseUnavailable, "relay.database_unavailable", delay=RETRY_SECONDS)

    async def backlog(self) -> tuple[int, float]:
        """Rows that wait for the broker, and the age of the oldest in seconds; not those that wait for their turn."""
        async with connection(self._pool) as db:
            count, age = await db.fetchrow(SQL["backlog"], self._ahead)
        return count, age

    async def _publish(
        self, db: asyncpg.Connection, rows: list[asyncpg.Record], step: Step
    ) -> tuple[list[asyncpg.Record], BrokerUnavailable | None]:
        """Publish rows side by side: one that waits for its confirm delays no other. Which were confirmed, and whether
        the broker was away for any.
        """
        sent: list[asyncpg.Record] = []
        lost: BrokerUnavailable | None = None
        ends = await asyncio.gather(*(self._send(row, step) for row in rows), return_exceptions=True)
        for row, end in zip(rows, ends, strict=True):
            match end:
                case None:
                    sent.append(row)
                case Unroutable():
                    log.warning("relay.parked", type=row["event_type"], export=str(row["export_id"]), cause=str(end))
                    self._metrics.parked.labels(row["event_type"]).inc()
                    await db.execute(SQL["park"], row["position"])
                case BrokerUnavailable():
                    lost = end
                case _:
                    raise end
        return sent, lost

    async def _send(self, row: asyncpg.Record, step: Step) -> None:
        event = EVENT_TYPES[row["event_type"]].model_validate_json(row["body"])
        carrier: dict[str, str] = json.loads(row["trace"])
        with (
            tracing.following(carrier, f"publish {event.type}", SpanKind.PRODUCER),
            tracing.of_export(event.export_id),
        ):
            await self._publish_event(row, event, step)

    async def _publish_event(self, row: asyncpg.Record, event: AnyEvent, step: Step) -> None:
        key = request_key(event) if step is REQUESTS and isinstance(event, ExportRequested) else event.type
        await self._sender.send(
            Envelope(row["event_id"], SOURCE, row["created_at"], event).headers(),
            row["body"].encode(),
            type=row["event_type"],
            message_id=str(row["event_id"]),
            exchange=step.exchange,
            routing_key=key,
        )
        failpoint("relay.published")
        self._metrics.published.labels(row["event_type"], step.exchange.value).inc()
        log.info("event.published", type=row["event_type"], exchange=step.exchange.value)

    async def _wait(self, step: Step) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wakeups[step].wait()
        except TimeoutError:
            return
