"""The four formats of an export, written from the same loaded exam: report, archive, CSV and XLSX."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader
from contracts.options import Language, ReportOptions
from contracts.states import Format, WarningCode
from services.renderer.assembly import Assembler, DocumentInfo, Written, starts_of
from services.renderer.assembly.binder import Binder
from services.renderer.errors import RenderFailed, TooManyPages
from services.renderer.exam.spool import Spool, SpooledCopy
from services.renderer.formats.archive import Archive, file_names
from services.renderer.formats.bookmarks import copy_title, outline
from services.renderer.grading.gradebook import Gradebook
from services.renderer.grading.statistics import summarise
from services.renderer.images.collecting import Fetch, Pictures
from services.renderer.language.names import clean
from services.renderer.language.words import words
from services.renderer.pages.front_parts import likely_pages, part_of, stretches_of, summary_of
from services.renderer.progress import Progress
from services.renderer.workers.results import TypesetSegment
from services.renderer.workers.shards import Pipeline, Shards

FRONT_TRIES = 3
"""The front pages hold page numbers that depend on how many front pages there are."""

FRONT_SHARE = 0.7
"""How much of what follows the copies is typesetting the front pages."""


@dataclass
class Loaded:
    """An exam as read: its copies on disk, their marks in memory, in the chosen order."""

    book: Gradebook
    spool: Spool
    copies: tuple[SpooledCopy, ...]
    warnings: list[ExportWarning]

    @property
    def header(self) -> ExamHeader:
        """Everything but the copies."""
        return self.book.header


class Writer:
    """Writes one export's file beside its spool. Warnings that come up are added to the loaded exam's."""

    def __init__(
        self, loaded: Loaded, options: ReportOptions, pipeline: Pipeline, fetch: Fetch, progress: Progress
    ) -> None:
        self._loaded = loaded
        self._options = options
        self._pipeline = pipeline
        self._fetch = fetch
        self._progress = progress
        self._directory = loaded.spool.path.parent

    async def write(self, kind: Format, path: Path) -> Written:
        """Write the file; its number of pages, 0 for a table, and its SHA-256.

        Raises:
            TooManyPages, RenderFailed, StorageFull.
        """
        if kind is Format.PDF:
            return await self._write_report(path)
        if kind is Format.ZIP:
            return await self._write_archive(path)
        return Written(0, await self._write_table(kind, path))

    def _shards(self) -> Shards:
        return Shards(
            self._pipeline,
            self._loaded.header,
            self._options,
            spool=self._loaded.spool,
            pictures=Pictures(self._fetch, self._directory / "images"),
            directory=self._directory,
            count=self._progress.done,
        )

    async def _write_report(self, path: Path) -> Written:
        shards = self._shards()
        counts: list[int] = []
        pages = 0
        with path.open("xb") as file:
            assembler = Assembler(file, duplex=self._options.duplex)
            async with Binder(assembler) as binder:
                async for copy in shards.typeset(self._loaded.copies):
                    await binder.add(copy.segment)
                    counts.append(copy.pages)
                    self._loaded.warnings.extend(copy.warnings)
                    pages += copy.pages
                    self._check_pages(pages)
                self._progress.generating(0)
                front = await self._front(shards, counts)
                await binder.done()
            self._progress.generating(FRONT_SHARE)
            marks = outline(self._loaded.book, self._options)
            written = await asyncio.to_thread(
                assembler.finish,
                self._info(),
                front=[part.segment for part in front],
                outline=marks,
                wrote=self._wrote(),
            )
            self._progress.generating(1)
        self._check_pages(written.pages)
        return written

    def _wrote(self) -> Callable[[float], None]:
        """What to call, from any thread, with the share of the pages that is complete."""
        loop = asyncio.get_running_loop()

        def wrote(share: float) -> None:
            done = FRONT_SHARE + (1 - FRONT_SHARE) * share
            loop.call_soon_threadsafe(self._progress.generating, done)

        return wrote

    async def _front(self, shards: Shards, counts: Sequence[int]) -> list[TypesetSegment]:
        """The pages before copies of so many pages, typeset until the page numbers in them are right."""
        warnings = bounded(self._loaded.warnings, self._pipeline.limits.warnings, self._options.language)
        book = self._loaded.book
        summary = await asyncio.to_thread(summary_of, book, warnings)
        pages = likely_pages(summary, self._options)
        for _ in range(FRONT_TRIES):
            starts = starts_of(counts, pages, duplex=self._options.duplex)
            parts = [part_of(stretch, book, starts, summary) for stretch in stretches_of(len(counts))]
            front = await _together([shards.typeset_front(part) for part in parts])
            guessed, pages = pages, sum(part.pages for part in front)
            if pages == guessed:
                return front
        raise RenderFailed("the number of front pages does not settle")

    async def _write_archive(self, path: Path) -> Written:
        shards = self._shards()
        names = file_names(self._loaded.book.rows, self._options)
        pages = 0
        with path.open("xb") as file:
            archive = Archive(file, self._loaded.header, self._options)
            position = 0
            async for copy in shards.typeset(self._loaded.copies):
                position += 1
                self._loaded.warnings.extend(copy.warnings)
                pages += await asyncio.to_thread(self._archive_copy, archive, names[position - 1], copy, position)
                self._check_pages(pages)
            self._progress.generating(0)
            sha256 = archive.finish()
            self._progress.generating(1)
        return Written(pages, sha256)

    def _archive_copy(self, archive: Archive, name: str, copy: TypesetSegment, position: int) -> int:
        """Add one copy as a document of its own; its number of pages."""
        title = copy_title(self._loaded.book, position, self._options)
        path = self._directory / "member.pdf"
        with path.open("wb") as file:
            assembler = Assembler(file)
            assembler.add(copy.segment)
            written = assembler.finish(self._info(title))
        archive.add(name, path, written.pages)
        return written.pages

    async def _write_table(self, kind: Format, path: Path) -> str:
        from services.renderer.formats import sheets  # the spreadsheet library need not be in memory for anything else

        book = self._loaded.book
        self._progress.done(len(book.rows))
        self._progress.generating(0)
        if kind is Format.CSV:
            sha256 = await asyncio.to_thread(sheets.write_csv, book, self._options, path)
        else:
            sha256 = await asyncio.to_thread(sheets.write_xlsx, book, summarise(book), self._options, path)
        self._progress.generating(1)
        return sha256

    def _info(self, copy: str = "") -> DocumentInfo:
        title = " – ".join(part for part in (clean(self._loaded.header.exam.title), copy) if part)
        return DocumentInfo(title, self._options.language.value, self._loaded.header.as_of)

    def _check_pages(self, pages: int) -> None:
        if pages > self._pipeline.limits.pages:
            raise TooManyPages(f"more than {self._pipeline.limits.pages}")


async def _together(parts: Sequence[Coroutine[Any, Any, TypesetSegment]]) -> list[TypesetSegment]:
    """All of them; where one fails, none goes on."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def bounded(
    warnings: Sequence[ExportWarning], most: int, language: Language = Language.FR
) -> tuple[ExportWarning, ...]:
    """At most so many warnings; the last one says how many were left out."""
    if len(warnings) <= most:
        return tuple(warnings)
    left_out = len(warnings) - most + 1
    message = words(language).not_listed.format(left_out)
    return (*warnings[: most - 1], ExportWarning(code=WarningCode.WARNINGS_TRUNCATED, message=message))
