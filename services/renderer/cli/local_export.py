"""One export made by the command line: a file in, a file out, nothing else touched."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.renderer.cli.bar import progress_bar
from services.renderer.exam.json_file import JsonSource
from services.renderer.export.render import Artifact, render_export
from services.renderer.export.request import RenderRequest
from services.renderer.files import private_folder
from services.renderer.formats.write import needs_copies
from services.renderer.images.fetching import ImageFetcher, make_client
from services.renderer.language.words import PhaseWords
from services.renderer.limits import Limits
from services.renderer.progress import Progress
from services.renderer.settings import WorkerSettings
from services.renderer.workers.cache import Cache, DiskCache, NoCache
from services.renderer.workers.confinement import Sandbox
from services.renderer.workers.pool import WorkerPool
from services.renderer.workers.shards import Pipeline
from services.renderer.workers.tasks import preload_engine

STANDARD_OUTPUT = Path("-")


@dataclass(frozen=True)
class LocalExport:
    """What the command line asks for, and with which means. Without a `cache` folder nothing is kept."""

    source: Path
    output: Path | None
    request: RenderRequest
    workers: int
    cache: Path | None
    images: Sequence[str]
    limits: Limits
    modes: WorkerSettings


async def export(wanted: LocalExport, phases: PhaseWords) -> tuple[Artifact, str]:
    """Make the file and put it where it was asked for; what was made, and where it is.

    Raises:
        RendererError: why there is none.
        OSError: the output cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="correcta-render-") as directory, progress_bar(phases) as report:
        sandbox = Sandbox(wanted.limits.shard_memory, Path(directory), wanted.modes.confinement)
        pool = WorkerPool(wanted.workers, sandbox=sandbox, initialise=preload_engine)
        if needs_copies(wanted.request.format):
            pool.start()
        try:
            async with make_client() as client:
                artifact = await render_export(
                    JsonSource(wanted.source),
                    wanted.request,
                    Pipeline(pool, _cache(wanted.cache), wanted.limits, typesetting=wanted.modes.typesetter),
                    ImageFetcher(client, wanted.images, wanted.limits).fetch,
                    progress=Progress(report),
                    directory=Path(directory),
                )
            return artifact, deliver(artifact, wanted.output)
        finally:
            await pool.stop()


def _cache(folder: Path | None) -> Cache:
    if folder is None:
        return NoCache()
    cache = DiskCache(private_folder(folder))
    cache.sweep()
    return cache


def deliver(artifact: Artifact, output: Path | None) -> str:
    """Put the file in its place, whole or not at all; the place as a text."""
    if output == STANDARD_OUTPUT:
        with artifact.path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return "-"
    target = output or Path(artifact.filename)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    try:
        with os.fdopen(descriptor, "wb") as copy, artifact.path.open("rb") as file:
            shutil.copyfileobj(file, copy)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return str(target)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
