"""An exam as read, and what every writer of a format is given besides it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader
from contracts.options import ReportOptions
from contracts.states import WarningCode
from services.renderer.assembly import DocumentInfo
from services.renderer.errors import TooManyPages
from services.renderer.exam.spool import Spool, SpooledCopy
from services.renderer.grading.gradebook import Gradebook
from services.renderer.images.collecting import Fetch, ImageCollector
from services.renderer.language.document_words import WarningWords
from services.renderer.language.names import clean
from services.renderer.progress import Progress
from services.renderer.workers.drawings import Drawings
from services.renderer.workers.shards import Pipeline, Shards


@dataclass(frozen=True)
class Loaded:
    """An exam as read: its copies on disk, their marks in memory, in the chosen order."""

    book: Gradebook
    spool: Spool
    copies: tuple[SpooledCopy, ...]
    warnings: tuple[ExportWarning, ...]

    @property
    def header(self) -> ExamHeader:
        """Everything but the copies."""
        return self.book.header


@dataclass(frozen=True)
class WrittenFile:
    """A finished file: its pages, 0 for a table, its SHA-256, and the warnings that came up while it was made."""

    pages: int
    sha256: str
    warnings: tuple[ExportWarning, ...] = ()


@dataclass(frozen=True)
class WriteContext:
    """The loaded exam, the options and the means by which its file is made."""

    loaded: Loaded
    options: ReportOptions
    pipeline: Pipeline
    fetch: Fetch
    progress: Progress

    @property
    def directory(self) -> Path:
        """The export's own folder, for files that are gone with it."""
        return self.loaded.spool.path.parent

    def shards(self) -> Shards:
        """The typesetting of this export over the workers. To be called once: it makes folders."""
        return Shards(
            self.pipeline,
            self.loaded.header,
            self.options,
            spool=self.loaded.spool,
            images=ImageCollector(self.fetch, Drawings(self.pipeline.pool).draw, self.directory / "images"),
            directory=self.directory,
            count=self.progress.done,
        )

    def document_info(self, copy: str = "") -> DocumentInfo:
        """The metadata of a PDF: of the whole report, or of one copy's document."""
        title = " – ".join(part for part in (clean(self.loaded.header.exam.title), copy) if part)
        return DocumentInfo(title, self.options.language.value, self.loaded.header.as_of)

    def check_pages(self, pages: int) -> None:
        """Refuse more pages than the limit.

        Raises:
            TooManyPages.
        """
        if pages > self.pipeline.limits.pages:
            raise TooManyPages(f"more than {self.pipeline.limits.pages}")


def bounded(warnings: Sequence[ExportWarning], most: int, words: WarningWords) -> tuple[ExportWarning, ...]:
    """At most so many warnings; the last one says how many were left out."""
    if len(warnings) <= most:
        return tuple(warnings)
    left_out = len(warnings) - most + 1
    message = words.not_listed.format(left_out)
    return (*warnings[: most - 1], ExportWarning(code=WarningCode.WARNINGS_TRUNCATED, message=message))
