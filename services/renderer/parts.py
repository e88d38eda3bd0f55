"""The parts that front pages are typeset in: a long list is set side by side, in bounded memory.

A part holds what its own pages say and no more, so that handing one out costs the same in a class of any size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent
from services.renderer.grades import CopyMarks, Gradebook, Headcount
from services.renderer.statistics import Statistics, summarise

PAGE_LINES = 35
"""Copies on a page of the contents; the first page has a heading, too."""

HEADING_LINES = 1
PART_PAGES = 3


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
