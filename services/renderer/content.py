"""CONTENT as blocks of the page: what was written, split at its mathematics; never a character more, less or other."""

from dataclasses import dataclass

from contracts.graded_exam import Content, GraphSegment
from contracts.states import WarningCode
from services.renderer.limits import Limits


@dataclass(frozen=True)
class Text:
    """A run of characters without line breaks, as written."""

    text: str


@dataclass(frozen=True)
class Math:
    """An inline formula: LaTeX without delimiters."""

    latex: str


@dataclass(frozen=True)
class LineBreak:
    """The writer's line break."""


Inline = Text | Math | LineBreak


@dataclass(frozen=True)
class Paragraph:
    """Text and formulas on common lines."""

    inlines: tuple[Inline, ...]


@dataclass(frozen=True)
class DisplayMath:
    """A formula on a line of its own: LaTeX without delimiters."""

    latex: str


@dataclass(frozen=True)
class Table:
    """Rows of cells of blocks. `col_widths` are CSS pixels, None where the writer set none."""

    rows: tuple[tuple[tuple["Block", ...], ...], ...]
    col_widths: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Graph:
    """A drawing on axes."""

    segment: GraphSegment


@dataclass(frozen=True)
class Image:
    """An image by URL, and what to read in its place."""

    url: str
    alt: str | None = None


@dataclass(frozen=True)
class Truncation:
    """The place where something over a limit was left out: to be shown there and reported under `code`.

    `kept` of `total` `unit`s are on the page.
    """

    code: WarningCode
    unit: str  # "characters" | "rows" | "columns"
    kept: int
    total: int


Block = Paragraph | DisplayMath | Table | Graph | Image | Truncation


def parse(content: Content, limits: Limits) -> tuple[Block, ...]:
    """The blocks of some content; empty content has none. Never raises."""
    raise NotImplementedError


def plain_text(content: Content) -> str:
    """The content on one string, for a heading or a description: formulas keep their `$` delimiters."""
    raise NotImplementedError


def image_urls(content: Content) -> tuple[str, ...]:
    """The URLs of every image, also those in table cells, in reading order and each once."""
    raise NotImplementedError
