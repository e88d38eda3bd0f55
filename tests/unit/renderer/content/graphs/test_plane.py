"""Clipping and simplifying: nothing leaves the frame, nothing seen is lost."""

import math
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.renderer.content.graphs.plane import Plane, clip_polygon, clip_polyline, clip_segment, simplified

PLANE = Plane(-5, 5, -5, 5, 224, 224)


FAR = st.floats(-1e9, 1e9) | st.floats(-8, 8)


POINT = st.tuples(FAR, FAR)


def _inside(points: list[tuple[float, float]]) -> bool:
    return all(11.9 <= x <= 212.1 and 11.9 <= y <= 212.1 for x, y in points)


@given(POINT, POINT, st.sampled_from([(0.0, 1.0), (0.0, math.inf), (-math.inf, math.inf)]))
def test_a_clipped_line_is_inside(start: Any, end: Any, reach: tuple[float, float]) -> None:
    assert _inside(clip_segment(PLANE, start, end, reach))


@given(st.lists(POINT, min_size=2, max_size=8))
def test_clipped_shapes_are_inside(points: list[tuple[float, float]]) -> None:
    assert all(_inside(piece) for piece in clip_polyline(PLANE, points))
    assert _inside(clip_polygon(PLANE, points))


def _gap(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    length = math.dist(start, end)
    if not length:
        return math.dist(point, start)
    along = sum((p - s) / length * ((e - s) / length) for p, s, e in zip(point, start, end, strict=True))
    share = min(max(along, 0.0), 1.0)
    return math.dist(point, (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))


@given(st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200)), min_size=2, max_size=12))
def test_what_is_left_out_of_a_polyline_is_not_seen(points: list[tuple[float, float]]) -> None:
    kept = simplified(points)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert all(min(_gap(point, *ends) for ends in pairwise(kept)) < 0.0201 for point in points)


def test_a_slow_bend_stays_a_bend() -> None:
    bend = [(float(x), 100 * math.log(1 + x / 50)) for x in range(700)]
    kept = simplified(bend)
    assert max(min(_gap(point, *ends) for ends in pairwise(kept)) for point in bend) < 0.0201
    assert len(kept) < 100
    assert simplified([(float(x), 2.0 * x) for x in range(700)]) == [(0.0, 0.0), (699.0, 1398.0)]


def test_a_segment_within_the_frame_is_not_changed() -> None:
    assert clip_segment(PLANE, (-4, -4), (4, 4)) == [PLANE.pixel((-4, -4)), PLANE.pixel((4, 4))]
