"""Exact decimals and the statistics of a series, against the definitions themselves."""

from decimal import Context, Decimal
from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.numbers import decimal, histogram, quantile, rounded, summary, total_of

SERIES = st.lists(st.integers(-5_000, 25_000).map(lambda n: Decimal(n) / 1000), min_size=1, max_size=40).map(sorted)


@given(SERIES, st.sampled_from([(1, 4), (1, 2), (3, 4), (1, 1)]))
def test_a_quantile_is_the_smallest_value_enough_values_do_not_exceed(
    values: list[Decimal], part: tuple[int, int]
) -> None:
    found = quantile(values, *part)
    enough = [value for value in values if sum(other <= value for other in values) * part[1] >= part[0] * len(values)]
    assert found == min(enough)


@given(SERIES)
def test_mean_median_and_deviation_are_those_of_the_definitions(values: list[Decimal]) -> None:
    found = summary(values, Decimal(20))
    assert found.mean is not None
    assert found.median is not None
    assert found.deviation is not None
    exact = [Fraction(value) for value in values]
    mean = sum(exact, Fraction(0)) / len(exact)
    variance = sum(((value - mean) ** 2 for value in exact), Fraction(0)) / len(exact)
    low, high = exact[(len(exact) - 1) // 2], exact[len(exact) // 2]
    assert abs(Fraction(found.mean) - mean) < 1e-40
    assert Fraction(found.median) == (low + high) / 2
    assert abs(Fraction(found.deviation) ** 2 - variance) < 1e-30


@given(SERIES, st.floats(0.1, 100).map(decimal))
def test_every_copy_is_in_one_bar(values: list[Decimal], maximum: Decimal) -> None:
    bars = histogram(values, maximum)
    assert sum(bar.count for bar in bars) == len(values)
    inside = [value for value in values if 0 <= value < maximum]
    for value in inside:
        assert sum(bar.lower <= value < bar.upper for bar in bars) == 1


@given(st.lists(st.floats(-1e300, 1e300)))
def test_sums_are_exact_whatever_the_order(scores: list[float]) -> None:
    values = [decimal(score) for score in scores]
    assert Fraction(total_of(values)) == sum(Fraction(value) for value in values)


@pytest.mark.parametrize(
    ("stored", "number", "shown"),
    [
        (0.75 * 2.3, "1.725", "1.73"),
        (1.7249999999999999, "1.725", "1.73"),
        (0.1 + 0.2, "0.3", "0.3"),
        (1 / 3, "0.333333333333333", "0.33"),
        (2.675, "2.675", "2.68"),
        (-0.0, "0", "0"),
        (1e22, "1E+22", "10000000000000000000000"),
    ],
)
def test_a_computed_float_is_the_number_it_stands_for(stored: float, number: str, shown: str) -> None:
    assert decimal(stored) == Decimal(number)
    assert f"{rounded(decimal(stored)):f}" == shown


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_the_float_to_15_significant_digits(value: float) -> None:
    found = decimal(value)
    exact = Decimal(value)
    assert len(found.normalize().as_tuple().digits) <= 15
    assert abs(found - exact) <= Decimal((0, (5,), exact.adjusted() - 15)) if exact else found == 0


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 20))
def test_a_typed_number_of_15_digits_is_kept(digits: int, places: int) -> None:
    typed = Decimal(digits).scaleb(-places, Context(prec=40))
    assert decimal(float(typed)) == typed


@given(st.lists(st.integers(-2_000, 2_000).map(lambda cents: cents / 100), max_size=30))
def test_the_sum_of_typed_numbers_is_exact(values: list[float]) -> None:
    assert total_of(map(decimal, values)) * 100 == sum(round(value * 100) for value in values)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_no_number_is_no_decimal(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        decimal(value)
