"""The size of content, in characters: a line break, a cell, a picture, a graph count as the characters that take as
long to set. What is over a limit is cut by it, so that the work of a content is bounded whatever it is made of. Pure.

The weights are of the order of what each takes beside a character of plain text, 20 microseconds (2 cores, 2026).
"""

import re
from collections.abc import Sequence
from typing import assert_never

from contracts.graded_exam import GraphSegment, ImageSegment, MathSegment, Segment, TableSegment, TextSegment
from services.renderer.content.graphs import stored
from services.renderer.limits import Limits

LINE = 40
FORMULA = 50
OTHER_SCRIPTS = 4
"""A character beyond the Latin letters and the usual punctuation: it is shaped, and may need a face of its own."""

PICTOGRAM = 100
"""An emoji or the like: a coloured picture."""

LETTERS = 80
"""What a line of the page holds."""

CELL = 90
"""Measured: 1.8 ms a cell in a table of 40 rows and 50 columns."""

IMAGE = 2_000
GRAPH = 500
ELEMENT = 50
SAMPLED = 500
"""A function or an area of a graph: hundreds of points."""

LABELLED = 25
"""A character of a label's formula: each is a path of its own."""

_BREAKS = re.compile(r"\r\n|[\n\r\u2028\u2029]")
_PICTOGRAMS = "\u20e3\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_OTHER = re.compile(rf"[^\u0000-\u024f\u2000-\u206f{_PICTOGRAMS}]")
_PICTOGRAM = re.compile(rf"[{_PICTOGRAMS}]")
_WEIGHTY = re.compile(rf"{_BREAKS.pattern}|{_OTHER.pattern}|{_PICTOGRAM.pattern}")


def within(segments: tuple[Segment, ...], limits: Limits) -> tuple[tuple[Segment, ...], int]:
    """The segments that have `answer_characters` together, the last one cut if it is text; and the size of all."""
    limit = limits.answer_characters
    sizes = [_size(segment, limits) for segment in segments]
    total = sum(sizes)
    if total <= limit:
        return segments, total
    kept: list[Segment] = []
    room = limit
    for segment, size in zip(segments, sizes, strict=True):
        if size > room:
            if isinstance(segment, TextSegment) and room:
                kept.append(TextSegment(text=cut(segment.text, room)))
            break
        kept.append(segment)
        room -= size
    return tuple(kept), total


def size_of_text(text: str) -> int:
    """The size of a text with its line breaks."""
    size = len(text) + LINE * len(_BREAKS.findall(text))
    if text.isascii():
        return size
    return size + (OTHER_SCRIPTS - 1) * len(_OTHER.findall(text)) + (PICTOGRAM - 1) * len(_PICTOGRAM.findall(text))


def cut(text: str, room: int) -> str:
    """The beginning of a text, as much as has room."""
    for place in _WEIGHTY.finditer(text):
        if place.start() >= room:
            break
        room -= size_of_text(place[0]) - len(place[0])
        if place.end() > room:
            return text[: place.start()]
    return text[:room]


def _size(segment: Segment, limits: Limits) -> int:
    match segment:
        case TextSegment():
            return size_of_text(segment.text)
        case MathSegment():
            return len(segment.latex) + FORMULA
        case TableSegment():
            return _size_of_table(segment, limits)
        case ImageSegment():
            return IMAGE
        case GraphSegment():
            return _size_of_graph(segment, limits.graph_elements)
        case _:
            assert_never(segment)


def rows_shown(table: TableSegment, limits: Limits) -> int:
    """How many rows of a table are shown: fewer where they are wide, for what costs time is its cells."""
    columns = min(max(map(len, table.rows), default=1) or 1, limits.table_columns)
    return max(1, min(limits.table_rows, limits.table_cells // columns))


def _size_of_table(segment: TableSegment, limits: Limits) -> int:
    """The size of what is shown of a table. The more columns there are, the more lines a cell's text takes."""
    rows = [row[: limits.table_columns] for row in segment.rows[: rows_shown(segment, limits)]]
    columns = max(map(len, rows), default=0)
    return sum(
        CELL + sum(_size(inner, limits) for inner in cell) + LINE * (_letters(cell) * columns // LETTERS)
        for row in rows
        for cell in row
    )


def _letters(cell: Sequence[Segment]) -> int:
    return sum(len(segment.text) for segment in cell if isinstance(segment, TextSegment))


def _size_of_graph(segment: GraphSegment, most: int) -> int:
    sampled = min(len(segment.functions), stored.HEAVY) + min(len(segment.areas), stored.HEAVY)
    parts = (segment.functions, segment.points, segment.lines, segment.curves, segment.areas, segment.texts)
    count = min(sum(map(len, parts)), most)
    labels = [stored.label_of(raw) for part in parts[:-1] for raw in part[:most]]
    labels += [stored.label_of(raw, "texts") for raw in segment.texts[:most]]
    written = sum(len(source) for label in labels for kind, source in label.runs if kind == "math")
    return GRAPH + SAMPLED * sampled + ELEMENT * count + LABELLED * min(written, stored.LABEL_FORMULAS)
