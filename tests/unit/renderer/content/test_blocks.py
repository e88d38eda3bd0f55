"""Content as blocks: segments, strings, what merely looks like JSON, line breaks and limits."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.graded_exam import ImageSegment, MathSegment, TableSegment, TextSegment
from contracts.residue import is_blank
from contracts.states import WarningCode
from services.renderer.content import delimiters
from services.renderer.content.blocks import (
    AsTyped,
    DisplayMath,
    Graph,
    Image,
    LineBreak,
    Math,
    Paragraph,
    Table,
    Text,
    Truncation,
    image_urls,
    parse,
    plain_text,
)
from services.renderer.content.delimiters import Piece
from services.renderer.content.sizes import CELL, FORMULA
from services.renderer.limits import Limits

LIMITS = Limits()


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


def test_text_and_formulas_share_a_paragraph() -> None:
    assert parse("Soit $x$.", LIMITS) == (Paragraph((Text("Soit "), Math("x"), Text("."))),)


def test_a_display_formula_takes_the_line_breaks_that_touch_it() -> None:
    assert parse("a\n$$x$$\nb", LIMITS) == (Paragraph((Text("a"),)), DisplayMath("x"), Paragraph((Text("b"),)))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_other_line_break_is_kept(newline: str) -> None:
    expected = Paragraph((Text("a"), LineBreak(), LineBreak(), Text("  b"), LineBreak()))
    assert parse(f"a{newline}{newline}  b{newline}", LIMITS) == (expected,)


@pytest.mark.parametrize("empty", ["", " \n ", ()])
def test_empty_content_has_no_blocks(empty: Any) -> None:
    assert parse(empty, LIMITS) == ()


SIGNS = "$ $$ \\$ \\( \\) \\[ \\] { } x 5 à ^ _ = , ; A$1 $HOME ![ ]( ) /a.png <b> \\frac"
PIECES = [" ", "\u200b", "\n", *SIGNS.split(" ")]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_whatever_is_read_into_a_text_no_letter_digit_or_sign_vanishes(written: str) -> None:
    blocks = parse(written, LIMITS)
    assert not any(isinstance(block, AsTyped) for block in blocks)
    left = Counter(sign for sign in written if not sign.isspace() and sign not in "$\\()[]\u200b")
    for block in blocks:
        match block:
            case Paragraph():
                for inline in block.inlines:
                    left -= Counter(inline.text if isinstance(inline, Text) else "")
                    left -= Counter(inline.latex if isinstance(inline, Math) else "")
            case DisplayMath():
                left -= Counter(block.latex)
            case Image():
                left -= Counter("!" + block.url + (block.alt or ""))
    assert not left


def test_a_text_that_would_lose_a_sign_is_printed_as_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    def lossy(text: str) -> Iterator[Piece]:
        return iter([Piece("text", text[1:3]), Piece("inline", "x")])

    monkeypatch.setattr(delimiters, "split", lossy)
    assert parse("Soit $x$.", LIMITS) == (AsTyped("Soit $x$."),)


@given(st.text(st.characters(exclude_characters="$\\\r", exclude_categories=["Cs"])))
def test_text_is_what_was_written(written: str) -> None:
    blocks = parse(written, LIMITS)
    inlines = [inline for block in blocks if isinstance(block, Paragraph) for inline in block.inlines]
    shown = "".join(
        inline.text if isinstance(inline, Text) else "\n" for inline in inlines if not isinstance(inline, Math)
    )
    assert shown == (written if blocks else "")
    assert bool(blocks) == any(not is_blank(line) for line in written.split("\n"))


def test_a_string_of_valid_segments_is_segments() -> None:
    graph = {"type": "graph", "axes": {"xMin": -1}}
    segments = [text("Ici "), {"type": "math", "latex": "x"}, graph, {"type": "image", "url": "/a.png", "alt": "A"}]
    paragraph, drawn, image = parse(json.dumps(segments), LIMITS)
    assert paragraph == Paragraph((Text("Ici "), Math("x")))
    assert isinstance(drawn, Graph)
    assert drawn.segment.axes == {"xMin": -1}
    assert image == Image("/a.png", "A")


@pytest.mark.parametrize(
    "answer",
    [
        "[1, 2, 3]",
        "[]",
        '[{"type":"unknown"}]',
        '[{"type":"text"}]',
        '[{"type":"text","text":5}]',
        '[{"text":"x"}]',
        '[{"type":"text","text":"x"}, 5]',
        "[" * 10_000 + "]",
        '{"type":"text","text":"x"}',
    ],
)
def test_what_merely_looks_like_json_is_text(answer: str) -> None:
    assert parse(answer, LIMITS) == (Paragraph((Text(answer),)),)


def test_the_text_of_a_segment_is_text_whatever_it_holds() -> None:
    assert parse((TextSegment(text="5$ à $x$"),), LIMITS) == (Paragraph((Text("5$ à $x$"),)),)


def test_a_math_segment_may_stand_on_its_own_line() -> None:
    assert parse((MathSegment(latex="x", display=True),), LIMITS) == (DisplayMath("x"),)


def test_cells_hold_blocks_and_columns_their_widths() -> None:
    table = TableSegment(rows=(((TextSegment(text="a"),), (MathSegment(latex="b"),)), ((), ())), col_widths=(10, None))
    assert parse((table,), LIMITS) == (
        Table((((Paragraph((Text("a"),)),), (Paragraph((Math("b"),)),)), ((), ())), (10, None)),
    )


def test_a_table_over_the_limits_is_cut_and_says_so() -> None:
    cell = (TextSegment(text="x"),)
    table = TableSegment(rows=tuple(tuple(cell for _ in range(4)) for _ in range(5)))
    block, rows, columns = parse((table,), Limits(table_rows=3, table_columns=2))
    assert isinstance(block, Table)
    assert [len(row) for row in block.rows] == [2, 2, 2]
    assert rows == Truncation(WarningCode.TABLE_TRUNCATED, "rows", 3, 5)
    assert columns == Truncation(WarningCode.TABLE_TRUNCATED, "columns", 2, 4)


def test_tables_nested_without_end_are_cut() -> None:
    segment: dict[str, Any] = {"type": "table", "rows": [[[text("x")]]]}
    for _ in range(20):
        segment = {"type": "table", "rows": [[[segment]]]}
    assert "Truncation(code=<WarningCode.TABLE_TRUNCATED" in repr(parse(json.dumps([segment]), LIMITS))


def test_content_over_the_limit_is_cut_and_says_so() -> None:
    paragraph, cut = parse("abcdef", Limits(answer_characters=4))
    assert paragraph == Paragraph((Text("abcd"),))
    assert cut == Truncation(WarningCode.CONTENT_TRUNCATED, "characters", 4, 6)


def test_the_limit_counts_formulas_and_cells_and_cuts_no_formula() -> None:
    content = (TextSegment(text="ab"), MathSegment(latex="xyz"), TextSegment(text="c"))
    assert parse(content, Limits(answer_characters=4)) == (
        Paragraph((Text("ab"),)),
        Truncation(WarningCode.CONTENT_TRUNCATED, "characters", 4, 6 + FORMULA),
    )
    table = TableSegment(rows=((content,),))
    assert parse((table,), Limits(answer_characters=5)) == (
        Truncation(WarningCode.CONTENT_TRUNCATED, "characters", 5, 6 + FORMULA + CELL),
    )


def test_plain_text_keeps_the_formulas() -> None:
    assert plain_text("Soit \\(x\\) : 5\\$") == "Soit $x$ : 5$"
    assert plain_text("Soit $x$", formula=lambda latex: f"<{latex}>") == "Soit <x>"


def test_images_are_found_in_cells_too_once_each() -> None:
    image = ImageSegment(url="/a.png")
    table = TableSegment(rows=(((image, ImageSegment(url="/b.png")),),))
    assert image_urls((image, table), LIMITS) == ("/a.png", "/b.png")
    assert image_urls("[1]", LIMITS) == ()


def test_a_wide_table_has_fewer_rows() -> None:
    """What costs time is its cells, so that the same table is the same page on any machine."""
    cell = (TextSegment(text="x"),)
    table = TableSegment(rows=tuple(tuple(cell for _ in range(6)) for _ in range(9)))
    block, rows = parse((table,), Limits(table_cells=25))
    assert isinstance(block, Table)
    assert [len(row) for row in block.rows] == [6, 6, 6, 6]
    assert rows == Truncation(WarningCode.TABLE_TRUNCATED, "rows", 4, 9)
