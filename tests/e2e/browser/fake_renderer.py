"""A renderer that publishes what a test tells it to, for a gateway and a storage that run as processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from playwright.async_api import Route

from contracts.events import AnyEvent, StoredFile, Warning
from contracts.states import FailureCode, Format, Phase, WarningCode
from contracts.topology import Role, Topology
from dev.sample.subjects.mathematiques import MATHEMATIQUES as EXAM
from dev.stack.services import Servers, Stack
from services.common.broker import Publisher, make_broker
from services.common.signing import Signer
from tests.builders import an_export_completed, an_export_failed, an_export_progress
from tests.uploads import upload
from tests.waiting import wait_until

GRADED = """
SELECT a."id" FROM "Attempt" a JOIN "User" u ON u."id" = a."studentId"
WHERE a."examId" = $1 AND a."status" = 'GRADED' ORDER BY u."name" OFFSET $2
"""
TOKEN = "a-token-between-services-of-this-test"
PDF = b"%PDF-1.7\n" + b"% a report that nobody reads\n" * 45_000
"""1.2 MB, so that its size is told in Mo."""


@dataclass
class FakeRenderer:
    """Publishes the events of a renderer, and knows what exports there are."""

    stack: Stack
    publisher: Publisher
    database: asyncpg.Pool
    _sequences: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where browsers go."""
        return self.stack.url

    async def running_exports(self, count: int = 1) -> list[str]:
        """The exports that run, oldest first, once there are so many."""

        async def so_many() -> bool:
            return len(await self._running()) == count

        await wait_until(so_many)
        return await self._running()

    async def requested_count(self) -> int:
        """How many exports were ever asked for in this test."""
        return int(await self.database.fetchval("SELECT count(*) FROM exports.export"))

    async def progress(self, export_id: str, percent: int, processed: int, **overrides: Any) -> None:
        """So many copies of 34 are done."""
        sequence = self._sequences[export_id] = self._sequences.get(export_id, 0) + 1
        values = {"phase": Phase.PROCESSING, "total": 34, "sequence": sequence, **overrides}
        event = an_export_progress(export_id=UUID(export_id), percent=percent, processed=processed, **values)
        await self._publish(event)

    async def complete(
        self,
        export_id: str,
        *,
        filename: str = "Rapport – Devoir surveillé n° 4.pdf",
        content: bytes = PDF,
        warned: int = 0,
        expires_in: float | None = None,
        **overrides: Any,
    ) -> StoredFile:
        """The file is in storage; `warned` of its copies have a formula that could not be drawn."""
        kind = Format(overrides.get("format", Format.PDF))
        storage = (self.stack.storage.url, TOKEN)
        pages = 66 if kind is Format.PDF else 0
        identity = await self._identity(export_id)
        file = await upload(storage, export_id, content, filename, kind, pages=pages, identity=identity)
        if expires_in is not None:
            file = file.model_copy(update={"expires_at": datetime.now(UTC) + timedelta(seconds=expires_in)})
        warnings = [
            Warning(
                code=WarningCode.FORMULA_NOT_DRAWN,
                submission_id=await self._submission(place),
                message="Question 2 : formule illisible, sa source est imprimée telle quelle.",
            )
            for place in range(warned)
        ]
        values = {"file": file, "attempt_count": 34, "warnings": tuple(warnings), **overrides}
        await self._publish(an_export_completed(**(identity | values)))
        return file

    async def complete_then(self, route: Route, export_id: str) -> None:
        """Complete the export just before a request of the browser goes on."""
        await self.complete(export_id)
        await self.running_exports(0)
        await route.continue_()

    async def fail(self, export_id: str, code: FailureCode, message: str, attempt: int = 2) -> None:
        """The export will not be made."""
        identity = await self._identity(export_id)
        await self._publish(an_export_failed(**identity, code=code, message=message, attempt=attempt))

    async def expire(self, export_id: str) -> None:
        """The file's time is over, and no event has said so yet."""
        await self.database.execute(
            "UPDATE exports.export SET expires_at = now() - interval '1 min', status = 'expired', "
            "expired_at = now() WHERE id = $1",
            UUID(export_id),
        )

    async def delete_exports(self) -> None:
        """No export at all, as at the beginning."""
        await self.database.execute("DELETE FROM exports.outbox; DELETE FROM exports.export")

    async def _running(self) -> list[str]:
        rows = await self.database.fetch(
            "SELECT id FROM exports.export WHERE status IN ('queued', 'active') ORDER BY requested_at"
        )
        return [str(row["id"]) for row in rows]

    async def _identity(self, export_id: str) -> dict[str, Any]:
        """Whose export it is."""
        sql = "SELECT id AS export_id, institution_id, exam_id, requested_by FROM exports.export WHERE id = $1"
        return dict(await self.database.fetchrow(sql, UUID(export_id)))

    async def _publish(self, event: AnyEvent) -> None:
        await self.publisher.publish(event)

    async def _submission(self, place: int) -> str:
        correcta = await asyncpg.connect(self.stack.servers.correcta_database_url)
        try:
            row = await correcta.fetchrow(GRADED, EXAM.id, place)
        finally:
            await correcta.close()
        return str(row["id"])


def settings(**gateway: str) -> dict[str, dict[str, str]]:
    """Demo mode, sessions checked each second, and a token the test knows."""
    return {
        "gateway": {
            "DEMO": "true",
            "INTERNAL_TOKEN": TOKEN,
            "STREAM_RECHECK_SECONDS": "1",
            "STARTS_PER_MINUTE_USER": "300",  # one teacher starts the exports of all tests
            **gateway,
        },
        "storage": {"INTERNAL_TOKEN": TOKEN},
    }


@asynccontextmanager
async def connect(stack: Stack, servers: Servers) -> AsyncIterator[FakeRenderer]:
    """A fake renderer for a stack without renderers."""
    broker = make_broker(servers.amqp_url)
    await broker.connect()
    signer = Signer(stack.signing_keys[Role.RENDERER])
    publisher = Publisher(broker, Topology(servers.namespace), Role.RENDERER, signer)
    async with asyncpg.create_pool(servers.database_url, min_size=1, max_size=2) as database:
        try:
            yield FakeRenderer(stack, publisher, database)
        finally:
            await broker.stop()
