"""Graphs as SVG: what is stored is what is drawn, inside the frame, whatever was stored."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.options import Language
from contracts.states import WarningCode
from tests.unit.renderer.content.graphs.drawn_graphs import (
    AXES,
    DIAGONAL,
    FUNCTIONS,
    SVG,
    column,
    coordinates,
    drawn,
    row,
    strokes,
    texts_of,
)


def test_an_empty_graph_has_axes_figures_and_a_description() -> None:
    drawing = drawn()
    root = ElementTree.fromstring(drawing.svg)
    assert (root.get("width"), root.get("height"), drawing.warnings) == ("480", "280", ())
    assert {"0", "−4", "2"} <= set(texts_of(drawing))
    assert drawing.description == "Graphique : abscisses de −5 à 5, ordonnées de −5 à 5. Aucun tracé."
    assert drawn(Language.EN).description == "Graph: x from −5 to 5, y from −5 to 5. Nothing drawn."


def test_a_function_is_drawn_where_it_is() -> None:
    drawing = drawn(functions=[{"id": "f", "expression": "x^2-3", "style": {"color": "#123456", "width": 2}}])
    [curve] = strokes(drawing, "#123456")
    for x, y in curve:
        assert y == pytest.approx(row(((x - 12) / 456 * 10 - 5) ** 2 - 3), abs=1)
    assert min(y for _, y in curve) == pytest.approx(12, abs=0.1)
    assert max(y for _, y in curve) == pytest.approx(row(-3), abs=0.1)


@pytest.mark.parametrize(
    ("kind", "ends"),
    [
        ("segment", [(-1, 0), (1, 1)]),
        ("ray", [(-1, 0), (5, 3)]),
        ("line", [(-5, -2), (5, 3)]),
    ],
)
def test_each_kind_of_line_goes_as_far_as_it_should(kind: str, ends: list[tuple[float, float]]) -> None:
    line = {
        "start": coordinates(-1, 0),
        "end": coordinates(1, 1),
        "kind": kind,
        "style": {"color": "#123456", "dashed": True},
    }
    drawing = drawn(lines=[line])
    [polyline] = strokes(drawing, "#123456")
    assert polyline == [pytest.approx((column(x), row(y)), abs=0.02) for x, y in ends]
    assert 'stroke-dasharray="6 4"' in drawing.svg


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
    drawing = drawn(axes=AXES | axes)
    assert "abscisses de −5 à 5" in drawing.description
    assert [warning.code for warning in drawing.warnings] == ([WarningCode.GRAPH_INCOMPLETE])


def test_hostile_values_reach_the_picture_as_text_or_not_at_all() -> None:
    evil = '"/><script>alert(1)</script><image href="file:///etc/passwd"/>'
    drawing = drawn(
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
    assert any("[U+202E]" in text for text in texts_of(drawing))


def test_the_same_graph_gives_the_same_picture() -> None:
    assert drawn(functions=FUNCTIONS) == drawn(functions=FUNCTIONS)


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
    drawing = drawn(axes=axes, **parts)
    root = ElementTree.fromstring(drawing.svg)
    written = json.dumps([node.attrib for node in root.iter()])
    assert not re.search(r"\b(?:nan|inf)\b", written)
    assert all(
        abs(float(found)) < 1e5
        for node in root.iter(SVG + "path")
        for found in re.findall(r"[\d.]+", node.get("d", ""))
    )
    assert drawing.description


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"points": [{"x": 9, "y": 0}, {"x": 0, "y": 0}]}, "1 élément(s) du graphique sont hors du repère"),
        (
            {"lines": [DIAGONAL | {"start": coordinates(8, 8), "end": coordinates(9, 9), "kind": "segment"}]},
            "1 élément",
        ),
        ({"texts": [{"x": 9, "y": 0, "text": "loin"}], "points": [{"x": 0, "y": 7}]}, "2 élément(s)"),
        ({"functions": [{"expression": "exp(x)+1000"}]}, "1 fonction(s) du graphique n’ont aucun point"),
        ({"functions": [{"expression": "10^400*x"}, {"expression": "x"}]}, "1 fonction(s)"),
    ],
)
def test_what_is_outside_the_frame_is_reported(parts: dict[str, Any], told: str) -> None:
    (warning,) = drawn(**parts).warnings
    assert warning.code == WarningCode.GRAPH_INCOMPLETE
    assert warning.text.startswith(told)
