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


def test_columns_that_are_alike_need_no_words() -> None:
    assert colgroup((0.5, 0.5)) == ""
    assert colgroup((0.25, 0.75)) == '<colgroup><col style="width:25.00%"/><col style="width:75.00%"/></colgroup>'
