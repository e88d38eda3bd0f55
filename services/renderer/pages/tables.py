"""Tables as HTML that fit the page: columns share its width, a head is repeated, a long row may be broken."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from services.renderer.content.blocks import Block, Table
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.table_columns import FEW, PADDING, colgroup, shares

Cell = Callable[[Sequence[Block], float], Markup]
"""The HTML of a cell's blocks for a width in em."""

_TALL = 3_000
"""Characters of a cell as wide as the line from which its row may go on to another page: some forty lines."""


def table_html(table: Table, width: float, cell: Cell) -> Markup:
    """A table on a line of `width` em; nothing where it has no rows."""
    if not table.rows:
        return NOTHING
    taken = shares(table.col_widths, max(len(row) for row in table.rows))

    def row_html(row: Sequence[Sequence[Block]], opening: Markup, closing: Markup) -> Markup:
        cells = [
            opening + cell(blocks, max(width * share - PADDING, 1.0)) + closing
            for blocks, share in zip(row, taken, strict=False)
        ]
        return _row(cells + [opening + closing] * (len(taken) - len(cells)), taken)

    head, body = (table.rows[:1], table.rows[1:]) if len(table.rows) > 1 else ((), table.rows)
    rows = NOTHING.join(row_html(row, Markup("<td>"), Markup("</td>")) for row in body)
    # A head of its own stands again on each page over which the table goes on.
    top = NOTHING.join(row_html(row, Markup('<th scope="col">'), Markup("</th>")) for row in head)
    if head:
        top = Markup("<thead>{}</thead>").format(top)
    style = "t many" if len(taken) > FEW else "t"
    grid = colgroup(taken) + top + Markup("<tbody>{}</tbody>").format(rows)
    return Markup('<table class="{}">{}</table>').format(style, grid)


def _row(cells: Sequence[Markup], taken: Sequence[float]) -> Markup:
    tall = any(len(cell) > _TALL * share for cell, share in zip(cells, taken, strict=True))
    return Markup("<tr{}>{}</tr>").format(Markup(' class="tall"') if tall else "", NOTHING.join(cells))
