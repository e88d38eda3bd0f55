"""Labels: text and formulas, kept in the frame and apart."""

from typing import Any

from contracts.states import WarningCode
from services.renderer.content.graphs.labels import readable
from tests.unit.renderer.content.graphs.drawn_graphs import (
    AXES,
    DIAGONAL,
    drawn,
    nodes,
    texts_of,
)


def test_labels_hold_text_formulas_and_both() -> None:
    drawing = drawn(
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
    texts = texts_of(drawing)
    assert {"A", "prix ", "à 5$ l'un", "f = ", "note", "temps (s)"} <= set(texts)
    assert "hidden" not in texts
    formulas = [node for node in nodes(drawing, "g") if "translate" in node.get("transform", "")]
    assert len(formulas) == 5
    assert "currentColor" not in drawing.svg


def test_a_formula_that_cannot_be_drawn_shows_its_source_and_warns() -> None:
    drawing = drawn(texts=[{"x": 0, "y": 0, "text": "{" * 80, "isMath": True}])
    assert "{" * 80 in texts_of(drawing)
    assert [warning.code for warning in drawing.warnings] == [WarningCode.FORMULA_TOO_LONG]


def test_a_very_long_label_stays_in_the_frame() -> None:
    drawing = drawn(texts=[{"x": 4, "y": 4, "text": "W" * 5_000}])
    [label] = [node for node in nodes(drawing, "text") if (node.text or "").startswith("W")]
    assert len(label.text or "") <= 200
    assert float(label.get("x", "")) == 2


def test_labels_that_would_meet_stand_apart_unless_they_were_placed() -> None:
    def rows(**label: Any) -> set[str | None]:
        lines = [DIAGONAL | {"label": f"(d{n})"} | label for n in range(3)]
        return {node.get("y") for node in nodes(drawn(lines=lines), "text") if (node.text or "").startswith("(d")}

    assert len(rows()) == 3
    assert len(rows(labelPos={"x": 0, "y": 0})) == 1


def test_characters_that_act_or_cannot_be_seen_are_shown_by_code_point() -> None:
    assert readable("a\u202eb\u2800c\u3164") == "a[U+202E]b[U+2800]c[U+3164]"
    assert readable("e" + "\u0301" * 9) == "e" + "\u0301" * 4
    assert readable("نیم\u200cخط\u200f") == "نیم\u200cخط\u200f"
    assert readable("a\n\tb") == "a b"
