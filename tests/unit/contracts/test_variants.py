"""Variants are compared by what they ask: ids and spellings do not count, words, points and right answers do."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from contracts.variants import differing, variant_title, words

Row = Mapping[str, Any]


def graph(point: str, function: str) -> dict[str, Any]:
    return {
        "type": "graph",
        "id": f"g-{point}",
        "axes": {"xMin": -2, "xMax": 2},
        "points": [{"id": point, "x": 1, "y": 2, "label": "A"}],
        "lines": [
            {"id": f"l-{point}", "start": {"type": "point", "pointId": point}, "end": {"type": "coord", "x": 0, "y": 0}}
        ],
        "functions": [{"id": function, "expression": "x^2"}],
        "areas": [{"id": f"a-{point}", "mode": "under-function", "functionId": function}],
    }


def content(tag: str, text: str = "Soit ") -> str:
    """A content as the editor stores it: the same words under the ids of this tag."""
    cell = [{"id": f"c-{tag}", "type": "text", "text": "x"}]
    return json.dumps(
        [
            {"id": f"t-{tag}", "type": "text", "text": text},
            {"id": f"m-{tag}", "type": "math", "latex": "x^2"},
            {"id": f"i-{tag}", "type": "image", "url": "/uploads/1.png", "alt": tag},
            {"id": f"tab-{tag}", "type": "table", "rows": [[cell, []]]},
            graph(f"p-{tag}", f"f-{tag}"),
        ]
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (content("a"), content("b")),
        ("Calculer $x^2$.", '[{"type":"text","text":"Calculer "},{"type":"math","latex":"x^2"},'
         '{"id":"z","type":"text","text":"."}]'),
        ("Calculer  l'intégrale\r\n", "Calculer l'inte\u0301\u200bgrale"),
        ("![image](/u/1.png)", '[{"type":"image","url":"/u/1.png","alt":"Un carré"}]'),
        (None, " \n"),
        ("[]", "[]"),
    ],
)  # fmt: skip
def test_the_same_words(one: str | None, other: str | None) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (content("a"), content("a", "Soient ")),
        ("Calculer $x^2$.", "Calculer $x^3$."),
        ("[1, 2, 3]", "[1, 2, 4]"),
        ("![image](/u/1.png)", "![image](/u/2.png)"),
        (json.dumps([graph("p", "f")]), json.dumps([graph("p", "f") | {"axes": {"xMin": -3}}])),
        (json.dumps([graph("p", "f")]), json.dumps([graph("p", "f") | {"areas": []}])),
        ("x", ""),
    ],
)
def test_other_words(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_content_nested_too_deeply_is_taken_as_text() -> None:
    deep = "[" * 50_000
    assert words(deep) == (deep,)


def exam(tag: str, **overrides: Any) -> dict[str, list[dict[str, Any]]]:
    question: dict[str, Any] = {"id": f"q-{tag}", "section_id": f"s-{tag}", "type": "MCQ", "content": content(tag)}
    question |= {"require_all_correct": None, "max_points": 2.0}
    segment = {"question_id": f"q-{tag}", "instruction": content(tag), "max_points": None, "is_correct": True}
    rows = {
        "sections": {"id": f"s-{tag}", "exam_id": tag, "intro": content(tag)},
        "questions": question,
        "segments": segment,
    }
    return {name: [row | overrides.get(name, {})] for name, row in rows.items()}


def compared(variant: Mapping[str, list[dict[str, Any]]]) -> frozenset[str]:
    common = exam("a")
    return differing(["a", "b"], *(common[name] + variant[name] for name in ("sections", "questions", "segments")))


def test_a_variant_under_other_ids_asks_the_same() -> None:
    assert compared(exam("b")) == frozenset()
    assert compared(exam("b", segments={"max_points": 1.0})) == frozenset(), "the question has points of its own"
    assert compared({"sections": [], "questions": [], "segments": []}) == frozenset(), "it takes the exam's questions"


@pytest.mark.parametrize(
    "change",
    [
        {"sections": {"intro": "Un autre texte"}},
        {"questions": {"content": "Autre"}},
        {"questions": {"max_points": 3.0}},
        {"questions": {"type": "TEXT"}},
        {"questions": {"require_all_correct": True}},
        {"segments": {"instruction": "Autre"}},
        {"segments": {"is_correct": False}},
    ],
)
def test_a_variant_that_asks_something_else(change: dict[str, Any]) -> None:
    assert compared(exam("b", **change)) == {"b"}


def test_an_exam_alone_differs_from_nothing() -> None:
    assert differing(["a"], [], [], []) == frozenset()


@pytest.mark.parametrize(
    ("title", "class_ids", "called"),
    [("Sujet B", ["c"], "Sujet B"), ("Partiel", ["c", "gone"], "Partiel – MPSI 1"), ("Partiel", [], "Partiel")],
)
def test_what_a_variant_is_called(title: str, class_ids: list[str], called: str) -> None:
    row = {"title": title, "class_ids": class_ids}
    assert variant_title(row, {"title": "Partiel"}, {"c": "MPSI 1"}) == called
