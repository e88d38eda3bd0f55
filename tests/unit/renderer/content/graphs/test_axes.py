"""Axes and grids: few lines whatever step was stored."""

import math
from typing import Any

import pytest

from services.renderer.content.graphs.ticks import MOST
from tests.unit.renderer.content.graphs.drawn_graphs import (
    AXES,
    drawn,
    grid_lines,
)


def test_the_grid_can_be_switched_off() -> None:
    assert grid_lines(drawn(axes=AXES | {"xStep": 1, "yStep": 2.5})) == 11 + 5
    assert grid_lines(drawn(axes=AXES | {"showGrid": False})) == 0


@pytest.mark.parametrize("step", [0, -1, 1e-9, 1e9, math.nan, "x", None, True])
def test_any_step_gives_a_readable_number_of_marks(step: Any) -> None:
    drawing = drawn(axes=AXES | {"xStep": step, "yStep": step})
    assert 5 <= grid_lines(drawing) <= 2 * (MOST + 1)
