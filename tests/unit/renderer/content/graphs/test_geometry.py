"""Where the parts of a graph lie: offsets, curves, anchors and areas."""

from typing import Any

import pytest

from contracts.states import WarningCode
from tests.unit.renderer.content.graphs.drawn_graphs import (
    DIAGONAL,
    FUNCTIONS,
    column,
    coordinates,
    drawn,
    nodes,
    row,
    strokes,
)


def test_offsets_and_scale_move_a_function() -> None:
    moved = {"expression": "x", "offsetX": 1, "offsetY": 2, "scaleY": -0.5, "domain": {"min": -1, "max": 3}}
    [curve] = strokes(drawn(functions=[moved | {"style": {"color": "#123456"}}]), "#123456")
    assert curve[0] == pytest.approx((column(-1), row(3)), abs=0.02)
    assert curve[-1] == pytest.approx((column(3), row(1)), abs=0.02)


def test_a_curve_bends_off_its_middle_by_half_its_curvature() -> None:
    curve = {"start": coordinates(-2, 0), "end": coordinates(2, 0), "curvature": 2, "style": {"color": "#123456"}}
    [polyline] = strokes(drawn(curves=[curve]), "#123456")
    assert min(y for _, y in polyline) == pytest.approx(row(1), abs=0.1)


@pytest.mark.parametrize(
    ("anchor", "at"),
    [
        (None, (4, 4)),
        ({"type": "line", "lineId": "l", "t": 0.5}, (0, 1)),
        ({"type": "line", "lineId": "l", "t": 7}, (2, 2)),
        ({"type": "curve", "curveId": "c", "t": 0.5}, (0, 1)),
        ({"type": "function", "functionId": "f", "x": 2}, (2, 3)),
        ({"type": "line", "lineId": "gone", "t": 0.5}, (4, 4)),
        ({"type": "line", "lineId": "self", "t": 0.5}, None),
    ],
)
def test_a_point_lies_on_what_it_is_anchored_to(anchor: Any, at: tuple[float, float] | None) -> None:
    drawing = drawn(
        points=[{"id": "p", "x": 4, "y": 4, "anchor": anchor, "filled": False, "color": "#123456", "size": 5}],
        lines=[
            {"id": "l", "start": coordinates(-2, 0), "end": coordinates(2, 2), "kind": "segment"},
            {"id": "self", "start": {"type": "point", "pointId": "p"}, "end": coordinates(0, 0), "kind": "segment"},
        ],
        curves=[{"id": "c", "start": coordinates(-2, 0), "end": coordinates(2, 0), "curvature": 2}],
        functions=[{"id": "f", "expression": "x+1"}],
    )
    [circle] = nodes(drawing, "circle")
    assert (circle.get("fill"), circle.get("stroke"), circle.get("r")) == ("white", "#123456", "5")
    if at:
        found = float(circle.get("cx", "")), float(circle.get("cy", ""))
        assert found == pytest.approx((column(at[0]), row(at[1])), abs=0.02)


@pytest.mark.parametrize(
    ("area", "size"),
    [
        ({"mode": "polygon", "points": [coordinates(0, 0), coordinates(2, 0), coordinates(0, 2)]}, 2),
        (
            {"mode": "polygon", "points": [coordinates(0, 0), coordinates(9, 0), coordinates(9, 9), coordinates(0, 9)]},
            25,
        ),
        ({"mode": "under-function", "functionId": "f", "domain": {"min": 0, "max": 2}}, 16 / 3),
        ({"mode": "between-functions", "functionId": "f", "functionId2": "g", "domain": {"min": -2, "max": 1}}, 4.5),
        ({"mode": "between-line-and-function", "functionId": "f", "lineId": "d", "domain": {"min": -2, "max": 1}}, 4.5),
        ({"mode": "between-line-and-function", "points": [coordinates(0, 0), coordinates(2, 0), coordinates(0, 2)]}, 2),
        ({"mode": "bounded-region", "boundaryIds": ["f", "d"], "domain": {"min": -2, "max": 1}}, 4.5),
        ({"mode": "bounded-region", "boundaryIds": ["f", "x-axis"], "domain": {"min": -2, "max": 2}}, 32 / 3),
        ({"mode": "bounded-region", "points": [coordinates(0, 0), coordinates(2, 0), coordinates(0, 2)]}, 2),
    ],
)
def test_areas_of_each_mode_cover_what_they_should(area: dict[str, Any], size: float) -> None:
    fill = {"color": "#123456", "opacity": 0.5}
    drawing = drawn(areas=[area | {"fill": fill}], functions=FUNCTIONS, lines=[DIAGONAL])
    [outline] = strokes(drawing, "#123456")
    shoelace = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(outline, outline[1:] + outline[:1], strict=True))
    assert abs(shoelace) / 2 / 45.6 / 25.6 == pytest.approx(size, rel=0.01)
    assert 'fill-opacity="0.5"' in drawing.svg
    assert drawing.warnings == ()


def test_an_area_under_a_broken_function_is_broken_too() -> None:
    functions = [{"id": "f", "expression": "1/x"}]
    area = {"mode": "under-function", "functionId": "f", "fill": {"color": "#123456"}}
    assert len(strokes(drawn(areas=[area], functions=functions), "#123456")) == 2


UNBOUNDED: list[dict[str, Any]] = [
    {"mode": "under-function"},
    {"mode": "polygon"},
    {"mode": "between-functions", "functionId": "f"},
    {},
]


@pytest.mark.parametrize("area", UNBOUNDED)
def test_an_area_without_bounds_is_reported(area: dict[str, Any]) -> None:
    drawing = drawn(areas=[area], functions=FUNCTIONS)
    assert [warning.code for warning in drawing.warnings] == [WarningCode.GRAPH_INCOMPLETE]
