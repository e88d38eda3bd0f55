"""The use case: a graded exam and a teacher's choices become a file on disk.

Every format goes the same way and shows the same numbers; the service and the command line call the same function.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.events import Warning as ExportWarning
from contracts.states import CONTENT_TYPES
from services.common.failpoints import failpoint
from services.renderer.errors import RenderFailed, StorageFull
from services.renderer.exam.source import ExamSource
from services.renderer.export.loading import load
from services.renderer.export.request import Wish
from services.renderer.formats.report import Writer, bounded
from services.renderer.images.collecting import Fetch
from services.renderer.language.names import filename
from services.renderer.progress import Progress
from services.renderer.workers.pool import WorkersBroken
from services.renderer.workers.shards import Pipeline


@dataclass(frozen=True)
class Artifact:
    """The finished file. `sha256` is in hexadecimal, `copies` counts the copies in it, `pages` is 0 in a table."""

    path: Path
    filename: str
    content_type: str
    size: int
    sha256: str
    pages: int
    copies: int
    warnings: tuple[ExportWarning, ...]


async def render_export(
    source: ExamSource, wish: Wish, pipeline: Pipeline, fetch: Fetch, *, progress: Progress, directory: Path
) -> Artifact:
    """Make the file in `directory`, a private folder of this export.

    Raises:
        RendererError: the reason why there is no file; see `errors`.
    """
    with _failures():
        loaded = await load(source, wish, pipeline.limits, progress, directory)
        failpoint("render.loaded")
        header = loaded.header
        path = directory / f"export.{wish.format.value}"
        progress.start(len(loaded.copies))
        written = await Writer(loaded, wish.options, pipeline, fetch, progress).write(wish.format, path)
        return Artifact(
            path=path,
            filename=filename(header.exam.title, wish.format, header.as_of, wish.options.language),
            content_type=CONTENT_TYPES[wish.format],
            size=path.stat().st_size,
            sha256=written.sha256,
            pages=written.pages,
            copies=len(loaded.copies),
            warnings=bounded(loaded.warnings, pipeline.limits.warnings, wish.options.language),
        )


@contextmanager
def _failures() -> Iterator[None]:
    """What is nobody's fault in particular, in the renderer's words."""
    try:
        yield
    except WorkersBroken as error:
        raise RenderFailed(str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(str(error)) from error
        raise
