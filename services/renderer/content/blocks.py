"""CONTENT parsed into blocks: paragraphs, formulas, tables, graphs and images. No character is lost or changed.

That is checked on each text in which delimiters were found; one that would lose a sign is printed as it was typed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from contracts.graded_exam import (
    Content,
    GraphSegment,
    ImageSegment,
    MathSegment,
    Segment,
    TableSegment,
    TextSegment,
)
from contracts.residue import is_blank
from contracts.states import WarningCode
from services.renderer.content.sizes import rows_shown, within
from services.renderer.content.spellings import segments_of, typed_text
from services.renderer.limits import Limits

_NESTED_TABLES = 3
_NO_SIGN = re.compile(r"[\s\\$()\[\]]+")
"""White space, and what delimiters are made of."""


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
    """Something over a limit that was left out here: a note on the page and a warning with this `code`.

    `kept` of `total` `unit`s are on the page.
    """

    code: WarningCode
    unit: str  # "characters" | "rows" | "columns"
    kept: int
    total: int


@dataclass(frozen=True)
class AsTyped:
    """A text that would have lost a sign: printed as it was typed, with a warning."""

    text: str


Block = Paragraph | DisplayMath | Table | Graph | Image | Truncation | AsTyped


def parse(content: Content, limits: Limits) -> tuple[Block, ...]:
    """The blocks of some content; empty content has none. Never raises."""
    segments = segments_of(content)
    kept, total = within(segments, limits)
    blocks = _blocks(kept, limits, 0)
    if total <= limits.answer_characters and not _is_plain(segments):
        typed = typed_text(content, segments)
        if not any(isinstance(block, Table) for block in blocks) and _signs(typed) != _signs("".join(_shown(blocks))):
            return (AsTyped(content if isinstance(content, str) else typed),)
    if total > limits.answer_characters:
        blocks += (Truncation(WarningCode.CONTENT_TRUNCATED, "characters", limits.answer_characters, total),)
    return blocks


def plain_text(content: Content, formula: Callable[[str], str] = "${}$".format) -> str:
    """The content as one string, for a heading or a description; `formula` says what stands for a formula's LaTeX."""
    return "".join(_plain(segments_of(content), formula)).strip()


def image_urls(content: Content, limits: Limits) -> tuple[str, ...]:
    """The URLs of every image within the limits, also of those in table cells, in reading order and each once."""
    return tuple(dict.fromkeys(_urls(within(segments_of(content), limits)[0])))


def _is_plain(segments: tuple[Segment, ...]) -> bool:
    """One text without a formula or a picture: nothing was read into it."""
    return len(segments) < 2 and all(isinstance(segment, TextSegment) for segment in segments)


def _signs(text: str) -> str:
    """The letters, digits and signs of a text."""
    return _NO_SIGN.sub("", text)


def _shown(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph():
                for inline in block.inlines:
                    match inline:
                        case Text():
                            yield inline.text
                        case Math():
                            yield inline.latex
                        case LineBreak():
                            pass
                        case _:
                            assert_never(inline)
            case DisplayMath():
                yield block.latex
            case Table() | Graph() | Image() | Truncation() | AsTyped():
                pass
            case _:
                assert_never(block)


def _blocks(segments: Iterable[Segment], limits: Limits, depth: int) -> tuple[Block, ...]:
    builder = _BlockBuilder()
    for segment in segments:
        match segment:
            case TextSegment():
                builder.write(segment.text)
            case MathSegment(display=False):
                builder.inlines.append(Math(segment.latex))
            case MathSegment():
                builder.place(DisplayMath(segment.latex))
            case ImageSegment():
                builder.place(Image(segment.url, segment.alt))
            case GraphSegment():
                builder.place(Graph(segment))
            case TableSegment():
                builder.place(*_table(segment, limits, depth))
            case _:
                assert_never(segment)
    return builder.finished()


class _BlockBuilder:
    """Collects blocks; text and inline formulas gather in a paragraph until a block ends it."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.inlines: list[Inline] = []

    def write(self, text: str) -> None:
        if "\n" not in text and "\r" not in text:
            if text:
                self.inlines.append(Text(text))
            return
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for number, line in enumerate(lines):
            if number:
                self.inlines.append(LineBreak())
            if line:
                self.inlines.append(Text(line))

    def place(self, *blocks: Block) -> None:
        """Blocks end the paragraph before them."""
        self._end_paragraph(followed=True)
        self.blocks += blocks

    def _end_paragraph(self, *, followed: bool) -> None:
        """A block stands on a line of its own anyway, so the line break that touches it would be one too many."""
        inlines = self.inlines
        if followed and inlines and inlines[-1] == LineBreak():
            inlines = inlines[:-1]
        if self.blocks and inlines and inlines[0] == LineBreak():
            inlines = inlines[1:]
        if not all(isinstance(inline, LineBreak) or _says_nothing(inline) for inline in inlines):
            self.blocks.append(Paragraph(tuple(inlines)))
        self.inlines = []

    def finished(self) -> tuple[Block, ...]:
        self._end_paragraph(followed=False)
        return tuple(self.blocks)


def _says_nothing(inline: Inline) -> bool:
    return isinstance(inline, Text) and is_blank(inline.text)


def _table(segment: TableSegment, limits: Limits, depth: int) -> Iterator[Block]:
    rows, columns = len(segment.rows), max((len(row) for row in segment.rows), default=0)
    if depth >= _NESTED_TABLES:
        yield Truncation(WarningCode.TABLE_TRUNCATED, "rows", 0, rows)
        return
    most = rows_shown(segment, limits)
    widths = (segment.col_widths or ())[: limits.table_columns]
    yield Table(
        tuple(
            tuple(_blocks(cell, limits, depth + 1) for cell in row[: limits.table_columns])
            for row in segment.rows[:most]
        ),
        widths,
    )
    if rows > most:
        yield Truncation(WarningCode.TABLE_TRUNCATED, "rows", most, rows)
    if columns > limits.table_columns:
        yield Truncation(WarningCode.TABLE_TRUNCATED, "columns", limits.table_columns, columns)


def _plain(segments: Iterable[Segment], formula: Callable[[str], str]) -> Iterator[str]:
    for segment in segments:
        match segment:
            case TextSegment():
                yield segment.text
            case MathSegment():
                yield formula(segment.latex)
            case ImageSegment():
                yield segment.alt or ""
            case TableSegment():
                for row in segment.rows:
                    yield "\t".join("".join(_plain(cell, formula)) for cell in row) + "\n"
            case GraphSegment():
                pass
            case _:
                assert_never(segment)


def _urls(segments: Iterable[Segment]) -> Iterator[str]:
    for segment in segments:
        match segment:
            case ImageSegment():
                yield segment.url
            case TableSegment():
                for row in segment.rows:
                    for cell in row:
                        yield from _urls(cell)
            case TextSegment() | MathSegment() | GraphSegment():
                pass
            case _:
                assert_never(segment)
