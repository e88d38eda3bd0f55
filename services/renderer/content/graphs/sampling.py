"""Samples a function as polylines, broken at its gaps and jumps and exact at the edges of its domain.

The number of evaluations is bounded whatever the function does.
"""

import math
from collections.abc import Callable, Sequence

from services.renderer.content.graphs.plane import Plane, Point

Function = Callable[[float], float]

_DEEPEST = 30
"""Bisections that tell a jump from a steep slope; after 30 the neighbours are far closer than a pixel."""

_JUMPS = 60
"""Jumps of one function that are located by bisection; further ones are left where the samples are."""

_STEEP = 8.0
"""Pixels between neighbours beyond which there may be a jump."""


def sample(function: Function, plane: Plane, low: float, high: float) -> list[list[Point]]:
    """The polylines of y = function(x) over [low, high]. A NaN is a gap; a jump is not joined."""
    count = min(max(int(plane.width), 200), 1_000)
    xs = [low + (high - low) * index / count for index in range(count + 1)] if high > low else []
    tracer = _Tracer(function, plane)
    for x in xs:
        tracer.reach(x)
    return tracer.pieces()


class _Tracer:
    """Follows a function from left to right."""

    def __init__(self, function: Function, plane: Plane) -> None:
        self._function = function
        self._plane = plane
        self._pieces: list[list[Point]] = [[]]
        self._before: Point | None = None
        self._jumps = 0

    def pieces(self) -> list[list[Point]]:
        return [piece for piece in self._pieces if len(piece) > 1]

    def reach(self, x: float) -> None:
        here = (x, self._function(x))
        before, self._before = self._before, here
        if before is not None and self._broken(before, here):
            self._step_over(before, here)
        if math.isfinite(here[1]):
            self._pieces[-1].append(here)
        elif self._pieces[-1]:
            self._pieces.append([])

    def _broken(self, left: Point, right: Point) -> bool:
        """Whether two neighbours may not belong together: one has no value, or they are far apart on the page."""
        defined = math.isfinite(left[1]), math.isfinite(right[1])
        if not all(defined):
            return any(defined)
        above, below = sorted((self._plane.y(left[1]), self._plane.y(right[1])))
        return below - above > _STEEP and above < self._plane.bottom and below > self._plane.top

    def _narrow(self, left: Point, right: Point) -> tuple[Point, Point]:
        """The closest two points between which the gap, or the greater part of the jump, still lies."""
        for _ in range(_DEEPEST):
            if not self._broken(left, right):
                break
            x = (left[0] + right[0]) / 2
            middle = (x, self._function(x))
            if self._jump(left, middle) >= self._jump(middle, right):
                right = middle
            else:
                left = middle
        return left, right

    def _jump(self, left: Point, right: Point) -> float:
        defined = math.isfinite(left[1]), math.isfinite(right[1])
        if not all(defined):
            return math.inf if any(defined) else -1.0
        return abs(left[1] - right[1])

    def _step_over(self, left: Point, right: Point) -> None:
        """Draw up to both sides of a break; where there is none after all, the two points are simply joined."""
        if self._jumps < _JUMPS:
            left, right = self._narrow(left, right)
        if math.isfinite(left[1]):
            self._pieces[-1].append(left)
        if self._broken(left, right):
            self._jumps += 1
            self._pieces.append([])
        if math.isfinite(right[1]):
            self._pieces[-1].append(right)


def between(pieces: Sequence[Sequence[Point]], low: float, high: float) -> list[list[Point]]:
    """The part of some polylines with abscissas in [low, high], cut exactly there."""
    return [cut for piece in pieces if len(cut := _cut(piece, low, high)) > 1]


def _cut(piece: Sequence[Point], low: float, high: float) -> list[Point]:
    cut: list[Point] = []
    for index, point in enumerate(piece):
        for edge in (low, high):
            before = piece[index - 1] if index else point
            if before[0] < edge < point[0]:
                share = (edge - before[0]) / (point[0] - before[0])
                cut.append((edge, before[1] + share * (point[1] - before[1])))
        if low <= point[0] <= high:
            cut.append(point)
    return cut
