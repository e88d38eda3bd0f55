"""Exact marks and their statistics: decimals in, decimals out, rounded once when they are shown.

The report and the grading dashboard both count with these functions, so that a class has one mean. Definitions are
those of the French lycée: quartiles are values of the series (the smallest that at least 25 %, or 75 %, of the values
do not exceed), the median of an even series is the middle of its two central values, the deviation is the population's.
"""

import statistics
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache
from itertools import pairwise
from math import isfinite

EXACT = Context(prec=700, rounding=ROUND_HALF_UP)
"""Wide enough to add any two floats without loss (1.8e308 to 4.9e-324 is 632 digits)."""

DIVIDED = Context(prec=60, rounding=ROUND_HALF_UP)
"""For results that no decimal holds exactly: a mean, a deviation."""

MOST_BINS = 12
"""Bars of a histogram at most: ten of 2 points on an exam out of 20."""

_ROUND = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
"""Times a power of ten: the widths that a bar of a histogram may have."""

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_TWENTY = Decimal(20)


@lru_cache(maxsize=4096)
def decimal(value: float) -> Decimal:
    """A stored float as the number it stands for: to 15 significant digits, as PostgreSQL casts it to `numeric`.

    0.1 is not its binary neighbour, and 0.75 * 2.3, which floats make 1.7249999999999999, is 1.725. Zero has no sign.
    A class's marks are few numbers: each is kept once.

    Raises:
        ValueError: the number is not finite.
    """
    if not isfinite(value):
        raise ValueError(f"not a finite number: {value}")
    return Decimal(f"{value + 0.0:.15g}")


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


def on_twenty(total: Decimal, maximum: Decimal) -> Decimal | None:
    """The mark on the French scale of 20; None where the exam is out of nothing."""
    return DIVIDED.divide(EXACT.multiply(total, _TWENTY), maximum) if maximum > 0 else None


def mean(values: Sequence[Decimal]) -> Decimal | None:
    """The arithmetic mean; None of no value."""
    return DIVIDED.divide(total_of(values), Decimal(len(values))) if values else None


def quantile(ordered: Sequence[Decimal], numerator: int, denominator: int) -> Decimal | None:
    """The smallest value of an ordered series that at least numerator/denominator of its values do not exceed."""
    if not ordered:
        return None
    rank = -(-len(ordered) * numerator // denominator)
    return ordered[max(rank, 1) - 1]


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar: totals of at least `lower` and below `upper` (the last bar takes its upper end too)."""

    lower: Decimal
    upper: Decimal
    count: int


def histogram(values: Iterable[Decimal], maximum: Decimal) -> tuple[Bin, ...]:
    """Equal bars between round numbers over 0..maximum, which the last one may exceed: at most `MOST_BINS`.

    A total beyond an end counts in the bar at that end.
    """
    if maximum <= 0:
        return ()
    width = _width(maximum)
    bars = int(DIVIDED.divide(maximum, width).to_integral_value(ROUND_CEILING))
    edges = [EXACT.multiply(width, Decimal(index)) for index in range(bars + 1)]
    counts = [0] * bars
    for value in values:
        counts[bisect_right(edges, value, 1, bars) - 1] += 1
    return tuple(Bin(lower, upper, count) for (lower, upper), count in zip(pairwise(edges), counts, strict=True))


def _width(maximum: Decimal) -> Decimal:
    """The least round width with which `MOST_BINS` bars reach the maximum."""
    exponent = DIVIDED.divide(maximum, Decimal(MOST_BINS)).adjusted()
    widths = (factor.scaleb(exponent) for factor in _ROUND)
    return next(width for width in widths if width * MOST_BINS >= maximum)


@dataclass(frozen=True, slots=True)
class Summary:
    """A series of totals, out of `maximum_possible`, in numbers; of an empty series most of them are None.

    `beyond` totals are below 0 or above the maximum: the bars at the ends count them.
    """

    count: int
    maximum_possible: Decimal
    mean: Decimal | None
    median: Decimal | None
    q1: Decimal | None
    q3: Decimal | None
    deviation: Decimal | None
    minimum: Decimal | None
    maximum: Decimal | None
    bins: tuple[Bin, ...]
    beyond: int


def summary(totals: Iterable[Decimal], maximum_possible: Decimal) -> Summary:
    """The statistics of an exam's totals."""
    ordered = sorted(totals)
    with localcontext(DIVIDED):
        median = statistics.median(ordered) if ordered else None
        deviation = statistics.pstdev(ordered) if ordered else None
    return Summary(
        count=len(ordered),
        maximum_possible=maximum_possible,
        mean=mean(ordered),
        median=median,
        q1=quantile(ordered, 1, 4),
        q3=quantile(ordered, 3, 4),
        deviation=deviation,
        minimum=ordered[0] if ordered else None,
        maximum=ordered[-1] if ordered else None,
        bins=histogram(ordered, maximum_possible),
        beyond=sum(not 0 <= total <= maximum_possible for total in ordered),
    )
