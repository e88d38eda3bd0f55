"""A stored graph to one flat SVG: grid, areas, axes, curves, points and labels, in that order, clipped to the frame.

Whatever was stored, the SVG is finite, within its limits, free of markup and addresses that were stored, and always the
same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from contracts.graded_exam import GraphSegment
from contracts.states import WarningCode
from services.renderer.content.formulas import FormulaBook
from services.renderer.content.graphs import stored
from services.renderer.content.graphs.axes import draw_axes, draw_grid, with_margins
from services.renderer.content.graphs.description import Describer
from services.renderer.content.graphs.geometry import Geometry
from services.renderer.content.graphs.labels import Labels, spoken
from services.renderer.content.graphs.plane import Plane, Point, clip_polygon, clip_polyline, clip_segment
from services.renderer.content.graphs.stored import Element, Elements, Label
from services.renderer.language.words import Words
from services.renderer.limits import Limits

_WIDTH, _HEIGHT = 480.0, 280.0
_SMALLEST, _LARGEST = (240.0, 160.0), (1_200.0, 1_200.0)


@dataclass(frozen=True, slots=True)
class GraphWarning:
    """Something of a graph that is missing in its SVG. `text` is one sentence in the report's language."""

    code: WarningCode
    text: str


@dataclass(frozen=True, slots=True)
class DrawnGraph:
    """A graph ready for the page. `description` is never empty."""

    svg: str
    description: str
    warnings: tuple[GraphWarning, ...] = ()


def draw_graph(segment: GraphSegment, book: FormulaBook, words: Words, limits: Limits) -> DrawnGraph:
    """The SVG and the description of a graph; never raises."""
    plane, usable = _plane(segment)
    plane = with_margins(plane, segment.axes, words.decimal_sign)
    elements = stored.read(segment, limits.graph_elements)
    geometry = Geometry(elements, plane)
    writer = _SvgWriter(plane, geometry, Labels(plane, book), words.decimal_sign)
    svg = writer.svg(segment, elements)
    said = words.graphs
    warnings = [said.axes_replaced] if not usable else []
    left_out = elements.left_out + writer.labels.left_out
    warnings += [said.left_out.format(count=left_out)] if left_out else []
    warnings += [said.unread.format(count=writer.unread)] if writer.unread else []
    warnings += [said.unresolved.format(count=writer.unresolved)] if writer.unresolved else []
    warnings += [said.pointless.format(count=writer.pointless)] if writer.pointless else []
    warnings += [said.outside.format(count=writer.outside)] if writer.outside else []
    noted = [GraphWarning(WarningCode.GRAPH_INCOMPLETE, text) for text in warnings]
    noted += [GraphWarning(w.code, w.text) for formula in writer.labels.undrawn for w in formula.warnings]
    names = tuple(spoken(_axis_label(segment, axis).runs, book) for axis in ("x", "y"))
    description = Describer(plane, geometry, book, words).describe(elements, (names[0], names[1]))
    return DrawnGraph(svg, description, tuple(dict.fromkeys(noted)))


def _plane(segment: GraphSegment) -> tuple[Plane, bool]:
    """The plane of a graph and whether both stored ranges could be used; Correcta's -5..5 replaces one that cannot."""
    x_min, x_max, x_usable = _range(segment.axes.get("xMin"), segment.axes.get("xMax"))
    y_min, y_max, y_usable = _range(segment.axes.get("yMin"), segment.axes.get("yMax"))
    size = [
        min(max(stored.number(value, default), least), most)
        for value, default, least, most in zip(
            (segment.width, segment.height), (_WIDTH, _HEIGHT), _SMALLEST, _LARGEST, strict=True
        )
    ]
    return Plane(x_min, x_max, y_min, y_max, *size), x_usable and y_usable


def _range(low: object, high: object) -> tuple[float, float, bool]:
    start, end = stored.number(low, -5.0), stored.number(high, 5.0)
    largest = max(abs(start), abs(end))
    if largest > 1e12 or end - start < max(1e-9, 1e-9 * largest):
        return -5.0, 5.0, False
    return start, end, True


def _axis_label(segment: GraphSegment, axis: str) -> Label:
    axes = segment.axes
    is_math = bool(axes.get(f"{axis}LabelIsMath"))
    return Label(tuple(stored.runs_of(axes.get(f"{axis}LabelSegments"), axes.get(f"{axis}Label"), math_=is_math)))


