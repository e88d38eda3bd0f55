"""Publishes `export.progress` of one attempt: at most five a second, the newest only, `sequence` strictly rising."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

from contracts.events import AnyEvent, ExportProgress, ExportRequested
from services.renderer.progress import Step

INTERVAL_SECONDS = 0.2


class ProgressSink(Protocol):
    """Publishes events that may be lost."""

    async def publish_unconfirmed(self, event: AnyEvent) -> None:
        """Publish without waiting for a confirm; never an error."""


class ProgressPublisher:
    """Publishes the progress of one attempt from a task that runs as long as the block; what is left, at its end."""

    def __init__(self, sink: ProgressSink, request: ExportRequested, attempt: int) -> None:
        self._sink = sink
        self._export_id = request.export_id
        self._attempt = attempt
        self._sequence = 0
        self._latest: Step | None = None
        self._changed = asyncio.Event()

    def report(self, step: Step) -> None:
        """Keep the newest step for the next event; returns at once."""
        self._latest = step
        self._changed.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._publish_changes())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if error is None and self._changed.is_set():
            await self._publish_latest()

    async def _publish_changes(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._publish_latest()
            await asyncio.sleep(INTERVAL_SECONDS)

    async def _publish_latest(self) -> None:
        if self._latest is not None:
            await self._sink.publish_unconfirmed(self._event(self._latest))

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
