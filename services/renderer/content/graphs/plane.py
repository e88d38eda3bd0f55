"""The plane of a graph: coordinates to pixels, and clipping of lines and polygons to the frame.

Every number that leaves this module is finite and near the frame, whatever was stored.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

MARGIN = 12.0
"""Pixels between the picture's edge and the frame: room for arrow heads and for the halves of points on the edge."""

_FAR = 1e7

_FLAT = 0.02
"""Pixels by which a straight line may miss a point that it stands for."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Ranges of both axes, the size of the SVG in CSS pixels, and its margins on the sides of tick labels."""

    x_min: float
    x_max: float
    y_min: float
    y_max: float
    width: float
    height: float
    west: float = MARGIN
    south: float = MARGIN

    @property
    def left(self) -> float:
        return self.west

    @property
    def right(self) -> float:
        return self.width - MARGIN

    @property
    def top(self) -> float:
        return MARGIN

    @property
    def bottom(self) -> float:
        return self.height - self.south

    def x(self, value: float) -> float:
        """The pixel column of an abscissa."""
        share = (value - self.x_min) / (self.x_max - self.x_min)
        return _near(self.left + share * (self.right - self.left))

    def y(self, value: float) -> float:
        """The pixel row of an ordinate; rows grow downwards."""
        share = (value - self.y_min) / (self.y_max - self.y_min)
        return _near(self.bottom - share * (self.bottom - self.top))

    def pixel(self, point: Point) -> Point:
        """A point of the plane in pixels, limited to 10^7 on each axis."""
        return self.x(point[0]), self.y(point[1])

    def holds(self, point: Point) -> bool:
        """Whether a point of the plane is inside the frame, its edge included."""
        return self.x_min <= point[0] <= self.x_max and self.y_min <= point[1] <= self.y_max


def _near(value: float) -> float:
    return min(max(value, -_FAR), _FAR) if value == value else 0.0


def clip_segment(plane: Plane, start: Point, end: Point, reach: tuple[float, float] = (0.0, 1.0)) -> list[Point]:
    """The two ends, in pixels, of what the frame shows of a segment; empty if nothing (Liang and Barsky, 1984).

    `reach` is how far along start..end the line goes: (0, 1) a segment, (0, inf) a ray, (-inf, inf) a line.
    """
    (x0, y0), (x1, y1) = plane.pixel(start), plane.pixel(end)
    dx, dy = x1 - x0, y1 - y0
    first, last = reach
    for step, room in (
        (-dx, x0 - plane.left),
        (dx, plane.right - x0),
        (-dy, y0 - plane.top),
        (dy, plane.bottom - y0),
    ):
        if step == 0:
            if room < 0:
                return []
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    if first > last or (dx == 0 and dy == 0):
        return []
    return [(x0 + first * dx, y0 + first * dy), (x0 + last * dx, y0 + last * dy)]


def clip_polyline(plane: Plane, points: Sequence[Point]) -> list[list[Point]]:
    """The pieces, in pixels, of what the frame shows of a polyline."""
    pieces: list[list[Point]] = []
    for start, end in pairwise(points):
        shown = clip_segment(plane, start, end)
        if not shown:
            continue
        if pieces and _same(pieces[-1][-1], shown[0]):
            pieces[-1].append(shown[1])
        else:
            pieces.append(shown)
    return [simplified(piece) for piece in pieces]


def clip_polygon(plane: Plane, points: Iterable[Point]) -> list[Point]:
    """What the frame shows of a polygon, in pixels (Sutherland and Hodgman, 1974); empty if nothing."""
    shown = [plane.pixel(point) for point in points]
    for axis, edge, sign in ((0, plane.left, 1), (0, plane.right, -1), (1, plane.top, 1), (1, plane.bottom, -1)):
        shown = _clip_at(shown, axis, edge, sign)
    return shown if len(shown) >= 3 else []


def _clip_at(points: list[Point], axis: int, edge: float, sign: int) -> list[Point]:
    kept: list[Point] = []
    for index, end in enumerate(points):
        start = points[index - 1]
        start_in, end_in = (start[axis] - edge) * sign >= 0, (end[axis] - edge) * sign >= 0
        if start_in != end_in:
            share = (edge - start[axis]) / (end[axis] - start[axis])
            kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
        if end_in:
            kept.append(end)
    return kept


def _same(one: Point, other: Point) -> bool:
    return math.isclose(one[0], other[0], abs_tol=0.01) and math.isclose(one[1], other[1], abs_tol=0.01)


def simplified(points: list[Point]) -> list[Point]:
    """A polyline without the points that a straight line goes by within a fiftieth of a pixel.

    Every point left out narrows the directions in which the line may go on (Sklansky and Gonzalez, 1980), so that a
    slow bend stays one however long it is.
    """
    kept = points[:1]
    low, high = -math.pi, math.pi
    course = 0.0
    for here, following in pairwise(points):
        turn, room = _turn(kept[-1], here, course)
        low, high = max(low, turn - room), min(high, turn + room)
        ahead, _ = _turn(kept[-1], following, course)
        if here != kept[-1] and low <= ahead <= high and math.dist(kept[-1], following) >= math.dist(kept[-1], here):
            continue
        if here != kept[-1]:
            kept.append(here)
        course = math.atan2(following[1] - here[1], following[0] - here[0])
        low, high = -math.pi, math.pi
    return [*kept, points[-1]]


def _turn(start: Point, end: Point, course: float) -> tuple[float, float]:
    """The direction from start to end relative to a course, and the tolerance of it, in radians."""
    distance = math.dist(start, end)
    if not distance:
        return 0.0, math.pi
    turn = math.atan2(end[1] - start[1], end[0] - start[0]) - course
    return math.remainder(turn, math.tau), math.asin(min(_FLAT / distance, 1.0))
