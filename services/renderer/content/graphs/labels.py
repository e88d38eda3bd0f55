"""Labels of a graph as SVG: text and formulas on one line, moved into the frame and apart from other labels.

Text is set in one face of known widths, so that a formula follows it without a gap; every character is escaped, and one
that acts or cannot be seen is shown by its code point.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from services.renderer.content.characters import Kind, unstacked
from services.renderer.content.formulas import Formula, FormulaBook
from services.renderer.content.graphs.plane import Plane, Point
from services.renderer.content.graphs.stored import LABEL_FORMULAS, Label, Run

FACE = "TeX Gyre Heros"
"""The font of labels; fontconfig substitutes another where it lacks a character."""

LONGEST = 200
"""Characters of one label; a longer one is cut, and the cut is shown."""

_HELVETICA = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 "
    "278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 "
    "667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 "
    "833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_WIDTHS = {chr(32 + index): int(width) / 1000 for index, width in enumerate(_HELVETICA.split())}
"""Advance widths of Helvetica, in em, space to tilde (Adobe Font Metrics 4.1); TeX Gyre Heros has the same."""

_VIEW_BOX = re.compile(r'viewBox="([^"]+)"')
_STEPS = (0.0, -1.3, 1.3, -2.6, 2.6)
"""Vertical offsets, in font sizes, tried in turn where a label would overlap another."""

Align = Literal["start", "middle", "end"]


class Labels:
    """Writes the labels of one graph; `undrawn` collects the formulas that could not be drawn, `left_out` counts those
    for which there was no room.
    """

    def __init__(self, plane: Plane, book: FormulaBook) -> None:
        self._plane = plane
        self._book = book
        self._taken: list[tuple[float, float, float, float]] = []
        self._room = LABEL_FORMULAS
        self.undrawn: list[Formula] = []
        self.left_out = 0

    def write(
        self, label: Label, at: Point, *, align: Align = "middle", color: str = "#111827", placed: bool = False
    ) -> str:
        """The SVG of a label centred vertically on a pixel, moved inwards where it would leave the frame.

        One that was not `placed` by hand moves up or down where it would overlap another.
        """
        pieces = [self._piece(kind, source, label.size) for kind, source in label.runs]
        width = sum(piece[0] for piece in pieces)
        shift = {"start": 0.0, "middle": width / 2, "end": width}[align]
        left = max(min(at[0] - shift, self._plane.width - width - 2), 2.0)
        baseline = self._free_row(left, at[1] + 0.35 * label.size, width, label.size, placed)
        drawn = [_backdrop(left, baseline, width, label.size)] if pieces else []
        for advance, piece in pieces:
            drawn.append(self._draw(piece, left, baseline, label.size, color))
            left += advance
        return "".join(drawn)

    def _free_row(self, left: float, baseline: float, width: float, size: float, placed: bool) -> float:
        rows = [baseline] if placed else [baseline + step * size for step in _STEPS]
        rows = [max(min(row, self._plane.height - 4), size) for row in rows]
        boxes = [(left, row - size, left + width, row) for row in rows]
        free = [box for box in boxes if not any(_overlap(box, taken) for taken in self._taken)]
        self._taken.append((free or boxes)[0])
        return self._taken[-1][3]

    def _piece(self, kind: str, source: str, size: float) -> tuple[float, Formula | str]:
        if kind == "math":
            formula = self._formula(source)
            if formula is not None:
                return formula.width * size, formula
        text = readable(source)
        return text_width(text) * size, text

    def _formula(self, source: str) -> Formula | None:
        """A formula to draw, as long as there is room for its characters in the graph."""
        if len(source) > self._room:
            self.left_out += 1
            return None
        formula = self._book.get(source, False)
        if not formula.drawn or not formula.svg:
            self.undrawn.append(formula)
            return None
        self._room -= len(source)
        return formula

    def _draw(self, piece: Formula | str, left: float, baseline: float, size: float, color: str) -> str:
        if isinstance(piece, str):
            shown = piece.lstrip()  # SVG drops the space at the start of a text
            return text(shown, left + text_width(piece[: len(piece) - len(shown)]) * size, baseline, size, color)
        scale = size * piece.width, size * piece.height
        top = baseline - (piece.height - piece.depth) * size
        return inlined(piece.svg or "", (left, top), scale, color)


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _backdrop(left: float, baseline: float, width: float, size: float) -> str:
    """A translucent white rectangle under a label, so that it is read over a grid or a curve."""
    return (
        f'<rect x="{left - 1:.2f}" y="{baseline - 0.85 * size:.2f}" width="{width + 2:.2f}" height="{1.1 * size:.2f}" '
        'fill="white" fill-opacity="0.65"/>'
    )


def text(content: str, left: float, baseline: float, size: float, color: str, align: Align = "start") -> str:
    """A run of text as SVG."""
    anchor = "" if align == "start" else f' text-anchor="{align}"'
    return (
        f'<text x="{left:.2f}" y="{baseline:.2f}" font-size="{size:g}" font-family="{FACE}" '
        f"fill={quoteattr(color)}{anchor}>{escape(content)}</text>"
    )


def text_width(content: str) -> float:
    """The width of a text in em; an unknown character counts as 0.75 em, an East Asian wide one as 1."""
    return sum(map(_advance, content))


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    base = unicodedata.normalize("NFD", character)[0]
    wide = 1.0 if unicodedata.east_asian_width(character) in "WF" else 0.75
    return _WIDTHS.get(base, wide)


def readable(source: str) -> str:
    """A label's text on one line of at most `LONGEST` characters; what the page would box is `[U+...]`."""
    characters = unstacked(re.sub(r"\s+", " ", source)[: LONGEST + 1])
    result = "".join(f"[U+{ord(each):04X}]" if kind is Kind.BOXED else each for each, kind in characters)
    return result if len(result) <= LONGEST else result[: LONGEST - 1] + "…"


def inlined(svg: str, at: Point, size: tuple[float, float], color: str) -> str:
    """A formula's SVG as a group of another SVG: placed, scaled to a size, and in a colour."""
    box = _VIEW_BOX.search(svg)
    left, top, width, height = (float(value) for value in box[1].split()) if box else (0.0, 0.0, 1.0, 1.0)
    across, down = size[0] / (width or 1.0), size[1] / (height or 1.0)
    place = f"translate({at[0]:.3f} {at[1]:.3f}) scale({across:.6f} {down:.6f}) translate({-left:g} {-top:g})"
    body = svg.partition("</title>")[2].removesuffix("</svg>").replace("currentColor", color)
    return f'<g transform="{place}">{body}</g>'


def spoken(runs: Sequence[Run], book: FormulaBook) -> str:
    """A label in words: text as it is, formulas by their speech."""
    parts = [book.get(source, False).speech if kind == "math" else readable(source) for kind, source in runs]
    return " ".join(part.strip() for part in parts if part.strip())
