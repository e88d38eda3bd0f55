"""Graphs: what is stored is what is drawn, inside the frame, whatever was stored; and it is told in words."""

import json
import math
import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.graded_exam import GraphSegment
from contracts.options import Language
from contracts.states import WarningCode
from services.renderer.content.formulas import FormulaBook
from services.renderer.content.graphs import Drawing, draw
from services.renderer.content.graphs.plane import Plane, clip_polygon, clip_polyline, clip_segment, simplified
from services.renderer.content.graphs.sampling import sample
from services.renderer.content.graphs.ticks import MOST, number, ticks
from services.renderer.limits import Limits

LIMITS = Limits()
AXES = {"xMin": -5, "xMax": 5, "yMin": -5, "yMax": 5}
PLANE = Plane(-5, 5, -5, 5, 224, 224)
SVG = "{http://www.w3.org/2000/svg}"


def _draw(language: Language = Language.FR, limits: Limits = LIMITS, **graph: Any) -> Drawing:
    values = {"axes": AXES, "width": 480, "height": 280} | graph
    return draw(GraphSegment.model_validate(values), FormulaBook(language.value, limits), language, limits)


def _nodes(drawing: Drawing, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing.svg).iter(SVG + name))


def _strokes(drawing: Drawing, color: str) -> list[list[tuple[float, float]]]:
    """The polylines drawn in a colour, in pixels."""
    paths = [node.get("d", "") for node in _nodes(drawing, "path") if color in (node.get("stroke"), node.get("fill"))]
    return [_points(piece) for path in paths for piece in path.split("M") if piece.strip()]


