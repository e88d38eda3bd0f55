"""Tables: a head that is repeated, columns as they were set, rows that may be broken."""

import pytest

from contracts.graded_exam import MathSegment, Segment, TableSegment, TextSegment
from services.renderer.content.blocks import Table, parse
from services.renderer.limits import Limits
from services.renderer.pages.tables import Heads, heads_of
from tests.unit.renderer.pages.fragments import html


def cell(text: str) -> tuple[Segment, ...]:
    """A cell of one segment: a formula where it begins with a dollar."""
    kind = MathSegment(latex=text[1:]) if text.startswith("$") else TextSegment(text=text)
    return (kind,) if text else ()


def test_a_table_of_several_rows_has_a_head() -> None:
    rows = ((cell("a"), cell("b")), (cell("c"), cell("1")))
    markup = html((TableSegment(rows=rows, col_widths=(100.0, 300.0)),))
    assert '<thead><tr><th scope="col"><p>a</p></th><th scope="col"><p>b</p></th></tr></thead>' in markup
    assert '<col style="width:25.00%"/><col style="width:75.00%"/>' in markup


def test_a_long_row_may_go_on_to_another_page() -> None:
    long = (TextSegment(text="mot " * 500),)
    markup = html((TableSegment(rows=((long, ()), ((), ()))),))
    assert markup.count('<tr class="tall">') == 1


def test_a_table_of_many_columns_is_set_smaller() -> None:
    row = tuple((TextSegment(text="x"),) for _ in range(9))
    assert '<table class="t many short">' in html((TableSegment(rows=(row,)),))
    assert '<table class="t short">' in html((TableSegment(rows=(row[:8],)),))


@pytest.mark.parametrize(
    ("rows", "heads"),
    [
        ("Espèce|Habitat / Loup|Forêt", Heads.ROW),
        ("|Garçons|Filles / Oui|12|15 / Non|3|4", Heads.ROW),
        ("$x$|$f(x)$ / 1|2 / 2|4", Heads.ROW),
        ("$x$|0|1|2 / $f(x)$|1|2|4", Heads.COLUMN),
        ("f|$x^2$ / g|$x^3$", Heads.COLUMN),
        ("1|2 / 3|4", Heads.NONE),
        ("a|b", Heads.COLUMN),
        ("a / b", Heads.NONE),
        ("Nom|{} / a|b".format("mot " * 40), Heads.COLUMN),
        ("−1,5|Nom / a|b", Heads.NONE),
    ],
)
def test_what_names_the_rest_is_a_head(rows: str, heads: Heads) -> None:
    cells = tuple(tuple(cell(text) for text in row.split("|")) for row in rows.split(" / "))
    (block,) = parse((TableSegment(rows=cells),), Limits())
    assert isinstance(block, Table)
    assert heads_of(block) is heads
