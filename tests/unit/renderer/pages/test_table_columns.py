"""Columns share the line as their widths do."""

import pytest

from services.renderer.pages.table_columns import colgroup, shares


@pytest.mark.parametrize(
    ("widths", "taken"),
    [
        ((), (0.5, 0.5)),
        ((10, 30), (0.25, 0.75)),
        ((10, None), (0.5, 0.5)),
        ((0, 10), (0.5, 0.5)),
        ((5, 5, 99), (0.5, 0.5)),
    ],
)
def test_shares(widths: tuple[float | None, ...], taken: tuple[float, ...]) -> None:
    assert shares(widths, 2) == taken


@pytest.mark.parametrize("widths", [(1e6, 1), (1e300, 1), (float("inf"), 1), (1.7e308, 1.7e308, 1), (1, *[1e6] * 49)])
def test_no_column_is_too_narrow_to_be_read(widths: tuple[float, ...]) -> None:
    taken = shares(widths, len(widths))
    assert min(taken) >= 0.24 / len(widths)
    assert sum(taken) == pytest.approx(1)
    assert [taken.index(max(taken)), taken.index(min(taken))] == [widths.index(max(widths)), widths.index(min(widths))]


def test_columns_that_are_alike_need_no_words() -> None:
    assert colgroup((0.5, 0.5)) == ""
    assert colgroup((0.25, 0.75)) == '<colgroup><col style="width:25.00%"/><col style="width:75.00%"/></colgroup>'
