"""Tables as HTML that fit the page: columns share its width, a head is repeated, a long row may be broken."""

import re
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import assert_never

from markupsafe import Markup

from services.renderer.content.blocks import Block, DisplayMath, Inline, LineBreak, Math, Paragraph, Table, Text
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.table_columns import FEW, PADDING, colgroup, shares

Cell = Callable[[Sequence[Block], float], Markup]
"""The HTML of a cell's blocks for a width in em."""

_TALL = 3_000
"""Characters of a cell as wide as the line from which its row may go on to another page: some forty lines."""

_WHOLE = 6
"""Rows of a table that stays on one page where its cells are short."""

_NAME_CHARACTERS = 80
_NUMBER = re.compile(r"[-+−]?[\d\s.,]*\d(?:\s*%)?")


def table_html(table: Table, width: float, cell: Cell) -> Markup:
    """A table on a line of `width` em; nothing where it has no rows."""
    if not table.rows:
        return NOTHING
    taken = shares(table.col_widths, max(len(row) for row in table.rows))

    heads = heads_of(table)

    def row_html(row: Sequence[Sequence[Block]], is_head: bool) -> Markup:
        cells = [
            _element(heads, is_head, index).format(cell(blocks, max(width * share - PADDING, 1.0)))
            for index, (blocks, share) in enumerate(zip(row, taken, strict=False))
        ]
        empty = _element(Heads.ROW, is_head, 0).format(NOTHING)
        return _row(cells + [empty] * (len(taken) - len(cells)), taken)

    first = 1 if heads is Heads.ROW else 0
    # A head of its own stands again on each page over which the table goes on.
    top = NOTHING.join(Markup("<thead>{}</thead>").format(row_html(row, True)) for row in table.rows[:first])
    rows = NOTHING.join(row_html(row, False) for row in table.rows[first:])
    style = "t many" if len(taken) > FEW else "t"
    if len(table.rows) <= _WHOLE and len(rows) < _TALL:
        style += " short"
    grid = colgroup(taken) + top + Markup("<tbody>{}</tbody>").format(rows)
    return Markup('<table class="{}">{}</table>').format(style, grid)


class Heads(Enum):
    """Where a table's headers stand. Correcta's tables do not say: the cells tell."""

    NONE = auto()
    ROW = auto()
    COLUMN = auto()


def heads_of(table: Table) -> Heads:
    """The first row where all its cells name something (the corner may be empty); else the first column likewise.

    A cell names something where it is one short line that is no number. A first row of nothing but formulas above such
    rows is no head. A table of one row or one column has none.
    """
    rows = table.rows
    first = [_kind(cell) for cell in rows[0]]
    is_named = set(first[1:]) <= _NAMES and first[0] in _NAMES | {"empty"}
    if len(rows) > 1 and len(first) > 1 and is_named and not _all_formulas(rows):
        return Heads.ROW
    is_wide = all(len(row) > 1 for row in rows)
    return Heads.COLUMN if is_wide and all(_kind(row[0]) in _NAMES for row in rows) else Heads.NONE


def _all_formulas(rows: Sequence[Sequence[Sequence[Block]]]) -> bool:
    return all(_kind(cell) == "formula" for row in rows for cell in row[1:])


_NAMES = {"text", "formula"}


def _kind(cell: Sequence[Block]) -> str:
    """What a cell holds: "empty", "number", "formula", "text", or "more" than a short line."""
    match cell:
        case ():
            return "empty"
        case [DisplayMath(latex)]:
            inlines: Sequence[Inline] = (Math(latex),)
        case [Paragraph(inlines)]:
            pass
        case _:
            return "more"
    text = "".join(map(_inline, inlines)).strip()
    if not text:
        return "empty"
    if _NUMBER.fullmatch(text):
        return "number"
    if "\n" in text or len(text) > _NAME_CHARACTERS:
        return "more"
    is_formula = all(isinstance(each, Math) or not _inline(each).strip() for each in inlines)
    return "formula" if is_formula else "text"


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return text
        case Math(latex):
            return latex
        case LineBreak():
            return "\n"
        case _:
            assert_never(inline)


def _element(heads: Heads, is_head: bool, index: int) -> Markup:
    """The element of a cell with a place for what it holds."""
    if is_head:
        return Markup('<th scope="col">{}</th>')
    if heads is Heads.COLUMN and not index:
        return Markup('<th scope="row">{}</th>')
    return Markup("<td>{}</td>")


def _row(cells: Sequence[Markup], taken: Sequence[float]) -> Markup:
    tall = any(len(cell) > _TALL * share for cell, share in zip(cells, taken, strict=True))
    return Markup("<tr{}>{}</tr>").format(Markup(' class="tall"') if tall else "", NOTHING.join(cells))
