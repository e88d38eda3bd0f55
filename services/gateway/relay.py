"""The outbox's way out: what a transaction promised is published, with confirm, at least once and under one id.

Any number of relays may run. A row leaves the table only after its confirm, in the transaction that held it; a row that
no queue takes is parked for a while, so that it blocks nobody.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import structlog

from contracts.envelope import PREFIX
from contracts.events import ExportRequested
from services.common.broker import BrokerUnavailable, Unroutable
from services.common.database import DatabaseUnavailable, connection, queries
from services.common.failpoints import failpoint
from services.gateway.metrics import Metrics

log = structlog.get_logger()

SQL = queries(Path(__file__).parent / "sql" / "outbox.sql")
SOURCE = "correcta-exports/gateway"
BATCH = 50
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
    """One of possibly many relays."""

    def __init__(
        self, pool: asyncpg.Pool, sender: Sender, redeclare: Callable[[], Awaitable[object]], metrics: Metrics
    ) -> None:
        self._pool = pool
        self._sender = sender
        self._redeclare = redeclare
        self._metrics = metrics
        self._stirred = asyncio.Event()

    def stir(self) -> None:
        """There may be something to publish."""
        self._stirred.set()

    async def run(self) -> None:
        """Publish what is due, when stirred and every `POLL_SECONDS`, until cancelled."""
        while True:
            self._stirred.clear()
            try:
                while await self.drain() == BATCH:
                    pass
            except DatabaseUnavailable as error:
                log.warning("relay.database_unavailable", cause=str(error))
                await asyncio.sleep(1.0)
            except BrokerUnavailable as error:
                log.warning("relay.broker_unavailable", cause=str(error))
                await self._recover()
            else:
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
                await db.execute(SQL["heard"], requests)
                failpoint("relay.marked")
        if lost is not None:
            raise lost
        return len(rows)

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

    async def _recover(self) -> None:
        """A broker that came back empty lacks our exchange; declaring again is harmless where it doesn't."""
        try:
            await self._redeclare()
        except BrokerUnavailable:
            await asyncio.sleep(1.0)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._stirred.wait()
        except TimeoutError:
            return


def headers_of(row: Mapping[str, Any]) -> dict[str, str]:
    """The CloudEvents headers of an outbox row, with the trace it was written under; the same at every attempt."""
    return {
        **json.loads(row["trace"]),
        f"{PREFIX}specversion": "1.0",
        f"{PREFIX}id": str(row["event_id"]),
        f"{PREFIX}source": SOURCE,
        f"{PREFIX}type": row["event_type"],
        f"{PREFIX}time": row["created_at"].astimezone(UTC).isoformat(),
        f"{PREFIX}subject": str(row["export_id"]),
    }
