"""mathra's drawing of a formula, as marks on a plane: the one place that reads its paths.

Lengths are thousandths of an em, y grows upwards from the baseline. The box holds all the ink: nothing can be drawn
outside the room a formula takes on the page, whatever negative space its source asks for.
"""

import re
from dataclasses import dataclass, replace

from services.renderer.content.formulas import array_rules, glyphs
from services.renderer.content.formulas.colours import legible
from services.renderer.content.formulas.rendering import UnreadableDrawing
from services.renderer.content.formulas.shapes import Bar, Glyph, Mark, Stroke

_HEAD = re.compile(r'viewBox="(\S+) (\S+) (\S+) (\S+)"')
_DEFINITION = re.compile(r'<path id="mathra-[0-9a-f]+-g(\d+)" d="([^"]*)"/>')
_MARK = re.compile(
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
    """A formula laid out: its marks in drawing order and the box around them (`depth` below the baseline).

    `refused_ink` says that a colour was not followed: it is unknown, or would not show on paper.
    """

    marks: tuple[Mark, ...]
    left: float
    width: float
    height: float
    depth: float
    refused_ink: bool = False

    @property
    def reading(self) -> str:
        """What its glyphs read as, in drawing order."""
        places = glyphs.places()
        return "".join(places[mark.number].reading for mark in self.marks if isinstance(mark, Glyph))


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
    found = [_mark(match) for match in _MARK.finditer(svg, svg.index(">", drawing + 7) + 1)]
    marks = array_rules.mended(found)
    inked = legible(marks)
    layout = _around(inked, left, -top - height, left + width, -top)
    return layout if inked == marks else replace(layout, refused_ink=True)


def _mark(match: re.Match[str]) -> Mark:
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


def _around(marks: tuple[Mark, ...], left: float, bottom: float, right: float, top: float) -> Layout:
    """The box mathra gives, made larger where ink would leave it."""
    right = max(left, right)
    bottom, top = min(bottom, top), max(bottom, top)
    for mark in marks:
        ink_left, ink_bottom, ink_right, ink_top = _extent(mark)
        left = ink_left if ink_left < left - _OVERHANG else left
        right = ink_right if ink_right > right + _OVERHANG else right
        bottom, top = min(bottom, ink_bottom), max(top, ink_top)
    return Layout(marks, left, right - left, top - bottom, -bottom)


def _extent(mark: Mark) -> tuple[float, float, float, float]:
    if isinstance(mark, Glyph):
        left, bottom, right, top = glyphs.outline(mark.number).bounds
        scale = mark.scale
        return mark.x + left * scale, mark.y + bottom * scale, mark.x + right * scale, mark.y + top * scale
    if isinstance(mark, Bar):
        return (
            min(mark.x, mark.x + mark.width),
            min(mark.y, mark.y + mark.height),
            max(mark.x, mark.x + mark.width),
            max(mark.y, mark.y + mark.height),
        )
    half = mark.thickness / 2
    return (
        min(mark.x1, mark.x2) - half,
        min(mark.y1, mark.y2) - half,
        max(mark.x1, mark.x2) + half,
        max(mark.y1, mark.y2) + half,
    )
