"""Moves the rules of arrays to where their table is: mathra 1.5 draws vertical ones too low, horizontal ones too long.

It draws the part of row i too low, by the height of all parts above it and half the table: with B the running
sum of heights, at -(B[i] + B[i-1]) where B[n]/2 + axis - B[i] is meant. That spacing tells them from other bars.
Its horizontal rules go on beyond the outer vertical ones by the space between columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from services.renderer.content.formulas.shapes import Bar, Shape

_THICKNESS = 40.0
_COLUMN_SPACE = 250.0
_AXIS = 258.0
"""The mathematical axis of STIX Two Math above the baseline, as mathra centres tables on it."""


def mended(shapes: Sequence[Shape]) -> tuple[Shape, ...]:
    """The shapes, with the parts of each misplaced vertical rule moved up to their table."""
    result = list(shapes)
    index = 0
    while index < len(result):
        column = _column(result, index)
        if len(column) > 1 and _is_misplaced(column):
            result[index : index + len(column)] = _raised(column)
        index += max(1, len(column))
    return tuple(_trimmed(result))


def _trimmed(shapes: Sequence[Shape]) -> Iterator[Shape]:
    """The shapes, with each horizontal rule cut at the outer vertical rules of its table."""
    uprights = {round(shape.x) for shape in shapes if isinstance(shape, Bar) and shape.height > shape.width}
    for shape in shapes:
        if not isinstance(shape, Bar) or shape.height > shape.width or not uprights:
            yield shape
            continue
        space = shape.height * _COLUMN_SPACE / _THICKNESS
        left = space if round(shape.x + space) in uprights else 0.0
        right = space if round(shape.x + shape.width - space - shape.height) in uprights else 0.0
        yield replace(shape, x=shape.x + left, width=shape.width - left - right)


def _column(shapes: Sequence[Shape], start: int) -> list[Bar]:
    """The bars from here on that share their left edge and width and are higher than wide."""
    column: list[Bar] = []
    for shape in shapes[start:]:
        if not isinstance(shape, Bar) or shape.height <= shape.width:
            break
        if column and (shape.x != column[0].x or shape.width != column[0].width or shape.y >= column[-1].y):
            break
        column.append(shape)
    return column


def _is_misplaced(column: Sequence[Bar]) -> bool:
    sums = [0.0, *accumulate(bar.height for bar in column)]
    base = column[0].y + column[0].height
    return all(abs(base - sums[i + 1] - sums[i] - bar.y) < 1 for i, bar in enumerate(column))


def _raised(column: Sequence[Bar]) -> list[Bar]:
    sums = list(accumulate(bar.height for bar in column))
    top = column[0].y + column[0].height + sums[-1] / 2 + _AXIS * column[0].width / _THICKNESS
    return [replace(bar, y=top - below) for bar, below in zip(column, sums, strict=True)]
