"""Splits the front pages of a report into parts, which workers typeset in parallel and in bounded memory.

A part holds what its own pages say and no more, so that sending one to a worker costs the same in a class of any size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent, NotHandedIn
from contracts.options import Audience, ReportOptions
from services.renderer.grading.gradebook import Gradebook, Headcount
from services.renderer.grading.marks import CopyMarks
from services.renderer.grading.statistics import Statistics, summarise

PAGE_LINES = 35
"""Copies on a page of the contents; the first page has a heading, too."""

HEADING_LINES = 1
WHOLE_CONTENTS = 24
"""Copies whose lines stay together, below the summary where there is room for all."""

PART_PAGES = 2
"""Pages of the contents in a part."""

WARNINGS_SHOWN = 300
"""Things to check that are listed; beyond that nobody reads, and the export's own list is complete."""

LINE_CHARACTERS = 98
"""Of a thing to check, or of the names of the absent."""

GROUP_CHARACTERS = 15
"""Of an absent student's class, and what stands between two of them."""


class Millimetres:
    """How high the parts of the summary are (`front.css.j2`)."""

    FIRST_PAGE, PAGE = 253.0, 248.0
    OPENING, STATISTICS, LEGEND, SIGNATURES = 93.0, 102.0, 59.0, 62.0
    TITLE_LINE, TITLE_CHARACTERS = 11.0, 44
    HEADING, LINE, GAP = 17.0, 4.7, 1.0
    SUCCESS_ROW, CONTENTS_LINE, CONTENTS_HEADING = 6.1, 6.75, 17.5


SHORT_SUCCESS = 14
"""Questions whose table of success stays on one page."""


@dataclass(frozen=True)
class ContentsRange:
    """The copies whose lines of the contents stand in one part: their ordinals (from 0), `end` not included."""

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
    ordinal, by submission.
    """

    copies: int
    headcount: Headcount
    left_out: tuple[CopyMarks, ...]
    not_handed_in: tuple[NotHandedIn, ...]
    absent: tuple[Absent, ...]
    statistics: Statistics
    warnings: tuple[ExportWarning, ...]
    warned: Mapping[str, tuple[int, CopyMarks]]


@dataclass(frozen=True)
class FrontPart:
    """Front pages: the lines of some copies, from the ordinal `first` on, and the pages of the file on which these
    begin; the first part has the summary, too.
    """

    first: int
    rows: tuple[CopyMarks, ...]
    pages: tuple[int, ...]
    summary: Summary | None = None


def contents_ranges(copies: int) -> tuple[ContentsRange, ...]:
    """The contents of so many copies: whole pages in each range but the last."""
    starts = range(-HEADING_LINES, max(1, copies), PART_PAGES * PAGE_LINES)
    return tuple(ContentsRange(max(0, start), min(copies, start + PART_PAGES * PAGE_LINES)) for start in starts)


def summary_of(book: Gradebook, warnings: Sequence[ExportWarning] = ()) -> Summary:
    """The summary of a class, and what is to be checked in it."""
    ids = {each.submission_id for each in warnings}
    return Summary(
        copies=len(book.rows),
        headcount=book.headcount,
        left_out=book.left_out,
        not_handed_in=book.not_handed_in,
        absent=book.absent,
        statistics=summarise(book),
        warnings=tuple(warnings),
        warned={
            row.submission_id: (ordinal, row)
            for ordinal, row in enumerate((*book.rows, *book.left_out))
            if row.submission_id in ids
        },
    )


def front_part(contents: ContentsRange, book: Gradebook, first_pages: Sequence[int], summary: Summary) -> FrontPart:
    """The part with these lines of the contents; `first_pages` are those on which all copies begin."""
    lines = slice(contents.first, contents.end)
    return FrontPart(contents.first, book.rows[lines], tuple(first_pages[lines]), None if contents.first else summary)


def likely_pages(summary: Summary, options: ReportOptions, title: str) -> int:
    """How many front pages there will be; a wrong number costs one more typesetting of them."""
    foot = _Foot()
    foot.flow(Millimetres.OPENING + Millimetres.TITLE_LINE * (len(title) // Millimetres.TITLE_CHARACTERS))
    if options.statistics:
        foot.flow(Millimetres.STATISTICS)
        questions = len(summary.statistics.questions)
        success = Millimetres.HEADING + Millimetres.SUCCESS_ROW * questions
        (foot.keep if questions <= SHORT_SUCCESS else foot.flow)(success)
    if options.audience is not Audience.ANONYMOUS:
        for people in (summary.not_handed_in, summary.absent):
            characters = sum(len(person.name) + GROUP_CHARACTERS for person in people)
            foot.flow(_section(ceil(characters / LINE_CHARACTERS)))
    foot.flow(_section(*[1] * len(summary.left_out)))
    foot.flow(_section(*(_notice_lines(summary, each) for each in summary.warnings[:WARNINGS_SHOWN])))
    foot.flow(Millimetres.LEGEND)
    if options.audience is Audience.JURY:
        foot.keep(Millimetres.SIGNATURES)
    if summary.copies <= WHOLE_CONTENTS:
        foot.keep(Millimetres.CONTENTS_HEADING + Millimetres.CONTENTS_LINE * summary.copies)
        return foot.page
    return foot.page + sum(contents.likely_pages for contents in contents_ranges(summary.copies))


class _Foot:
    """Where on which page, in millimetres from its top, the parts so far end."""

    def __init__(self) -> None:
        self.page, self._used, self._height = 1, 0.0, Millimetres.FIRST_PAGE

    def flow(self, height: float) -> None:
        """Add what may go on over pages."""
        self._used += height
        while self._used > self._height:
            self._used -= self._height
            self.page, self._height = self.page + 1, Millimetres.PAGE

    def keep(self, height: float) -> None:
        """Add what stays on one page."""
        if self._used + height > self._height:
            self.page, self._used, self._height = self.page + 1, 0.0, Millimetres.PAGE
        self.flow(height)


def _section(*lines: int) -> float:
    """The height of a heading and of entries of so many lines each; nothing where there are none."""
    return (
        Millimetres.HEADING + sum(count * Millimetres.LINE + Millimetres.GAP for count in lines) if any(lines) else 0.0
    )


def _notice_lines(summary: Summary, warning: ExportWarning) -> int:
    _, row = summary.warned.get(warning.submission_id or "", (0, None))
    characters = len(warning.message) + (len(row.student.name) + 5 if row else 0)
    return ceil(characters / LINE_CHARACTERS)
