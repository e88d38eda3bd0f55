"""The parts that front pages are typeset in: a long list is set side by side, in bounded memory."""

from dataclasses import dataclass
from math import ceil

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