def _points(path: str) -> list[tuple[float, float]]:
    numbers = [float(found) for found in re.findall(r"-?[\d.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _grid_lines(drawing: Drawing) -> int:
    return sum(node.get("d", "").count("M") for node in _nodes(drawing, "path") if node.get("stroke") == "#e5e7eb")


def _texts(drawing: Drawing) -> list[str]:
    return [node.text or "" for node in _nodes(drawing, "text")]


def _coord(x: float, y: float) -> dict[str, Any]:
    return {"type": "coord", "x": x, "y": y}


def _x(value: float) -> float:
    return 12 + (value + 5) / 10 * 456


def _y(value: float) -> float:
    return 268 - (value + 5) / 10 * 256


def test_an_empty_graph_has_axes_figures_and_a_description() -> None:
    drawing = _draw()
    assert (drawing.width_px, drawing.height_px, drawing.warnings) == (480, 280, ())
    assert {"0", "−4", "2"} <= set(_texts(drawing))
    assert drawing.description == "Graphique : abscisses de −5 à 5, ordonnées de −5 à 5. Aucun tracé."
    assert _draw(Language.EN).description == "Graph: x from −5 to 5, y from −5 to 5. Nothing drawn."


def test_the_grid_can_be_switched_off() -> None:
    assert _grid_lines(_draw(axes=AXES | {"xStep": 1, "yStep": 2.5})) == 11 + 5
    assert _grid_lines(_draw(axes=AXES | {"showGrid": False})) == 0


def test_a_function_is_drawn_where_it_is() -> None:
    drawing = _draw(functions=[{"id": "f", "expression": "x^2-3", "style": {"color": "#123456", "width": 2}}])
    [curve] = _strokes(drawing, "#123456")
    for x, y in curve:
        assert y == pytest.approx(_y(((x - 12) / 456 * 10 - 5) ** 2 - 3), abs=1)
    assert min(y for _, y in curve) == pytest.approx(12, abs=0.1)
    assert max(y for _, y in curve) == pytest.approx(_y(-3), abs=0.1)


def test_offsets_and_scale_move_a_function() -> None:
    moved = {"expression": "x", "offsetX": 1, "offsetY": 2, "scaleY": -0.5, "domain": {"min": -1, "max": 3}}
    [curve] = _strokes(_draw(functions=[moved | {"style": {"color": "#123456"}}]), "#123456")
    assert curve[0] == pytest.approx((_x(-1), _y(3)), abs=0.02)
    assert curve[-1] == pytest.approx((_x(3), _y(1)), abs=0.02)


@pytest.mark.parametrize(
    ("expression", "pieces"),
    [("1/x", 2), ("tan(x)", 5), ("E(x)", 10), ("ln(x)", 1), ("sqrt(x^2-4)", 2), ("1/(x-0.1234)", 2), ("x^9", 1)],
)
def test_a_jump_is_not_joined_and_a_steep_slope_is(expression: str, pieces: int) -> None:
    drawing = _draw(functions=[{"expression": expression, "style": {"color": "#123456"}}])
    assert len(_strokes(drawing, "#123456")) == pieces


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


@pytest.mark.parametrize(
    ("kind", "ends"),
    [
        ("segment", [(-1, 0), (1, 1)]),
        ("ray", [(-1, 0), (5, 3)]),
        ("line", [(-5, -2), (5, 3)]),
    ],
)
def test_each_kind_of_line_goes_as_far_as_it_should(kind: str, ends: list[tuple[float, float]]) -> None:
    line = {"start": _coord(-1, 0), "end": _coord(1, 1), "kind": kind, "style": {"color": "#123456", "dashed": True}}
    drawing = _draw(lines=[line])
    [drawn] = _strokes(drawing, "#123456")
    assert drawn == [pytest.approx((_x(x), _y(y)), abs=0.02) for x, y in ends]
    assert 'stroke-dasharray="6 4"' in drawing.svg


def test_a_curve_bends_off_its_middle_by_half_its_curvature() -> None:
    curve = {"start": _coord(-2, 0), "end": _coord(2, 0), "curvature": 2, "style": {"color": "#123456"}}
    [drawn] = _strokes(_draw(curves=[curve]), "#123456")
    assert min(y for _, y in drawn) == pytest.approx(_y(1), abs=0.1)


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
    drawing = _draw(
        points=[{"id": "p", "x": 4, "y": 4, "anchor": anchor, "filled": False, "color": "#123456", "size": 5}],
        lines=[
            {"id": "l", "start": _coord(-2, 0), "end": _coord(2, 2), "kind": "segment"},
            {"id": "self", "start": {"type": "point", "pointId": "p"}, "end": _coord(0, 0), "kind": "segment"},
        ],
        curves=[{"id": "c", "start": _coord(-2, 0), "end": _coord(2, 0), "curvature": 2}],
        functions=[{"id": "f", "expression": "x+1"}],
    )
    [circle] = _nodes(drawing, "circle")
    assert (circle.get("fill"), circle.get("stroke"), circle.get("r")) == ("white", "#123456", "5")
    if at:
        found = float(circle.get("cx", "")), float(circle.get("cy", ""))
        assert found == pytest.approx((_x(at[0]), _y(at[1])), abs=0.02)


FUNCTIONS = [{"id": "f", "expression": "4-x^2"}, {"id": "g", "expression": "x+2"}]
DIAGONAL = {"id": "d", "start": _coord(-2, 0), "end": _coord(1, 3), "kind": "line"}


@pytest.mark.parametrize(
    ("area", "size"),
    [
        ({"mode": "polygon", "points": [_coord(0, 0), _coord(2, 0), _coord(0, 2)]}, 2),
        ({"mode": "polygon", "points": [_coord(0, 0), _coord(9, 0), _coord(9, 9), _coord(0, 9)]}, 25),
        ({"mode": "under-function", "functionId": "f", "domain": {"min": 0, "max": 2}}, 16 / 3),
        ({"mode": "between-functions", "functionId": "f", "functionId2": "g", "domain": {"min": -2, "max": 1}}, 4.5),
        ({"mode": "between-line-and-function", "functionId": "f", "lineId": "d", "domain": {"min": -2, "max": 1}}, 4.5),
        ({"mode": "between-line-and-function", "points": [_coord(0, 0), _coord(2, 0), _coord(0, 2)]}, 2),
        ({"mode": "bounded-region", "boundaryIds": ["f", "d"], "domain": {"min": -2, "max": 1}}, 4.5),
        ({"mode": "bounded-region", "boundaryIds": ["f", "x-axis"], "domain": {"min": -2, "max": 2}}, 32 / 3),
        ({"mode": "bounded-region", "points": [_coord(0, 0), _coord(2, 0), _coord(0, 2)]}, 2),
    ],
)
def test_areas_of_each_mode_cover_what_they_should(area: dict[str, Any], size: float) -> None:
    fill = {"color": "#123456", "opacity": 0.5}
    drawing = _draw(areas=[area | {"fill": fill}], functions=FUNCTIONS, lines=[DIAGONAL])
    [outline] = _strokes(drawing, "#123456")
    shoelace = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(outline, outline[1:] + outline[:1], strict=True))
    assert abs(shoelace) / 2 / 45.6 / 25.6 == pytest.approx(size, rel=0.01)
    assert 'fill-opacity="0.5"' in drawing.svg
    assert drawing.warnings == ()


def test_an_area_under_a_broken_function_is_broken_too() -> None:
    functions = [{"id": "f", "expression": "1/x"}]
    area = {"mode": "under-function", "functionId": "f", "fill": {"color": "#123456"}}
    assert len(_strokes(_draw(areas=[area], functions=functions), "#123456")) == 2


UNBOUNDED: list[dict[str, Any]] = [
    {"mode": "under-function"},
    {"mode": "polygon"},
    {"mode": "between-functions", "functionId": "f"},
    {},
]


@pytest.mark.parametrize("area", UNBOUNDED)
def test_an_area_without_bounds_is_reported(area: dict[str, Any]) -> None:
    drawing = _draw(areas=[area], functions=FUNCTIONS)
    assert [warning.code for warning in drawing.warnings] == [WarningCode.GRAPH_INCOMPLETE]


def test_labels_hold_text_formulas_and_both() -> None:
    drawing = _draw(
        points=[
            {"id": "a", "x": 1, "y": 1, "label": "A"},
            {"id": "b", "x": 2, "y": 2, "label": "B_1", "labelIsMath": True},
            {"id": "c", "x": 3, "y": 3, "label": "hidden", "showLabel": False},
            {"id": "d", "x": 4, "y": 4, "label": "prix $x^2$ à 5$ l'un"},
            {
                "id": "e",
                "x": 0,
                "y": 0,
                "labelSegments": [{"type": "text", "text": "f = "}, {"type": "math", "latex": "y"}],
            },
        ],
        texts=[{"x": -3, "y": -3, "text": "\\int f", "isMath": True}, {"x": -3, "y": 3, "text": "note"}],
        axes=AXES | {"xLabel": "temps (s)", "yLabel": "v", "yLabelIsMath": True},
    )
    texts = _texts(drawing)
    assert {"A", "prix ", "à 5$ l'un", "f = ", "note", "temps (s)"} <= set(texts)
    assert "hidden" not in texts
    formulas = [node for node in _nodes(drawing, "g") if "translate" in node.get("transform", "")]
    assert len(formulas) == 5
    assert "currentColor" not in drawing.svg


def test_a_formula_that_cannot_be_drawn_shows_its_source_and_warns() -> None:
    drawing = _draw(texts=[{"x": 0, "y": 0, "text": "{" * 80, "isMath": True}])
    assert "{" * 80 in _texts(drawing)
    assert [warning.code for warning in drawing.warnings] == [WarningCode.FORMULA_TOO_LONG]


def test_the_description_tells_each_part() -> None:
    drawing = _draw(
        functions=[{"expression": "2x^2-3", "label": "C_f", "labelIsMath": True, "scaleY": 2}],
        points=[{"x": 1.5, "y": -2, "label": "A"}],
        lines=[DIAGONAL | {"label": "(d)"}, DIAGONAL | {"kind": "ray"}, DIAGONAL | {"kind": "segment"}],
        curves=[{"start": _coord(0, 0), "end": _coord(1, 1)}],
        areas=[{"mode": "polygon", "points": [_coord(0, 0), _coord(2, 0), _coord(0, 2)]}],
        texts=[{"x": 0, "y": 0, "text": "Fin"}],
    )
    for part in (
        "Courbe C indice f d’équation y égale 2 x au carré moins 3, décalée de 0 en abscisse",
        "Droite (d) passant par (−2 ; 0) et (1 ; 3).",
        "Demi-droite d’origine (−2 ; 0) passant par (1 ; 3).",
        "Segment de (−2 ; 0) à (1 ; 3).",
        "Arc de (0 ; 0) à (1 ; 1).",
        "Point A (1,5 ; −2).",
        "Zone coloriée.",
        "Texte : Fin.",
    ):
        assert part in drawing.description


def test_a_function_that_cannot_be_read_is_reported_and_not_told() -> None:
    drawing = _draw(functions=[{"expression": "sin("}, {"expression": None}, {"expression": "x"}])
    assert [warning.code for warning in drawing.warnings] == [WarningCode.GRAPH_INCOMPLETE]
    assert "2 fonction(s)" in drawing.warnings[0].text
    assert drawing.description.count("Courbe") == 1


def test_too_many_elements_are_left_out_and_counted() -> None:
    drawing = _draw(points=[{"x": 0, "y": 0}] * 600, functions=[{"expression": "x"}] * 70)
    assert len(_nodes(drawing, "circle")) == 440
    assert [warning.text for warning in drawing.warnings] == [
        "Le graphique a trop d’éléments : 170 ne sont pas tracés."
    ]
    assert "Et 460 autres éléments" in drawing.description


@pytest.mark.parametrize(
    "axes",
    [
        {"xMin": 5, "xMax": 5},
        {"xMin": 5, "xMax": -5},
        {"xMin": -1e308, "xMax": 1e308},
        {"xMin": 1e11, "xMax": 1e11 + 1e-3},
        {"xMin": None, "xMax": -8},
    ],
)
def test_axes_that_cannot_be_used_are_replaced_and_reported(axes: dict[str, Any]) -> None:
    drawing = _draw(axes=AXES | axes)
    assert "abscisses de −5 à 5" in drawing.description
    assert [warning.code for warning in drawing.warnings] == ([WarningCode.GRAPH_INCOMPLETE])


@pytest.mark.parametrize("step", [0, -1, 1e-9, 1e9, math.nan, "x", None, True])
def test_any_step_gives_a_readable_number_of_marks(step: Any) -> None:
    drawing = _draw(axes=AXES | {"xStep": step, "yStep": step})
    assert 5 <= _grid_lines(drawing) <= 2 * (MOST + 1)


@given(st.floats(-1e11, 1e11), st.floats(1e-3, 1e11), st.none() | st.floats())
def test_marks_are_few_round_and_inside(low: float, span: float, step: float | None) -> None:
    high = low + max(span, abs(low) * 1e-6)
    marks, used = ticks(low, high, step)
    assert 1 <= len(marks) <= MOST + 1 or (high - low) / used < 1.0000001
    assert all(low - used * 1e-6 <= mark <= high + used * 1e-6 for mark in marks)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-0.5, "−0,5"),
        (0, "0"),
        (-0.0, "0"),
        (1500000, "1\u00a0500\u00a0000"),
        (1e12, "1×10¹²"),
        (2.5e-7, "2,5×10⁻⁷"),
        (2020, "2020"),
    ],
)
def test_numbers_are_written_as_in_a_book(value: float, written: str) -> None:
    assert number(value, Language.FR) == written


