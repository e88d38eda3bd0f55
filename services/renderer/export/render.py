"""The use case: a graded exam and a request in, a file on disk out.

Every format shows the same numbers; the service and the command line call the same function.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.events import Warning as ExportWarning
from contracts.states import content_type
from contracts.timezones import local
from services.common.failpoints import failpoint
from services.renderer.errors import RenderFailed, StorageFull
from services.renderer.exam.source import ExamSource
from services.renderer.exam.zone import zone_of
from services.renderer.export.loading import load
from services.renderer.export.request import RenderRequest
from services.renderer.formats.loaded import WriteContext, bounded
from services.renderer.formats.write import write
from services.renderer.images.collecting import Fetch
from services.renderer.language.languages import words_in
from services.renderer.language.names import filename
from services.renderer.progress import Progress
from services.renderer.workers.pool import WorkersBroken
from services.renderer.workers.shards import Pipeline


@dataclass(frozen=True)
class Artifact:
    """The finished file. `sha256` is in hexadecimal, `copies` counts the copies in it, `pages` is 0 in a table;
    the grades were read at `as_of`.
    """

    path: Path
    filename: str
    content_type: str
    size: int
    sha256: str
    pages: int
    copies: int
    as_of: datetime
    warnings: tuple[ExportWarning, ...]


async def render_export(
    source: ExamSource,
    request: RenderRequest,
    pipeline: Pipeline,
    fetch: Fetch,
    *,
    progress: Progress,
    directory: Path,
) -> Artifact:
    """Write the file in `directory`, a private folder of this export.

    Raises:
        RendererError: the reason why there is no file; see `errors`.
    """
    with _translated_errors():
        loaded = await load(source, request, pipeline, progress, directory)
        failpoint("render.loaded")
        header, words = loaded.header, words_in(request.options.language)
        path = directory / f"export.{request.format.value}"
        progress.start(len(loaded.copies))
        context = WriteContext(loaded, request.options, pipeline, fetch, progress)
        written = await write(request.format, context, path)
        return Artifact(
            path=path,
            filename=filename(header.exam.title, request.format, local(header.as_of, zone_of(header)), words.files),
            content_type=content_type(request.format),
            size=path.stat().st_size,
            sha256=written.sha256,
            pages=written.pages,
            copies=len(loaded.copies),
            as_of=header.as_of,
            warnings=bounded([*loaded.warnings, *written.warnings], pipeline.limits.warnings, words.warnings),
        )


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Translate errors of the pool and the disk into RendererError."""
    try:
        yield
    except WorkersBroken as error:
        raise RenderFailed(str(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(str(error)) from error
        raise
