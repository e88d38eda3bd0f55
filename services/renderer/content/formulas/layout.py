"""Parses mathra's SVG into shapes and the box around them.

Lengths are thousandths of an em, y grows upwards from the baseline. The box holds all the ink: nothing is drawn outside
it, whatever negative space the source asks for.
"""

import re
from dataclasses import dataclass, replace

from services.renderer.content.formulas import array_rules, glyphs
from services.renderer.content.formulas.colours import legible
from services.renderer.content.formulas.rendering import UnreadableDrawing
from services.renderer.content.formulas.shapes import Bar, Glyph, Shape, Stroke

_HEAD = re.compile(r'viewBox="(\S+) (\S+) (\S+) (\S+)"')
_DEFINITION = re.compile(r'<path id="mathra-[0-9a-f]+-g(\d+)" d="([^"]*)"/>')
_SHAPE = re.compile(
    r'<use href="#mathra-[0-9a-f]+-g(?P<glyph>\d+)" '
    r'(?:x="(?P<x>[^"]+)" y="(?P<y>[^"]+)"|transform="translate\((?P<tx>\S+) (?P<ty>\S+)\) scale\((?P<scale>[^)]+)\)")'
    r'(?: fill="(?P<ink>[^"]*)")?/>'
    r'|<rect x="(?P<left>[^"]+)" y="(?P<bottom>[^"]+)" width="(?P<width>[^"]+)" height="(?P<height>[^"]+)"'
    r'(?: fill="(?P<fill>[^"]*)")?/>'
    r'|<line x1="(?P<x1>[^"]+)" y1="(?P<y1>[^"]+)" x2="(?P<x2>[^"]+)" y2="(?P<y2>[^"]+)" stroke="(?P<stroke>[^"]*)"'
    r' stroke-width="(?P<thick>[^"]+)" stroke-linecap="(?P<cap>\w+)"/>'
    r"|<(?!/|text )(?P<unknown>\w+)"
)
_OVERHANG = 100.0
"""What a slanted letter may lean out of its box, as type does; more than that enlarges the box."""


@dataclass(frozen=True)
class Layout:
    """A formula laid out: its shapes in drawing order and the box around them (`depth` below the baseline).

    `refused_ink` says that a colour was not followed: it is unknown, or would not show on paper.
    """

    shapes: tuple[Shape, ...]
    left: float
    width: float
    height: float
    depth: float
    refused_ink: bool = False

    @property
    def reading(self) -> str:
        """The text of its glyphs, in drawing order."""
        places = glyphs.places()
        return "".join(places[shape.number].reading for shape in self.shapes if isinstance(shape, Glyph))


def lay_out(svg: str) -> Layout:
    """The layout of mathra's SVG.

    Raises:
        UnreadableDrawing: an element is none of the kinds known here.
    """
    head = _HEAD.search(svg)
    if head is None:
        raise UnreadableDrawing("no viewBox")
    left, top, width, height = map(float, head.groups())
    body = svg.index("<defs>", head.end())
    drawing = svg.index("</defs>", body)
    for number, path in _DEFINITION.findall(svg, body, drawing):
        if not glyphs.known(int(number)):
            glyphs.learn(int(number), path)
    found = [_shape(match) for match in _SHAPE.finditer(svg, svg.index(">", drawing + 7) + 1)]
    shapes = array_rules.mended(found)
    inked = legible(shapes)
    layout = _around(inked, left, -top - height, left + width, -top)
    return layout if inked == shapes else replace(layout, refused_ink=True)


def _shape(match: re.Match[str]) -> Shape:
    field = match.groupdict()
    if field["x"] is not None:
        return Glyph(int(field["glyph"]), float(field["x"]), float(field["y"]), 1.0, _ink(field["ink"]))
    if field["tx"] is not None:
        number, scale = int(field["glyph"]), float(field["scale"])
        return Glyph(number, float(field["tx"]), float(field["ty"]), scale, _ink(field["ink"]))
    if field["left"] is not None:
        left, bottom = float(field["left"]), float(field["bottom"])
        return Bar(left, bottom, float(field["width"]), float(field["height"]), _ink(field["fill"]))
    if field["x1"] is not None:
        x1, y1, x2, y2, thickness = (float(field[name]) for name in ("x1", "y1", "x2", "y2", "thick"))
        return Stroke(x1, y1, x2, y2, thickness, field["cap"] == "round", _ink(field["stroke"]))
    raise UnreadableDrawing(f"unknown element {field['unknown']!r}")


def _ink(value: str | None) -> str | None:
    return None if value in (None, "currentColor") else value


def _around(shapes: tuple[Shape, ...], left: float, bottom: float, right: float, top: float) -> Layout:
    """The layout with mathra's box, enlarged where ink would leave it."""
    right = max(left, right)
    bottom, top = min(bottom, top), max(bottom, top)
    for shape in shapes:
        ink_left, ink_bottom, ink_right, ink_top = _extent(shape)
        left = ink_left if ink_left < left - _OVERHANG else left
        right = ink_right if ink_right > right + _OVERHANG else right
        bottom, top = min(bottom, ink_bottom), max(top, ink_top)
    return Layout(shapes, left, right - left, top - bottom, -bottom)


def _extent(shape: Shape) -> tuple[float, float, float, float]:
    if isinstance(shape, Glyph):
        left, bottom, right, top = glyphs.outline(shape.number).bounds
        scale = shape.scale
        return shape.x + left * scale, shape.y + bottom * scale, shape.x + right * scale, shape.y + top * scale
    if isinstance(shape, Bar):
        return (
            min(shape.x, shape.x + shape.width),
            min(shape.y, shape.y + shape.height),
            max(shape.x, shape.x + shape.width),
            max(shape.y, shape.y + shape.height),
        )
    half = shape.thickness / 2
    return (
        min(shape.x1, shape.x2) - half,
        min(shape.y1, shape.y2) - half,
        max(shape.x1, shape.x2) + half,
        max(shape.y1, shape.y2) + half,
    )
