"""Telling the world how far an export is: at most five times a second, only the newest, in strictly rising order."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

from contracts.events import AnyEvent, ExportProgress, ExportRequested
from services.renderer.progress import Step

INTERVAL_SECONDS = 0.2


class Hints(Protocol):
    """Publishes news that may be lost."""

    async def hint(self, event: AnyEvent) -> None:
        """Publish; never an error."""


class Announcer:
    """The news of one attempt. `report` never waits: a task publishes while the block runs, the rest at its end."""

    def __init__(self, hints: Hints, request: ExportRequested, attempt: int) -> None:
        self._hints = hints
        self._export_id = request.export_id
        self._attempt = attempt
        self._sequence = 0
        self._latest: Step | None = None
        self._news = asyncio.Event()

    def report(self, step: Step) -> None:
        """Remember the newest step; it is published in its turn."""
        self._latest = step
        self._news.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._publish())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if error is None and self._news.is_set():
            await self._tell()

    async def _publish(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._tell()
            await asyncio.sleep(INTERVAL_SECONDS)

    async def _tell(self) -> None:
        if self._latest is not None:
            await self._hints.hint(self._event(self._latest))

    def _event(self, step: Step) -> ExportProgress:
        self._sequence += 1
        return ExportProgress(
            export_id=self._export_id,
            attempt=self._attempt,
            sequence=self._sequence,
            phase=step.phase,
            percent=step.percent,
            processed=step.processed,
            total=step.total,
            at=datetime.now(UTC),
        )
