"""Exact points and how they are written: decimal arithmetic, rounded once, half up."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

from contracts.options import Language

EXACT = Context(prec=700, rounding=ROUND_HALF_UP)
"""Wide enough to add any two floats without loss (1.8e308 to 4.9e-324 is 632 digits)."""


_CENT = Decimal("0.01")


ZERO = Decimal(0)


_TWENTY = Decimal(20)


@lru_cache(maxsize=4096)
def decimal(value: float) -> Decimal:
    """The number a person typed: 0.1, not its binary neighbour; zero has no sign. A class's many marks are few numbers,
    and each is kept once.
    """
    return Decimal(repr(float(value) + 0.0))


def total_of(values: Iterable[Decimal]) -> Decimal:
    """An exact sum: no digit is lost however many values there are."""
    result = ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


def rounded(value: Decimal) -> Decimal:
    """A number as it is shown: to 2 decimals, half up (2.345 is 2.35, -0.005 is -0.01), without trailing zeros."""
    cents = value.quantize(_CENT, context=EXACT)
    return ZERO if cents.is_zero() else cents.normalize(EXACT)


def points(value: Decimal, language: Language | str = Language.FR) -> str:
    """A number of points as it is read: "12,5" in French, "12.5" in English. Rounded here and nowhere before."""
    text = f"{rounded(value):f}"
    return text.replace(".", ",") if language == Language.FR else text


def on_twenty(total: Decimal, maximum: Decimal) -> Decimal | None:
    """The mark on the French scale of 20; None where the exam is out of nothing."""
    if maximum <= 0:
        return None
    return Context(prec=60, rounding=ROUND_HALF_UP).divide(EXACT.multiply(total, _TWENTY), maximum)