def test_hostile_values_reach_the_picture_as_text_or_not_at_all() -> None:
    evil = '"/><script>alert(1)</script><image href="file:///etc/passwd"/>'
    drawing = _draw(
        background=evil,
        axes=AXES | {"xLabel": evil},
        points=[{"id": evil, "x": 0, "y": 0, "label": evil + "\u202e\0", "color": evil}],
        lines=[DIAGONAL | {"style": {"color": "url(http://evil)", "width": evil}, "label": evil}],
        functions=[{"expression": evil, "label": evil}],
        texts=[{"x": 0, "y": 0, "text": evil}],
    )
    names = {node.tag.removeprefix(SVG) for node in ElementTree.fromstring(drawing.svg).iter()}
    assert names <= {"svg", "g", "path", "rect", "circle", "text", "clipPath", "line", "use", "defs"}
    assert "url(http" not in drawing.svg
    assert any("[U+202E]" in text for text in _texts(drawing))


def test_a_very_long_label_stays_in_the_frame() -> None:
    drawing = _draw(texts=[{"x": 4, "y": 4, "text": "W" * 5_000}])
    [label] = [node for node in _nodes(drawing, "text") if (node.text or "").startswith("W")]
    assert len(label.text or "") <= 200
    assert float(label.get("x", "")) == 2


