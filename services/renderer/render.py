"""The use case: a graded exam and a teacher's choices become a file on disk.

Every format goes the same way and shows the same numbers; the service and the command line call the same function.
"""

import asyncio
import errno
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader
from contracts.options import ReportOptions
from contracts.states import CONTENT_TYPES, Format, WarningCode
from services.renderer.assembly import Assembler, DocumentInfo
from services.renderer.contents import outline
from services.renderer.entries import Entry, decode
from services.renderer.errors import NoCopies, RenderFailed, StorageFull, TooManyCopies, TooManyPages
from services.renderer.grades import CopyMarks, Gradebook, build_gradebook, latest_copies, mark_copy
from services.renderer.names import clean, filename
from services.renderer.pictures import Fetch, Pictures, urls_of_copy, urls_of_front
from services.renderer.pool import CallFailed
from services.renderer.progress import Progress
from services.renderer.shards import Shards, SpooledCopy, Workshop
from services.renderer.source import ExamSource
from services.renderer.spool import Spool
from services.renderer.worker import FrontRequest, save, typeset_front

FRONT_TRIES = 3
"""The front pages hold page numbers that depend on how many they are."""


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


@dataclass(frozen=True)
class Wish:
    """What a teacher asked for."""

    format: Format
    options: ReportOptions
    class_ids: tuple[str, ...] = ()


@dataclass
class Loaded:
    """An exam as read: its copies on disk, their marks in memory, in the chosen order."""

    book: Gradebook
    spool: Spool
    copies: tuple[SpooledCopy, ...]
    warnings: list[ExportWarning]

    @property
    def header(self) -> ExamHeader:
        return self.book.header


async def render_export(
    source: ExamSource,
    wish: Wish,
    workshop: Workshop,
    fetch: Fetch,
    *,
    progress: Progress,
    directory: Path,
) -> Artifact:
    """Make the file in `directory`, a private folder of this export.

    Raises:
        RendererError: the reason why there is no file; see `errors`.
    """
    with _disk_errors():
        loaded = await load(source, wish, workshop, progress, directory)
        header = loaded.header
        path = directory / f"export.{wish.format.value}"
        progress.start(len(loaded.copies))
        pages = await _write(loaded, wish, workshop, fetch, progress, path)
        return Artifact(
            path=path,
            filename=filename(header.exam.title, wish.format, header.as_of, wish.options.language),
            content_type=CONTENT_TYPES[wish.format],
            size=path.stat().st_size,
            pages=pages,
            copies=len(loaded.copies),
            warnings=bounded(loaded.warnings, workshop.limits.warnings),
        )


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(str(error)) from error
        raise


async def load(source: ExamSource, wish: Wish, workshop: Workshop, progress: Progress, directory: Path) -> Loaded:
    """Read the exam in one state of affairs: copies to the spool, marks to memory.

    Raises:
        NoCopies: the format needs copies and there is none.
        TooManyCopies, and what the source raises.
    """
    spool = Spool(directory / "copies.jsonl")
    rows: list[CopyMarks] = []
    spooled: dict[str, SpooledCopy] = {}
    progress.loading(0)
    async with source.open(wish.class_ids) as exam:
        header, warnings = exam.header, list(exam.warnings)
        async for batch in exam.submissions():
            for submission in batch:
                rows.append(mark_copy(header.exam, submission))
                spooled[submission.id] = SpooledCopy(submission.id, len(spool), urls_of_copy(submission))
                spool.append(submission)
            if len(spool) > workshop.limits.copies:
                raise TooManyCopies(f"more than {workshop.limits.copies}")
            progress.loading(len(spool))
    spool.seal()
    if not rows and wish.format in (Format.PDF, Format.ZIP):
        raise NoCopies(header.exam.id)
    latest, duplicates = latest_copies(rows)
    book = build_gradebook(header, latest, wish.options)
    return Loaded(book, spool, tuple(spooled[row.submission_id] for row in book.rows), [*warnings, *duplicates])


async def _write(loaded: Loaded, wish: Wish, workshop: Workshop, fetch: Fetch, progress: Progress, path: Path) -> int:
    """Write the format's file; its number of pages."""
    if wish.format is Format.PDF:
        return await _write_report(loaded, wish.options, workshop, fetch, progress, path)
    raise NotImplementedError(wish.format)


async def _write_report(
    loaded: Loaded, options: ReportOptions, workshop: Workshop, fetch: Fetch, progress: Progress, path: Path
) -> int:
    pictures = Pictures(fetch, path.parent / "images")
    shards = Shards(
        workshop,
        loaded.header,
        options,
        spool=loaded.spool,
        pictures=pictures,
        directory=path.parent,
        count=progress.done,
    )
    with path.open("xb") as file:
        assembler = Assembler(file, duplex=options.duplex)
        async for entry in shards.entries(loaded.copies):
            assembler.add(entry.segment)
            loaded.warnings.extend(entry.warnings)
            if assembler.pages > workshop.limits.pages:
                raise TooManyPages(f"more than {workshop.limits.pages}")
        progress.generating(0)
        front = await _front(loaded, workshop, shards, pictures, assembler)
        progress.generating(0.7)
        info = DocumentInfo(clean(loaded.header.exam.title), options.language.value, loaded.header.as_of)
        written = await asyncio.to_thread(
            assembler.finish, info, front=front.segment, outline=outline(loaded.book, options)
        )
        progress.generating(1)
    return written.pages


async def _front(loaded: Loaded, workshop: Workshop, shards: Shards, pictures: Pictures, assembler: Assembler) -> Entry:
    """The front pages, typeset until the page numbers in them are right."""
    directory = loaded.spool.path.parent
    pages = _likely_front_pages(len(loaded.copies))
    warnings = bounded(loaded.warnings, workshop.limits.warnings)
    images = await pictures.find(urls_of_front(loaded.header.exam))
    for _ in range(FRONT_TRIES):
        request, target = directory / "front-request", directory / "front"
        save(request, FrontRequest(loaded.book, assembler.starts(pages), warnings, images))
        try:
            seconds = workshop.limits.shard_seconds
            await workshop.pool.call(shards.lane, seconds, typeset_front, shards.context, request, target)
        except CallFailed as error:
            raise RenderFailed(f"the front pages: {error}") from error
        front = decode(target.read_bytes())
        if front.pages == pages:
            return front
        pages = front.pages
    raise RenderFailed("the number of front pages does not settle")


def _likely_front_pages(copies: int) -> int:
    """A first guess, which is mostly right and costs one more typesetting where it is not."""
    return 2 + copies // 40


def bounded(warnings: Sequence[ExportWarning], most: int) -> tuple[ExportWarning, ...]:
    """At most so many warnings; the last one says how many were left out."""
    if len(warnings) <= most:
        return tuple(warnings)
    left_out = len(warnings) - most + 1
    message = f"{left_out} autres avertissements ne sont pas listés."
    return (*warnings[: most - 1], ExportWarning(code=WarningCode.WARNINGS_TRUNCATED, message=message))


def class_filter(class_ids: Collection[str]) -> tuple[str, ...]:
    """The asked classes, each once, in an order that does not matter."""
    return tuple(sorted(set(class_ids)))
