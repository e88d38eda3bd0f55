"""A formula's layout as PDF operators, with the interface of WeasyPrint's images.

Nothing is drawn outside the image's box, and a box without width or height draws nothing.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby
from math import hypot
from typing import Any, assert_never

from services.renderer.content.formulas import glyphs
from services.renderer.content.formulas.colours import channels
from services.renderer.content.formulas.layout import Layout
from services.renderer.content.formulas.shapes import Bar, Glyph, Shape, Stroke

FONT_NAME = "Math{}"
"""Names of the fonts of `typeface.py` in a page's resources."""

_LONGEST_JUMP = 3000
"""Largest adjustment in a `TJ` array, in thousandths of an em; beyond it the glyph is placed with `Td`."""


class PdfDrawing:
    """An image in units of the font size, for WeasyPrint's `HTML.render(cache={url: drawing})`.

    Alone, it fills outlines; `typeface.Typeface` shows the same with fonts, in a tenth of the bytes.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.width, self.height, self.depth = layout.width / 1000, layout.height / 1000, layout.depth / 1000

    def get_intrinsic_size(self, _resolution: float, font_size: float) -> tuple[float, float, float | None]:
        """Width and height in CSS pixels at this font size, and their ratio; none of a line or a point, by which the
        engine would divide.
        """
        ratio = self.width / self.height if self.width and self.height else None
        return self.width * font_size, self.height * font_size, ratio

    def draw(self, stream: Any, width: float, height: float, style: Any) -> None:
        """Append the formula's operators to the page, with the outlines in them."""
        self.place(stream, width, height, style, self.outlined)

    def place(self, stream: Any, width: float, height: float, style: Any, program: bytes) -> None:
        """Append a program of this drawing in the text's colour, scaled to a box with the origin at its top left."""
        if not program or width <= 0 or height <= 0 or not self.layout.width or not self.layout.height:
            return
        across, up = width / self.layout.width, height / self.layout.height
        stream.set_color(style["color"])
        stream.transform(across, 0, 0, -up, -self.layout.left * across, height - self.layout.depth * up)
        stream.stream.append(program)

    @cached_property
    def outlined(self) -> bytes:
        """Operators that hold every glyph's outline."""
        return _program(self.layout.shapes, _outlines)

    @cached_property
    def typed(self) -> bytes:
        """Operators that show glyphs of the fonts named `FONT_NAME`."""
        return _program(self.layout.shapes, _text)

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The glyphs it shows."""
        return frozenset(shape.number for shape in self.layout.shapes if isinstance(shape, Glyph))


def _program(shapes: Iterable[Shape], show: Any) -> bytes:
    lines: list[str] = []
    for ink, group in groupby(shapes, key=lambda shape: shape.ink):
        colour = channels(ink) if ink else None
        if colour:
            lines.append("q " + " ".join(f"{value:.3g}" for value in colour) + " rg")
        for typed, alike in groupby(group, key=lambda shape: isinstance(shape, Glyph)):
            run = list(alike)
            lines += show(run) if typed else [_filled(shape) for shape in run if not isinstance(shape, Glyph)]
        if colour:
            lines.append("Q")
    return "\n".join(lines).encode()


def _filled(shape: Bar | Stroke) -> str:
    match shape:
        case Bar():
            return f"{_n(shape.x)} {_n(shape.y)} {_n(shape.width)} {_n(shape.height)} re f"
        case Stroke():
            return _bar_between(shape)
        case _:
            assert_never(shape)


def _bar_between(line: Stroke) -> str:
    """A stroke as a filled rectangle with square caps, so that only the fill colour needs setting."""
    across, up = line.x2 - line.x1, line.y2 - line.y1
    half = line.thickness / 2
    length = hypot(across, up) or 1.0
    along = (across / length * half, up / length * half) if line.round_cap else (0.0, 0.0)
    side = (-up / length * half, across / length * half)
    corners = (
        (line.x1 - along[0] + side[0], line.y1 - along[1] + side[1]),
        (line.x2 + along[0] + side[0], line.y2 + along[1] + side[1]),
        (line.x2 + along[0] - side[0], line.y2 + along[1] - side[1]),
        (line.x1 - along[0] - side[0], line.y1 - along[1] - side[1]),
    )
    path = " l ".join(f"{_n(x)} {_n(y)}" for x, y in corners).replace(" l ", " m ", 1)
    return f"{path} l h f"


def _outlines(run: Iterable[Any]) -> Iterator[str]:
    for glyph in run:
        scale = f"{glyph.scale:.3g}"
        operators = glyphs.outline(glyph.number).operators.decode()
        yield f"q {scale} 0 0 {scale} {_n(glyph.x)} {_n(glyph.y)} cm\n{operators} f Q"


def _text(run: Iterable[Any]) -> Iterator[str]:
    """A text object: glyphs of one baseline, font and size are one string, with the adjustments between them."""
    places = glyphs.places()
    yield "BT"
    font: tuple[int, float] | None = None
    line_x = line_y = 0
    pen = 0.0
    string: list[str] = []
    for glyph in run:
        place = places[glyph.number]
        jump = round((pen - glyph.x) / glyph.scale)
        if (place.font, glyph.scale) != font or round(glyph.y) != line_y or abs(jump) > _LONGEST_JUMP or not string:
            yield from _shown(string)
            if (place.font, glyph.scale) != font:
                font = place.font, glyph.scale
                yield f"/{FONT_NAME.format(place.font)} {_n(1000 * glyph.scale)} Tf"
            x, y = round(glyph.x), round(glyph.y)
            yield f"{x - line_x} {y - line_y} Td"
            line_x, line_y, pen, jump, string = x, y, float(x), 0, []
        if jump:
            string.append(f">{jump}<")
        string.append(f"{place.code:02x}")
        pen += (place.advance - jump) * glyph.scale
    yield from _shown(string)
    yield "ET"


def _shown(string: list[str]) -> Iterator[str]:
    if string:
        content = "".join(string)
        yield f"[<{content}>]TJ" if ">" in content else f"<{content}>Tj"


def _n(value: float) -> str:
    return str(round(value))
