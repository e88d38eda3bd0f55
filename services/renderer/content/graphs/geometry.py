"""The geometry of a graph: points, lines, curves, functions and areas in the coordinates of its axes.

References between parts are looked up once; one missing or circular falls back to stored coordinates, as in Correcta.
"""

import math
from collections.abc import Iterable, Mapping

from services.renderer.content.graphs.expressions import ExpressionError, compile
from services.renderer.content.graphs.plane import Plane, Point
from services.renderer.content.graphs.sampling import Function, between, sample
from services.renderer.content.graphs.stored import Element, Elements, bound, number

_REACH = {"line": (-math.inf, math.inf), "ray": (0.0, math.inf)}
_CURVE_STEPS = 48


class Geometry:
    """The geometry of one graph."""

    def __init__(self, elements: Elements, plane: Plane) -> None:
        self._plane = plane
        self._points = _by_id(elements.points)
        self._lines = _by_id(elements.lines)
        self._curves = _by_id(elements.curves)
        self._functions = _by_id(elements.functions)
        self._sampled: dict[int, list[list[Point]]] = {}
        self._compiled: dict[int, Function | None] = {}

    def point(self, element: Element, seen: frozenset[str] = frozenset()) -> Point:
        """Where a point lies: on the line, curve or function it is anchored to, else at its coordinates."""
        stored = (number(element.raw.get("x")), number(element.raw.get("y")))
        anchor = element.raw.get("anchor")
        if not isinstance(anchor, Mapping) or element.id in seen:
            return stored
        seen |= {element.id}
        if line := self._lines.get(str(anchor.get("lineId"))):
            return self._along(line, number(anchor.get("t")), seen)
        if curve := self._curves.get(str(anchor.get("curveId"))):
            return _bezier(*self.curve(curve, seen), min(max(number(anchor.get("t")), 0.0), 1.0))
        if function := self._functions.get(str(anchor.get("functionId"))):
            return self._on(function, number(anchor.get("x"), stored[0])) or stored
        return stored

    def _along(self, line: Element, share: float, seen: frozenset[str]) -> Point:
        (x0, y0), (x1, y1) = self.ends(line, seen)
        low, high = self.reach(line)
        share = min(max(share, low), high)
        return _finite((x0 + share * (x1 - x0), y0 + share * (y1 - y0)))

    def _on(self, function: Element, x: float) -> Point | None:
        compute = self.function(function)
        y = compute(x) if compute else math.nan
        return (x, y) if math.isfinite(y) else None

    def anchor(self, anchor: object, seen: frozenset[str] = frozenset()) -> Point:
        """Where a stored anchor points to."""
        if not isinstance(anchor, Mapping):
            return (0.0, 0.0)
        element = self._points.get(str(anchor.get("pointId"))) if anchor.get("type") == "point" else None
        return self.point(element, seen) if element else (number(anchor.get("x")), number(anchor.get("y")))

    def ends(self, line: Element, seen: frozenset[str] = frozenset()) -> tuple[Point, Point]:
        """The two anchors of a line."""
        return self.anchor(line.raw.get("start"), seen), self.anchor(line.raw.get("end"), seen)

    def reach(self, line: Element) -> tuple[float, float]:
        """From where to where a line goes: 0 is its start, 1 its end; a ray and a line are unbounded."""
        return _REACH.get(str(line.raw.get("kind")), (0.0, 1.0))

    def curve(self, curve: Element, seen: frozenset[str] = frozenset()) -> tuple[Point, Point, Point]:
        """Start, control and end point of a quadratic Bézier curve: the control point is `curvature` off the middle."""
        (x0, y0), (x1, y1) = self.ends(curve, seen)
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        off = number(curve.raw.get("curvature")) / length
        control = _finite(((x0 + x1) / 2 - (y1 - y0) * off, (y0 + y1) / 2 + (x1 - x0) * off))
        return (x0, y0), control, (x1, y1)

    def curve_points(self, curve: Element) -> list[Point]:
        """A curve as a polyline."""
        start, control, end = self.curve(curve)
        return [_bezier(start, control, end, step / _CURVE_STEPS) for step in range(_CURVE_STEPS + 1)]

    def function(self, element: Element) -> Function | None:
        """A function with its offsets and scale; None where its expression cannot be read."""
        key = id(element)
        if key not in self._compiled:
            self._compiled[key] = _shifted(element)
        return self._compiled[key]

    def domain(self, holder: Element) -> tuple[float, float]:
        """Where a function or an area is to be drawn: its own domain within the frame."""
        stored = holder.raw.get("domain")
        low, high = (
            (bound(stored.get("min")), bound(stored.get("max"))) if isinstance(stored, Mapping) else (None, None)
        )
        return (
            self._plane.x_min if low is None else max(low, self._plane.x_min),
            self._plane.x_max if high is None else min(high, self._plane.x_max),
        )

    def function_pieces(self, element: Element) -> list[list[Point]]:
        """A function as polylines over its domain."""
        compute = self.function(element)
        if compute and id(element) not in self._sampled:
            self._sampled[id(element)] = sample(compute, self._plane, *self.domain(element))
        return self._sampled.get(id(element), [])

    def area(self, area: Element) -> list[list[Point]]:
        """The polygons of an area.

        Those bounded by a line or by several parts are kept as points by Correcta's editor; they are worked out here
        only where these points are missing.
        """
        mode, stored = area.raw.get("mode"), area.raw.get("points")
        outline = [self.anchor(anchor) for anchor in stored] if isinstance(stored, list | tuple) else []
        if mode in ("polygon", "between-line-and-function", "bounded-region") and len(outline) >= 3:
            return [outline]
        edges = [edge for edge in map(self._edge, _boundaries(area)) if edge is not None]
        if not edges or (len(edges) == 1 and mode not in ("under-function", "bounded-region")):
            return []
        low, high = self.domain(area)
        upper = between(edges[0], low, high)
        lower = edges[1] if len(edges) > 1 else [[(low, 0.0), (high, 0.0)]]
        return [polygon for piece in upper for polygon in _enclosed(piece, lower)]

    def _edge(self, identity: str) -> list[list[Point]] | None:
        """A function or a line as polylines from left to right; the axis is the line y = 0."""
        if function := self._functions.get(identity):
            return self.function_pieces(function)
        if identity == "x-axis":
            return [[(self._plane.x_min, 0.0), (self._plane.x_max, 0.0)]]
        line = self._lines.get(identity)
        return self._line_edge(line) if line else None

    def _line_edge(self, line: Element) -> list[list[Point]]:
        (x0, y0), (x1, y1) = sorted(self.ends(line))
        if x0 == x1:
            return []
        slope = (y1 - y0) / (x1 - x0)
        low, high = (x0, x1) if self.reach(line) == (0.0, 1.0) else (self._plane.x_min, self._plane.x_max)
        return [[_finite((x, y0 + slope * (x - x0))) for x in (low, high)]]


