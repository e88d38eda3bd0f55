"""The parts that front pages are typeset in: a long list is set side by side, in bounded memory.

A part holds what its own pages say and no more, so that handing one out costs the same in a class of any size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent
from contracts.options import Audience, ReportOptions
from services.renderer.grading.gradebook import Gradebook, Headcount
from services.renderer.grading.marks import CopyMarks
from services.renderer.grading.statistics import Statistics, summarise

PAGE_LINES = 35
"""Copies on a page of the contents; the first page has a heading, too."""

HEADING_LINES = 1
PART_PAGES = 2

WARNINGS_SHOWN = 300
"""Things to check that are listed; beyond that nobody reads, and the export's own list is complete."""

LINE_CHARACTERS = 98
"""Of a thing to check, or of the names of the absent."""

GROUP_CHARACTERS = 15
"""Of an absent student's class, and what stands between two of them."""

NOTICE_GAP = 0.22
"""Lines between two things to check."""

NOTICE_LINES = 53
"""Lines of things to check on a page of nothing else."""

NOTICE_ROOM = 13
"""Lines of them on a page that the rest of the summary leaves room on."""

SUCCESS_ROWS = 32
"""Questions on a page of the table of success."""


@dataclass(frozen=True)
class Stretch:
    """Which copies' lines of the contents stand in a part."""

    first: int
    end: int

    @property
    def likely_pages(self) -> int:
        """Pages of its lines, where no name needs two of them."""
        heading = 0 if self.first else HEADING_LINES
        return max(1, ceil((self.end - self.first + heading) / PAGE_LINES))


@dataclass(frozen=True)
class Summary:
    """What the first part says of the whole class. `warned` are the copies that warnings are about, each with its
    place, by submission.
    """

    copies: int
    headcount: Headcount
    absent: tuple[Absent, ...]
    statistics: Statistics
    warnings: tuple[ExportWarning, ...]
    warned: Mapping[str, tuple[int, CopyMarks]]


@dataclass(frozen=True)
class Part:
    """Front pages: the lines of some copies, from the place `first` on, and the pages of the file on which these begin;
    the first part has the summary, too.
    """

    first: int
    rows: tuple[CopyMarks, ...]
    pages: tuple[int, ...]
    summary: Summary | None = None


def stretches_of(copies: int) -> tuple[Stretch, ...]:
    """The contents of so many copies: whole pages in each stretch but the last."""
    starts = range(-HEADING_LINES, max(1, copies), PART_PAGES * PAGE_LINES)
    return tuple(Stretch(max(0, start), min(copies, start + PART_PAGES * PAGE_LINES)) for start in starts)


def summary_of(book: Gradebook, warnings: Sequence[ExportWarning] = ()) -> Summary:
    """The summary of a class, and what is to be checked in it."""
    ids = {each.submission_id for each in warnings}
    return Summary(
        copies=len(book.rows),
        headcount=book.headcount,
        absent=book.absent,
        statistics=summarise(book),
        warnings=tuple(warnings),
        warned={row.submission_id: (place, row) for place, row in enumerate(book.rows) if row.submission_id in ids},
    )


def part_of(stretch: Stretch, book: Gradebook, pages: Sequence[int], summary: Summary) -> Part:
    """A part, cut out of the whole: `pages` are those on which all copies begin."""
    lines = slice(stretch.first, stretch.end)
    return Part(stretch.first, book.rows[lines], tuple(pages[lines]), None if stretch.first else summary)


def likely_pages(summary: Summary, options: ReportOptions) -> int:
    """How many front pages there will be; a wrong number costs one more typesetting of them."""
    lines = sum(_notice_lines(summary, each) for each in summary.warnings[:WARNINGS_SHOWN])
    if options.audience is not Audience.ANONYMOUS:
        lines += sum(len(person.name) + GROUP_CHARACTERS for person in summary.absent) / LINE_CHARACTERS
    notices = max(0, ceil((lines - NOTICE_ROOM) / NOTICE_LINES))
    success = 1 + len(summary.statistics.questions) // SUCCESS_ROWS if options.statistics else 0
    return 1 + success + notices + sum(stretch.likely_pages for stretch in stretches_of(summary.copies))


def _notice_lines(summary: Summary, warning: ExportWarning) -> float:
    _, row = summary.warned.get(warning.submission_id or "", (0, None))
    characters = len(warning.message) + (len(row.student.name) + 5 if row else 0)
    return ceil(characters / LINE_CHARACTERS) + NOTICE_GAP