class _SvgWriter:
    """Writes the SVG of one graph; counts the functions and areas that it could not draw, the functions without a
    point in the frame, and the other elements outside it.
    """

    def __init__(self, plane: Plane, geometry: Geometry, labels: Labels, decimal_sign: str) -> None:
        self.plane = plane
        self.geometry = geometry
        self.labels = labels
        self.decimal_sign = decimal_sign
        self.unread = 0
        self.unresolved = 0
        self.pointless = 0
        self.outside = 0

    def svg(self, segment: GraphSegment, elements: Elements) -> str:
        width, height = f"{self.plane.width:g}", f"{self.plane.height:g}"
        background = stored.color(segment.background, "white")
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" ',
            f'viewBox="0 0 {width} {height}">',
            f'<clipPath id="page"><rect width="{width}" height="{height}"/></clipPath><g clip-path="url(#page)">',
            f'<rect width="{width}" height="{height}" fill="{background}"/>',
            draw_grid(self.plane, segment.axes),
            *map(self._area, elements.areas),
            draw_axes(self.plane, segment.axes, self.decimal_sign),
            *map(self._function, elements.functions),
            *map(self._curve, elements.curves),
            *map(self._line, elements.lines),
            *map(self._point, elements.points),
            *map(self._text, elements.texts),
            *self._axis_labels(segment),
            "</g></svg>",
        ]
        return "".join(parts)

    def _area(self, area: Element) -> str:
        polygons = self.geometry.area(area)
        self.unresolved += not polygons
        shown = [polygon for polygon in (clip_polygon(self.plane, points) for points in polygons) if polygon]
        self.outside += bool(polygons and not shown)
        color, opacity = stored.fill(area.raw.get("fill"))
        outline = " ".join(f"{_path(polygon)}Z" for polygon in shown)
        path = f'<path d="{outline}" fill="{color}" fill-opacity="{opacity:g}"/>' if shown else ""
        return path + (self._label(area, _middle(max(shown, key=len))) if shown else "")

    def _function(self, function: Element) -> str:
        if self.geometry.function(function) is None:
            self.unread += 1
            return ""
        pieces = [
            shown for piece in self.geometry.function_pieces(function) for shown in clip_polyline(self.plane, piece)
        ]
        self.pointless += not pieces
        return self._stroked(function, pieces) + self._label_beside(function, pieces, 0.9)

    def _curve(self, curve: Element) -> str:
        pieces = clip_polyline(self.plane, self.geometry.curve_points(curve))
        self.outside += not pieces
        return self._stroked(curve, pieces) + self._label_beside(curve, pieces)

    def _line(self, line: Element) -> str:
        shown = clip_segment(self.plane, *self.geometry.ends(line), self.geometry.reach(line))
        self.outside += not shown
        return self._stroked(line, [shown] if shown else []) + self._label_beside(line, [shown] if shown else [])

    def _stroked(self, element: Element, pieces: Sequence[Sequence[Point]]) -> str:
        if not pieces:
            return ""
        style = stored.stroke(element.raw.get("style"))
        dashes = ' stroke-dasharray="6 4"' if style.dashed else ""
        opacity = f' stroke-opacity="{style.opacity:g}"' if style.opacity < 1 else ""
        return (
            f'<path d="{" ".join(map(_path, pieces))}" fill="none" stroke="{style.color}" '
            f'stroke-width="{style.width:g}" stroke-linejoin="round" stroke-linecap="round"{dashes}{opacity}/>'
        )

    def _point(self, point: Element) -> str:
        at = self.geometry.point(point)
        if not self.plane.holds(at):
            self.outside += 1
            return ""
        x, y = self.plane.pixel(at)
        color = stored.color(point.raw.get("color"))
        radius = min(max(stored.number(point.raw.get("size"), 4.0), 2.0), 12.0)
        inside = "white" if point.raw.get("filled") is False else color
        circle = (
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:g}" stroke="{color}" stroke-width="1.5" fill="{inside}"/>'
        )
        if point.label.position or not point.label.runs:
            return circle + self._label(point, (x, y))
        return circle + self.labels.write(point.label, (x + radius + 4, y - radius - 6), align="start")

    def _text(self, text: Element) -> str:
        at = stored.number(text.raw.get("x")), stored.number(text.raw.get("y"))
        if not self.plane.holds(at):
            self.outside += bool(text.label.runs)
            return ""
        return self.labels.write(text.label, self.plane.pixel(at), placed=True)

    def _label_beside(self, element: Element, pieces: Sequence[Sequence[Point]], share: float = 0.5) -> str:
        """A label a little above the point at a share of the longest visible piece, in the line's colour."""
        if not pieces or not element.label.runs:
            return ""
        x, y = _along(max(pieces, key=_length), share)
        return self._label(element, (x, y - 12), stored.stroke(element.raw.get("style")).color)

    def _label(self, element: Element, otherwise: Point, color: str = stored.INK) -> str:
        if not element.label.runs:
            return ""
        moved = element.label.position
        at = self.plane.pixel(moved) if moved else otherwise
        return self.labels.write(element.label, at, color=color, placed=moved is not None)

    def _axis_labels(self, segment: GraphSegment) -> list[str]:
        """The SVG of the axes' names, at their positive ends."""
        plane = self.plane
        column, row = plane.x(min(max(0.0, plane.x_min), plane.x_max)), plane.y(min(max(0.0, plane.y_min), plane.y_max))
        above = row - 14 if row - 14 > plane.top else row + 14
        return [
            self.labels.write(_axis_label(segment, "x"), (plane.width - 4, above), align="end", placed=True),
            self.labels.write(_axis_label(segment, "y"), (column + 9, plane.top + 2), align="start", placed=True),
        ]


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)


def _middle(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


def _length(points: Sequence[Point]) -> float:
    return sum(math.dist(one, other) for one, other in pairwise(points))


def _along(points: Sequence[Point], share: float) -> Point:
    """The point of a polyline at a share of its length."""
    left = _length(points) * share
    for one, other in pairwise(points):
        step = math.dist(one, other)
        if step >= left and step:
            part = left / step
            return one[0] + part * (other[0] - one[0]), one[1] + part * (other[1] - one[1])
        left -= step
    return points[-1]
