"""Functions as polylines: broken where the function is, and only there, with a bounded number of evaluations."""

import math

import pytest

from services.renderer.content.graphs.plane import Plane
from services.renderer.content.graphs.sampling import sample
from tests.unit.renderer.content.graphs.drawn_graphs import (
    drawn,
    strokes,
)

PLANE = Plane(-5, 5, -5, 5, 224, 224)


@pytest.mark.parametrize(
    ("expression", "pieces"),
    [("1/x", 2), ("tan(x)", 5), ("E(x)", 10), ("ln(x)", 1), ("sqrt(x^2-4)", 2), ("1/(x-0.1234)", 2), ("x^9", 1)],
)
def test_a_jump_is_not_joined_and_a_steep_slope_is(expression: str, pieces: int) -> None:
    drawing = drawn(functions=[{"expression": expression, "style": {"color": "#123456"}}])
    assert len(strokes(drawing, "#123456")) == pieces


def test_a_curve_reaches_the_very_edge_of_its_domain() -> None:
    pieces = sample(lambda x: math.sqrt(x - 0.1234) if x >= 0.1234 else math.nan, PLANE, -5, 5)
    assert pieces[0][0] == pytest.approx((0.1234, 0), abs=1e-4)


def test_evaluations_are_bounded_whatever_the_function() -> None:
    calls = 0

    def wild(x: float) -> float:
        nonlocal calls
        calls += 1
        return math.sin(1e9 * x) * 1e3 if calls % 3 else math.nan

    sample(wild, PLANE, -5, 5)
    assert calls < 3_000