def _boundaries(area: Element) -> list[str]:
    named = [area.raw.get(name) for name in ("functionId", "functionId2", "lineId")]
    listed = area.raw.get("boundaryIds")
    more = listed if isinstance(listed, list | tuple) else []
    return list(dict.fromkeys(str(identity) for identity in (*named, *more) if identity))[:2]


def _enclosed(upper: list[Point], lower: list[list[Point]]) -> list[list[Point]]:
    """Polygons between a polyline and those below or above it, over the abscissas they share."""
    polygons: list[list[Point]] = []
    for floor in lower:
        low, high = max(upper[0][0], floor[0][0]), min(upper[-1][0], floor[-1][0])
        if high > low:
            polygons.extend(
                [*top, *reversed(bottom)]
                for top, bottom in zip(between([upper], low, high), between([floor], low, high), strict=False)
            )
    return polygons


def _shifted(element: Element) -> Function | None:
    expression = element.raw.get("expression")
    try:
        compute = compile(expression if isinstance(expression, str) else "")
    except ExpressionError:
        return None
    right, up, scale = shifts(element)
    if (right, up, scale) == (0.0, 0.0, 1.0):
        return compute
    return lambda x: scale * compute(x - right) + up


def shifts(element: Element) -> tuple[float, float, float]:
    """A function's offsets to the right and up and its factor: it is drawn as factor * f(x - right) + up."""
    raw = element.raw
    return number(raw.get("offsetX")), number(raw.get("offsetY")), number(raw.get("scaleY"), 1.0)


def _bezier(start: Point, control: Point, end: Point, t: float) -> Point:
    u = 1 - t
    return _finite(
        (
            u * u * start[0] + 2 * u * t * control[0] + t * t * end[0],
            u * u * start[1] + 2 * u * t * control[1] + t * t * end[1],
        )
    )


def _finite(point: Point) -> Point:
    return point if math.isfinite(point[0]) and math.isfinite(point[1]) else (0.0, 0.0)


def _by_id(elements: Iterable[Element]) -> dict[str, Element]:
    return {element.id: element for element in elements if element.id}
