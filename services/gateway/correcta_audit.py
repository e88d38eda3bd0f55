"""Rows in Correcta's own `AuditLog`, as its worker wrote them: `EXPORT_PDF` or `EXPORT_CSV` for each export that began.

Off unless `CORRECTA_AUDIT` is set and the role of `CORRECTA_DATABASE_URL` may insert there. It is a courtesy to
Correcta's pages: the whole audit is `exports.audit`, so no export waits for a row here or fails without one.
"""

import asyncio
import json
from pathlib import Path
from uuid import uuid4

import asyncpg
import structlog

from contracts.states import SHEETS
from services.common.database import DatabaseUnavailable, connection, queries
from services.gateway.exports import Export
from services.gateway.metrics import Metrics

log = structlog.get_logger()

SQL = queries(Path(__file__).parent / "sql" / "correcta_audit.sql")


class CorrectaAudit:
    """Writes the rows in the background; without a pool it writes none."""

    def __init__(self, pool: asyncpg.Pool | None, metrics: Metrics) -> None:
        self._pool = pool
        self._metrics = metrics
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, export: Export, ip_address: str | None) -> None:
        """Begin to write the row of an export; returns at once."""
        if self._pool is not None:
            self._writing.add(task := asyncio.create_task(self._note(self._pool, export, ip_address)))
            task.add_done_callback(self._writing.discard)

    async def finish(self) -> None:
        """Return once every row that was begun is written or given up."""
        await asyncio.gather(*self._writing)

    async def _note(self, pool: asyncpg.Pool, export: Export, ip_address: str | None) -> None:
        action = "EXPORT_CSV" if export.format in SHEETS else "EXPORT_PDF"
        metadata = json.dumps({"jobId": str(export.id), "format": export.format})
        row = (str(uuid4()), action, export.requested_by, export.institution_id, export.exam_id, metadata, ip_address)
        try:
            async with connection(pool) as db, db.transaction():
                await db.execute(SQL["allow_writing"])
                await db.execute(SQL["note"], *row)
        except (DatabaseUnavailable, asyncpg.PostgresError) as error:
            log.warning("correcta_audit.not_written", export=str(export.id), cause=error)
            self._metrics.correcta_audit.labels("no").inc()
        else:
            self._metrics.correcta_audit.labels("yes").inc()
