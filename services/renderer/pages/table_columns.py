"""The columns of a table as shares of the line, so that a table fits the page whatever width was typed."""

from collections.abc import Sequence

from markupsafe import Markup

FEW = 8
"""Columns of words at the usual size; more of them are set smaller."""

PADDING = 1.0
"""In em, what a cell keeps free around what is written in it."""


_WIDEST = 10_000.0
"""Of a column in CSS pixels, a dozen pages wide: more changes nothing."""

_LEAST = 0.25
"""Of what the column would have if all were alike."""


def shares(widths: Sequence[float | None], columns: int) -> tuple[float, ...]:
    """What each column takes of the line: as the writer set them, a usual width where nothing was set. None takes so
    little that its cells could not be read.
    """
    given = [min(width, _WIDEST) if width and width > 0 else None for width in widths[:columns]]
    given += [None] * (columns - len(given))
    known = [width for width in given if width]
    usual = sum(known) / len(known) if known else 1.0
    total = sum(width or usual for width in given)
    return _readable([(width or usual) / total for width in given])


def _readable(taken: Sequence[float]) -> tuple[float, ...]:
    """These shares with the least ones raised at the cost of the others."""
    least = _LEAST / len(taken)
    raised = [share < least for share in taken]
    if not any(raised):
        return tuple(taken)
    wide = sum(share for share, narrow in zip(taken, raised, strict=True) if not narrow)
    left = 1 - least * sum(raised)
    return tuple(least if narrow else share * left / wide for share, narrow in zip(taken, raised, strict=True))


def colgroup(taken: Sequence[float]) -> Markup:
    """The shares as HTML; nothing where all columns are alike, which is what a table has by itself."""
    if len(set(taken)) == 1:
        return Markup("")
    columns = (Markup('<col style="width:{}%"/>').format(f"{100 * share:.2f}") for share in taken)
    return Markup("<colgroup>{}</colgroup>").format(Markup("").join(columns))
