"""The columns of a table as shares of the line, so that a table fits the page whatever width was typed."""

from collections.abc import Sequence

from markupsafe import Markup

FEW = 8
"""Columns of words at the usual size; more of them are set smaller."""

PADDING = 1.0
"""In em, what a cell keeps free around what is written in it."""


def shares(widths: Sequence[float | None], columns: int) -> tuple[float, ...]:
    """What each column takes of the line: as the writer set them, a usual width where nothing was set."""
    given = [width if width and width > 0 else None for width in widths[:columns]]
    given += [None] * (columns - len(given))
    known = [width for width in given if width]
    usual = sum(known) / len(known) if known else 1.0
    total = sum(width or usual for width in given)
    return tuple((width or usual) / total for width in given)


def colgroup(taken: Sequence[float]) -> Markup:
    """The shares as HTML; nothing where all columns are alike, which is what a table has by itself."""
    if len(set(taken)) == 1:
        return Markup("")
    columns = (Markup('<col style="width:{}%"/>').format(f"{100 * share:.2f}") for share in taken)
    return Markup("<colgroup>{}</colgroup>").format(Markup("").join(columns))
