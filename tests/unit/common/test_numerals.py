"""Numbers as protocols write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.numerals import natural


@given(st.integers(0, 10**18 - 1))
def test_ascii_digits_are_a_number(number: int) -> None:
    assert natural(str(number)) == number


@pytest.mark.parametrize(
    "text", ["", "²", "٣", "１２", "+1", "-1", "1_0", " 1", "1\n", "1\u00a0", "0x1", "1e3", "9" * 19]
)
def test_everything_else_is_none(text: str) -> None:
    assert natural(text) is None


@given(st.text(max_size=20))
def test_no_other_spelling_of_a_number_is_taken(text: str) -> None:
    found = natural(text)
    assert found is None or str(found) == (text.lstrip("0") or "0")


def test_as_many_digits_as_allowed() -> None:
    assert natural("123", digits=3) == 123
    assert natural("1234", digits=3) is None
