"""What content counts against its limit, and where it is cut."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.graded_exam import GraphSegment, ImageSegment, MathSegment, Segment, TableSegment, TextSegment
from services.renderer.content.graphs import stored
from services.renderer.content.sizes import (
    CELL,
    ELEMENT,
    FORMULA,
    GRAPH,
    IMAGE,
    LABELLED,
    LINE,
    OTHER_SCRIPTS,
    PICTOGRAM,
    SAMPLED,
    cut,
    size_of_text,
    within,
)
from services.renderer.limits import Limits


def a_table(rows: int, columns: int, text: str) -> TableSegment:
    return TableSegment(rows=((((TextSegment(text=text),),) * columns),) * rows)


def a_graph(**parts: Any) -> GraphSegment:
    return GraphSegment.model_validate(parts)


@pytest.mark.parametrize(
    ("segment", "size"),
    [
        (TextSegment(text="abc"), 3),
        (TextSegment(text="a\nb\r\nc\rd\u2028e"), 10 + 4 * LINE),
        (TextSegment(text="é’ب漢😀"), 2 + 2 * OTHER_SCRIPTS + PICTOGRAM),
        (MathSegment(latex="xyz"), 3 + FORMULA),
        (ImageSegment(url="x" * 99), IMAGE),
        (a_table(2, 3, "ab"), 6 * (CELL + 2)),
        (a_table(2, 8, "a" * 25), 16 * (CELL + 25 + 2 * LINE)),
        (a_table(500, 60, ""), 40 * 50 * CELL),
        (a_graph(), GRAPH),
        (a_graph(points=[{}] * 3, functions=[{}] * 2, areas=[{}]), GRAPH + 6 * ELEMENT + 3 * SAMPLED),
        (a_graph(points=[{}] * 9_999), GRAPH + 500 * ELEMENT),
        (a_graph(functions=[{}] * 9_999), GRAPH + 500 * ELEMENT + stored.HEAVY * SAMPLED),
        (a_graph(points=[{"label": "$x^2$"}]), GRAPH + ELEMENT + 3 * LABELLED),
        (a_graph(texts=[{"text": "x^2", "isMath": True}]), GRAPH + ELEMENT + 3 * LABELLED),
        (
            a_graph(points=[{"label": "x" * 9_999, "labelIsMath": True}]),
            GRAPH + ELEMENT + stored.LABEL_FORMULAS * LABELLED,
        ),
    ],
)
def test_what_each_segment_counts(segment: Segment, size: int) -> None:
    assert within((segment,), Limits(answer_characters=size)) == ((segment,), size)
    assert within((segment,), Limits(answer_characters=size - 1))[0] != (segment,)


def test_what_follows_a_cut_is_left_out_too() -> None:
    segments = (TextSegment(text="ab"), ImageSegment(url="/a.png"), TextSegment(text="c"))
    assert within(segments, Limits(answer_characters=5)) == (segments[:1], 3 + IMAGE)


@given(st.lists(st.sampled_from(["a", "\n", "\r\n", "\r", "\u2028", "ب", "é", "😀"])).map("".join), st.integers(0, 900))
def test_a_text_is_cut_where_its_room_ends(text: str, room: int) -> None:
    kept = cut(text, room)
    assert text.startswith(kept)
    assert size_of_text(kept) <= room or not kept
    assert kept == text or size_of_text(text) > room
    if len(kept) < len(text):  # what comes next has no room
        assert size_of_text(kept + text[len(kept) :][:2]) > room
