"""Tables: a head that is repeated, columns as they were set, rows that may be broken."""

from contracts.graded_exam import TableSegment, TextSegment
from tests.unit.renderer.pages.fragments import html


def test_a_table_of_several_rows_has_a_head() -> None:
    rows = (((TextSegment(text="a"),),), ((TextSegment(text="b"),), (TextSegment(text="c"),)))
    markup = html((TableSegment(rows=rows, col_widths=(100.0, 300.0)),))
    assert '<thead><tr><th scope="col"><p>a</p></th><th scope="col"></th></tr></thead>' in markup
    assert '<col style="width:25.00%"/><col style="width:75.00%"/>' in markup


def test_a_long_row_may_go_on_to_another_page() -> None:
    long = (TextSegment(text="mot " * 500),)
    markup = html((TableSegment(rows=((long, ()), ((), ()))),))
    assert markup.count('<tr class="tall">') == 1


def test_a_table_of_many_columns_is_set_smaller() -> None:
    row = tuple((TextSegment(text="x"),) for _ in range(9))
    assert '<table class="t many">' in html((TableSegment(rows=(row,)),))
    assert '<table class="t">' in html((TableSegment(rows=(row[:8],)),))
