"""Publishes the rows of the outbox to the broker, with confirms: at least once, always under the same id.

Any number of relays may run. A row leaves the table only after its confirm, in the transaction that held it; a row that
no queue takes is parked for a while, so that it blocks nobody.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import structlog

from contracts.envelope import attribute_headers, source_of
from contracts.events import ExportRequested
from services.common.broker import BrokerUnavailable, Unroutable
from services.common.database import DatabaseUnavailable, connection, queries
from services.common.failpoints import failpoint
from services.common.retrying import retry
from services.gateway.metrics import Metrics

log = structlog.get_logger()

SQL = queries(Path(__file__).parent / "sql" / "outbox.sql")
SOURCE = source_of("gateway")
"""The CloudEvents `source` of what this service publishes."""

BATCH = 50
RETRY_SECONDS = 1.0
POLL_SECONDS = 2.0
BATCH_SECONDS = 10.0
"""When a batch is cut short: what was confirmed is marked long before the transaction is taken for frozen."""

FROZEN = "SET LOCAL idle_in_transaction_session_timeout = '30s'"
"""A relay that is stopped while it holds rows loses them to the others after this."""


class Sender(Protocol):
    """What the relay needs of a publisher (`services.common.broker.Publisher`)."""

    async def send(self, headers: Mapping[str, str], body: bytes, *, routing_key: str, message_id: str) -> None:
        """Publish and return once confirmed; `BrokerUnavailable` or `Unroutable` otherwise."""


class Relay:
    """One of possibly many relays over one outbox."""

    def __init__(self, pool: asyncpg.Pool, sender: Sender, metrics: Metrics) -> None:
        self._pool = pool
        self._sender = sender
        self._metrics = metrics
        self._wakeup = asyncio.Event()

    def wake(self) -> None:
        """Look for rows now: there may be some to publish."""
        self._wakeup.set()

    async def run(self) -> None:
        """Publish what is due, when woken and every `POLL_SECONDS`, until cancelled."""
        while True:
            self._wakeup.clear()
            while await self._drain_until_done() == BATCH:
                pass
            await self._wait()

    async def drain(self) -> int:
        """Publish one batch; how many rows were handled, parked ones included.

        Raises:
            BrokerUnavailable: the broker is away; what it confirmed before has left the outbox all the same.
        """
        async with connection(self._pool) as db, db.transaction():
            await db.execute(FROZEN)
            rows = await db.fetch(SQL["due"], BATCH)
            if rows:
                failpoint("relay.taken")
            sent, lost = await self._publish(db, rows)
            if sent:
                await db.execute(SQL["sent"], [row["position"] for row in sent])
                requests = [row["export_id"] for row in sent if row["event_type"] == ExportRequested.type]
                await db.execute(SQL["start_clock"], requests)
                failpoint("relay.marked")
        if lost is not None:
            raise lost
        return len(rows)

    async def _drain_until_done(self) -> int:
        async def drain_once() -> int:
            return await retry(self.drain, BrokerUnavailable, "relay.broker_unavailable", delay=RETRY_SECONDS)

        return await retry(drain_once, DatabaseUnavailable, "relay.database_unavailable", delay=RETRY_SECONDS)

    async def backlog(self) -> tuple[int, float]:
        """Rows waiting, and the age of the oldest in seconds."""
        async with connection(self._pool) as db:
            count, age = await db.fetchrow(SQL["backlog"])
        return count, age

    async def _publish(
        self, db: asyncpg.Connection, rows: list[asyncpg.Record]
    ) -> tuple[list[asyncpg.Record], BrokerUnavailable | None]:
        sent: list[asyncpg.Record] = []
        enough = time.monotonic() + BATCH_SECONDS
        for row in rows:
            if time.monotonic() > enough:
                break
            try:
                await self._send(row)
            except Unroutable as error:
                log.warning("relay.parked", type=row["event_type"], export=str(row["export_id"]), cause=str(error))
                self._metrics.parked.labels(row["event_type"]).inc()
                await db.execute(SQL["park"], row["position"])
            except BrokerUnavailable as error:
                return sent, error
            else:
                failpoint("relay.published")
                self._metrics.published.labels(row["event_type"]).inc()
                sent.append(row)
        return sent, None

    async def _send(self, row: asyncpg.Record) -> None:
        await self._sender.send(
            headers_of(row), row["body"].encode(), routing_key=row["event_type"], message_id=str(row["event_id"])
        )

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wakeup.wait()
        except TimeoutError:
            return


def headers_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The CloudEvents headers of an outbox row, with the trace it was written under; the same at every attempt."""
    trace: dict[str, str] = json.loads(row["trace"])
    return trace | attribute_headers(
        id=row["event_id"],
        source=SOURCE,
        type=row["event_type"],
        time=row["created_at"],
        subject=row["export_id"],
    )
