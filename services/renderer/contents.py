"""The outline of a report: its classes with their students, in the order of the copies; and the parts its front pages
are typeset in, so that those of a long list are typeset side by side and take no more memory than those of a short one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from contracts.options import Audience, Language, ReportOptions
from services.renderer.assembly import Bookmark
from services.renderer.classes import class_key, class_name
from services.renderer.grades import Gradebook, alias
from services.renderer.names import clean

SUMMARY = {Language.FR: "Synthèse", Language.EN: "Summary"}
NO_CLASS = {Language.FR: "Sans classe", Language.EN: "No class"}

PAGE_LINES = 35
"""Copies on a page of the contents; the first page has a heading, too."""

HEADING_LINES = 1
PART_PAGES = 3


@dataclass(frozen=True)
class Part:
    """Which copies' lines of the contents; the first part has the summary, too."""

    first: int
    end: int

    @property
    def has_summary(self) -> bool:
        """Whether it is the first."""
        return self.first == 0

    @property
    def likely_pages(self) -> int:
        """Pages of its lines, where no name needs two of them."""
        heading = HEADING_LINES if self.has_summary else 0
        return max(1, ceil((self.end - self.first + heading) / PAGE_LINES))


def parts_of(copies: int) -> tuple[Part, ...]:
    """The front pages of so many copies: whole pages of the contents in each part but the last."""
    starts = range(-HEADING_LINES, max(1, copies), PART_PAGES * PAGE_LINES)
    return tuple(Part(max(0, start), min(copies, start + PART_PAGES * PAGE_LINES)) for start in starts)


def copy_title(book: Gradebook, position: int, options: ReportOptions) -> str:
    """What the copy at a position (from 1) is called; never a name in an anonymous document."""
    if options.audience is Audience.ANONYMOUS:
        return alias(position, options.language)
    return clean(book.rows[position - 1].student.name) or alias(position, options.language)


def outline(book: Gradebook, options: ReportOptions) -> Sequence[Bookmark]:
    """The summary, then each class with its students; anonymous copies stand in no class."""
    copies = [Bookmark(copy_title(book, place + 1, options), copy=place) for place in range(len(book.rows))]
    summary = Bookmark(SUMMARY[options.language])
    if options.audience is Audience.ANONYMOUS:
        return (summary, *copies)
    classes = book.header.classes
    groups: dict[str, list[Bookmark]] = {}
    for row in sorted(book.rows, key=lambda row: class_key(classes, row.student.class_ids)):
        groups.setdefault(class_name(classes, row.student.class_ids), [])
    for row, copy in zip(book.rows, copies, strict=True):
        groups[class_name(classes, row.student.class_ids)].append(copy)
    if set(groups) == {""}:
        return (summary, *copies)
    named = (
        Bookmark(clean(name) or NO_CLASS[options.language], children=tuple(group)) for name, group in groups.items()
    )
    return (summary, *named)
