"""Stored graphs: limits on the number and cost of their parts."""

from tests.unit.renderer.content.graphs.drawn_graphs import (
    drawn,
    nodes,
)


def test_too_many_elements_are_left_out_and_counted() -> None:
    drawing = drawn(points=[{"x": 0, "y": 0}] * 600, functions=[{"expression": "x"}] * 70)
    assert len(nodes(drawing, "circle")) == 440
    assert [warning.text for warning in drawing.warnings] == [
        "Le graphique a trop d’éléments : 170 ne sont pas tracés."
    ]
    assert "Et 460 autres éléments" in drawing.description


def test_a_graph_made_to_be_slow_is_bounded() -> None:
    slow = "+".join(["tan(9x)"] * 60)
    drawing = drawn(functions=[{"expression": slow, "label": "w " * 500}] * 60)
    assert [warning.text for warning in drawing.warnings] == ["Le graphique a trop d’éléments : 52 ne sont pas tracés."]
    assert len(drawing.description) < 6_000
