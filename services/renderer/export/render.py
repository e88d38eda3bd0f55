"""The use case: a graded exam and a teacher's choices become a file on disk.

Every format goes the same way and shows the same numbers; the service and the command line call the same function.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.events import Warning as ExportWarning
from contracts.options import ReportOptions
from contracts.states import CONTENT_TYPES, Format
from services.common.failpoints import failpoint
from services.renderer.errors import NoCopies, RenderFailed, StorageFull, TooManyCopies
from services.renderer.exam.source import ExamSource
from services.renderer.exam.spool import Spool
from services.renderer.formats.report import Loaded, Writer, bounded
from services.renderer.grading.marks import CopyMarks, build_gradebook, latest_copies, mark_copy
from services.renderer.images.collecting import Fetch, urls_of_copy
from services.renderer.language.names import filename
from services.renderer.limits import Limits
from services.renderer.progress import Progress
from services.renderer.workers.pool import WorkersBroken
from services.renderer.workers.shards import SpooledCopy, Workshop

DOCUMENTS = frozenset({Format.PDF, Format.ZIP})
"""Formats that are nothing without a copy; a table without one still has its head and the absent students."""


@dataclass(frozen=True)
class Wish:
    """What a teacher asked for."""

    format: Format
    options: ReportOptions
    class_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Artifact:
    """The finished file. `copies` counts the copies in it; `pages` is 0 where the format has none."""

    path: Path
    filename: str
    content_type: str
    size: int
    pages: int
    copies: int
    warnings: tuple[ExportWarning, ...]


async def render_export(
    source: ExamSource, wish: Wish, workshop: Workshop, fetch: Fetch, *, progress: Progress, directory: Path
) -> Artifact:
    """Make the file in `directory`, a private folder of this export.

    Raises:
        RendererError: the reason why there is no file; see `errors`.
    """
    with _failures():
        loaded = await load(source, wish, workshop.limits, progress, directory)
        failpoint("render.loaded")
        header = loaded.header
        path = directory / f"export.{wish.format.value}"
        progress.start(len(loaded.copies))
        pages = await Writer(loaded, wish.options, workshop, fetch, progress).write(wish.format, path)
        return Artifact(
            path=path,
            filename=filename(header.exam.title, wish.format, header.as_of, wish.options.language),
            content_type=CONTENT_TYPES[wish.format],
            size=path.stat().st_size,
            pages=pages,
            copies=len(loaded.copies),
            warnings=bounded(loaded.warnings, workshop.limits.warnings, wish.options.language),
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


async def load(source: ExamSource, wish: Wish, limits: Limits, progress: Progress, directory: Path) -> Loaded:
    """Read the exam in one state of affairs: copies to the spool, marks to memory.

    Raises:
        NoCopies: the format needs copies and there is none.
        TooManyCopies: there are more than the limit.
        RendererError: whatever the source raises.
    """
    rows: list[CopyMarks] = []
    spooled: dict[str, SpooledCopy] = {}
    progress.loading(0)
    with Spool(directory / "copies.jsonl") as spool:
        async with source.open(wish.class_ids) as exam:
            header, warnings = exam.header, list(exam.warnings)
            async for batch in exam.submissions():
                for submission in batch:
                    rows.append(mark_copy(header.exam, submission))
                    spooled[submission.id] = SpooledCopy(submission.id, len(spool), urls_of_copy(submission))
                    spool.append(submission)
                if len(spool) > limits.copies:
                    raise TooManyCopies(f"more than {limits.copies}")
                progress.loading(len(spool))
    if not rows and wish.format in DOCUMENTS:
        raise NoCopies(header.exam.id)
    latest, duplicates = latest_copies(rows, wish.options.language)
    book = build_gradebook(header, latest, wish.options)
    copies = tuple(spooled[row.submission_id] for row in book.rows)
    return Loaded(book, spool, copies, [*warnings, *duplicates])
