"""One attempt at one export, from the request to the stored file: snapshot, document, upload."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg

from contracts.events import ExportCompleted, ExportRequested
from contracts.states import Phase
from services.common.failpoints import failpoint
from services.common.retrying import retry
from services.renderer.errors import DatabaseUnavailable, TimedOut
from services.renderer.exam.correcta import DatabaseSource
from services.renderer.export.render import Artifact, render_export
from services.renderer.export.request import RenderRequest
from services.renderer.export.workspace import Workspace
from services.renderer.images.collecting import Fetch
from services.renderer.language.languages import words_in
from services.renderer.messaging.progress_events import ProgressPublisher, ProgressSink
from services.renderer.messaging.storage_client import StorageClient
from services.renderer.progress import PhaseClock, Progress
from services.renderer.workers.shards import Pipeline

LONGEST_SECONDS = 1500.0
"""For one attempt: RabbitMQ requeues a delivery that is not acknowledged within 30 minutes (`consumer_timeout`)."""

DATABASE_SECONDS = 60.0
"""How long an attempt waits for a database that is away: a restart of it costs no export its attempts."""

AGAIN_SECONDS = 1.0


def _untold(_: Phase, __: float) -> None:
    """Nobody asks how long a phase took."""


class AttemptRunner:
    """Runs attempts, with what all exports of a renderer share."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        pipeline: Pipeline,
        storage: StorageClient,
        workspace: Workspace,
        sink: ProgressSink,
        make_fetch: Callable[[], Fetch],
        told: Callable[[Phase, float], None] = _untold,
    ) -> None:
        self._pool = pool
        self._pipeline = pipeline
        self._storage = storage
        self._workspace = workspace
        self._sink = sink
        self._make_fetch = make_fetch
        self._told = told

    async def run(self, request: ExportRequested, attempt: int) -> ExportCompleted:
        """Render an export and store its file; what is to be published about it.

        Raises:
            RendererError: why there is no file.
        """
        started = datetime.now(UTC)
        async with ProgressPublisher(self._sink, request, attempt) as publisher:
            phases = PhaseClock(publisher.report, self._told, time.monotonic)
            progress = Progress(phases.report)
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    return await retry(
                        lambda: self._made(request, attempt, progress, started),
                        DatabaseUnavailable,
                        "export.waits_for_database",
                        delay=AGAIN_SECONDS,
                        seconds=DATABASE_SECONDS,
                    )
            except TimeoutError as error:
                raise TimedOut(f"more than {LONGEST_SECONDS:.0f} s") from error
            finally:
                phases.end()

    async def _made(
        self, request: ExportRequested, attempt: int, progress: Progress, started: datetime
    ) -> ExportCompleted:
        """Render and store; the exam is read before anything is rendered, so a database away costs no rendering."""
        words = words_in(request.options.language).warnings
        source = DatabaseSource(self._pool, request.institution_id, request.exam_id, words)
        asked = RenderRequest(request.format, request.options, request.class_ids)
        with self._workspace.folder() as directory:
            artifact = await render_export(
                source, asked, self._pipeline, self._make_fetch(), progress=progress, directory=directory
            )
            return await self._stored(request, attempt, artifact, progress, started)

    async def _stored(
        self, request: ExportRequested, attempt: int, artifact: Artifact, progress: Progress, started: datetime
    ) -> ExportCompleted:
        failpoint("render.done")
        progress.saving(0)
        file = await self._storage.store(request, artifact, progress.saving)
        failpoint("upload.stored")
        return ExportCompleted(
            **request.identity,
            format=request.format,
            attempt=attempt,
            file=file,
            attempt_count=artifact.copies,
            grades_as_of=artifact.as_of,
            warnings=artifact.warnings,
            started_at=started,
            completed_at=datetime.now(UTC),
        )
