"""Graphs in words: each part is told."""

from contracts.states import WarningCode
from tests.unit.renderer.content.graphs.drawn_graphs import (
    DIAGONAL,
    coordinates,
    drawn,
)


def test_the_description_tells_each_part() -> None:
    drawing = drawn(
        functions=[{"expression": "2x^2-3", "label": "C_f", "labelIsMath": True, "scaleY": 2}],
        points=[{"x": 1.5, "y": -2, "label": "A"}],
        lines=[DIAGONAL | {"label": "(d)"}, DIAGONAL | {"kind": "ray"}, DIAGONAL | {"kind": "segment"}],
        curves=[{"start": coordinates(0, 0), "end": coordinates(1, 1)}],
        areas=[{"mode": "polygon", "points": [coordinates(0, 0), coordinates(2, 0), coordinates(0, 2)]}],
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
    drawing = drawn(functions=[{"expression": "sin("}, {"expression": None}, {"expression": "x"}])
    assert [warning.code for warning in drawing.warnings] == [WarningCode.GRAPH_INCOMPLETE]
    assert "2 fonction(s)" in drawing.warnings[0].text
    assert drawing.description.count("Courbe") == 1
