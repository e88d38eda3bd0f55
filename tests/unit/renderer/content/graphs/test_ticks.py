"""Ticks: few, round and inside; numbers written as in a book."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.content.graphs.ticks import MOST, number, ticks
from services.renderer.language.french import FRENCH


@given(st.floats(-1e11, 1e11), st.floats(1e-3, 1e11), st.none() | st.floats())
def test_marks_are_few_round_and_inside(low: float, span: float, step: float | None) -> None:
    high = low + max(span, abs(low) * 1e-6)
    marks, used = ticks(low, high, step)
    assert 1 <= len(marks) <= MOST + 1 or (high - low) / used < 1.0000001
    assert all(low - used * 1e-6 <= mark <= high + used * 1e-6 for mark in marks)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-0.5, "−0,5"),
        (0, "0"),
        (-0.0, "0"),
        (1500000, "1\u00a0500\u00a0000"),
        (1e12, "1×10¹²"),
        (2.5e-7, "2,5×10⁻⁷"),
        (2020, "2020"),
    ],
)
def test_numbers_are_written_as_in_a_book(value: float, written: str) -> None:
    assert number(value, FRENCH.decimal_sign) == written
