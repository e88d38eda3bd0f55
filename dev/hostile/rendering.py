"""Renders exams through the whole renderer: a JSON file, images fetched, copies and front pages in real workers, and a
file.

What parent and workers do is watched, and what comes out is looked through.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from contracts.options import Audience, ReportOptions
from contracts.states import Format, WarningCode
from dev.hostile import documents, exams, watching
from dev.hostile.canary import Canary
from dev.hostile.exams import Json
from services.renderer.errors import RendererError
from services.renderer.exam.json_file import JsonSource
from services.renderer.export.render import Artifact, render_export
from services.renderer.export.request import RenderRequest
from services.renderer.images.fetching import ImageFetcher, make_client
from services.renderer.limits import Limits
from services.renderer.modes import Confinement
from services.renderer.progress import Progress
from services.renderer.workers.cache import NoCache
from services.renderer.workers.confinement import Sandbox
from services.renderer.workers.pool import Replacement, WorkerPool
from services.renderer.workers.shards import Pipeline

UNTIMELY = frozenset({Replacement.TIMEOUT, Replacement.CRASH, Replacement.LOST})
"""Why a worker ends that a content took down."""

WORKERS = 2


@dataclass(frozen=True)
class Outcome:
    """What came of an exam: a file or an error. `lost` are the copies that were given up, `wrong` is what the file
    holds that it must not.
    """

    artifact: Artifact | None
    error: RendererError | None
    lost: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def warned(self) -> frozenset[str]:
        """The codes of its warnings."""
        return frozenset(str(each.code) for each in self.artifact.warnings) if self.artifact else frozenset()


@dataclass
class Renderer:
    """Renders exams in worker processes; `render` may be called several times at once."""

    canary: Canary
    folder: Path
    pool: WorkerPool
    limits: Limits
    calls: list[str]
    replaced: list[Replacement]
    _exports: int = field(default=0, init=False)

    async def render(self, exam: Json | bytes, kind: Format = Format.PDF, *, keep: Path | None = None) -> Outcome:
        """Render an exam, or the bytes of a file, and look through what came of it; `keep` is where the file is moved,
        it is removed otherwise.
        """
        self._exports += 1
        work = self.folder / f"export-{self._exports}"
        work.mkdir()
        try:
            exams.save(exam, work / "exam.json")
            artifact, error = await self._export(work, kind)
            wrong = await asyncio.to_thread(self._held, artifact) if artifact is not None else []
            if artifact is not None and keep is not None:
                shutil.move(artifact.path, keep)
        finally:
            shutil.rmtree(work)
        warnings = artifact.warnings if artifact is not None else ()
        lost = [each.submission_id or "" for each in warnings if each.code is WarningCode.COPY_NOT_RENDERED]
        return Outcome(artifact, error, tuple(lost), tuple(wrong))

    async def _export(self, work: Path, kind: Format) -> tuple[Artifact | None, RendererError | None]:
        async with make_client() as client:
            try:
                return await render_export(
                    JsonSource(work / "exam.json"),
                    RenderRequest(kind, ReportOptions(audience=Audience.JURY)),
                    Pipeline(self.pool, NoCache(), self.limits, watching.MEASURED),
                    ImageFetcher(client, [self.canary.images], self.limits).fetch,
                    progress=Progress(lambda _: None),
                    directory=work,
                ), None
            except RendererError as error:
                return None, error

    def _held(self, artifact: Artifact) -> list[str]:
        if artifact.path.suffix != ".pdf":
            return []
        found = [f"holds {name}" for name in documents.dangers(artifact.path)]
        found += [f"unsound: {each}" for each in documents.faults(artifact.path)]
        return found + (["holds the canary's secret"] if documents.holds(artifact.path, self.canary.secret) else [])

    def misdeeds(self) -> list[str]:
        """What parent and workers have done until now that they must not, and workers that ended before their time."""
        found = [f"heard: {each}" for each in self.canary.heard]
        found += watching.strangers(self.calls, self.canary.images.split("/")[2])
        found += watching.misdeeds(self._log, self.folder, self.canary.file)
        found += [f"left behind: {path}" for path in self.folder.iterdir() if path != self._log]
        return found + [f"a worker ended: {each}" for each in self.replaced if each in UNTIMELY]

    @property
    def watched(self) -> int:
        """How many worker processes were watched until now."""
        return watching.watched(self._log)

    @property
    def dearest(self) -> float:
        """Processor time of the worker's call that took most until now, in seconds."""
        return watching.dearest(self._log)

    @property
    def _log(self) -> Path:
        return deeds(self.folder)


def deeds(folder: Path) -> Path:
    """Where workers log what they do."""
    return folder / "deeds"


@asynccontextmanager
async def running(canary: Canary, folder: Path, limits: Limits | None = None) -> AsyncIterator[Renderer]:
    """A renderer with watched workers while the block lasts, in a new folder."""
    await asyncio.to_thread(folder.mkdir)
    limits = limits or Limits()
    replaced: list[Replacement] = []
    sandbox = Sandbox(limits.shard_memory, folder, Confinement.REQUIRE)
    initialise = partial(watching.watched_engine, str(deeds(folder)))
    pool = WorkerPool(WORKERS, sandbox=sandbox, initialise=initialise, on_replaced=replaced.append)
    pool.start()
    try:
        with watching.own_calls() as calls:
            yield Renderer(canary, folder, pool, limits, calls, replaced)
    finally:
        await pool.stop()