def test_labels_that_would_meet_stand_apart_unless_they_were_placed() -> None:
    def rows(**label: Any) -> set[str | None]:
        lines = [DIAGONAL | {"label": f"(d{n})"} | label for n in range(3)]
        return {node.get("y") for node in _nodes(_draw(lines=lines), "text") if (node.text or "").startswith("(d")}

    assert len(rows()) == 3
    assert len(rows(labelPos={"x": 0, "y": 0})) == 1


def test_a_graph_made_to_be_slow_is_bounded() -> None:
    slow = "+".join(["tan(9x)"] * 60)
    drawing = _draw(functions=[{"expression": slow, "label": "w " * 500}] * 60)
    assert [warning.text for warning in drawing.warnings] == ["Le graphique a trop d’éléments : 52 ne sont pas tracés."]
    assert len(drawing.description) < 6_000


def test_the_same_graph_gives_the_same_picture() -> None:
    assert _draw(functions=FUNCTIONS) == _draw(functions=FUNCTIONS)


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


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-20, 20)
    | st.text(max_size=6)
    | st.sampled_from(["f", "l", "p"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "type", "min"]), inner, max_size=3)
    ),
    max_leaves=4,
)
KEYS = (
    *(
        "id",
        "x",
        "y",
        "label",
        "labelIsMath",
        "labelSegments",
        "labelPos",
        "labelSize",
        "anchor",
        "start",
        "end",
        "kind",
    ),
    *("curvature", "style", "expression", "domain", "offsetX", "scaleY", "mode", "points", "functionId", "functionId2"),
    *("lineId", "boundaryIds", "fill", "text", "isMath", "size"),
)
VALUES = ANY | st.sampled_from(["x^2", "1/x", "line", "polygon", "under-function"])
PART = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8)
PARTS = ("points", "lines", "curves", "functions", "areas", "texts")


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["xMin", "xMax", "yMin", "yMax", "xStep", "gridStep", "xLabel"]), ANY),
    st.fixed_dictionaries({name: st.lists(PART, max_size=3) for name in PARTS}),
)
def test_whatever_is_stored_gives_a_sound_picture(axes: Any, parts: Any) -> None:
    drawing = _draw(axes=axes, **parts)
    root = ElementTree.fromstring(drawing.svg)
    written = json.dumps([node.attrib for node in root.iter()])
    assert not re.search(r"\b(?:nan|inf)\b", written)
    assert all(
        abs(float(found)) < 1e5
        for node in root.iter(SVG + "path")
        for found in re.findall(r"[\d.]+", node.get("d", ""))
    )
    assert drawing.description
