"""The class in numbers. Only graded copies count: a partial total would pull the class down, an absentee is no zero.

Definitions are those of the French lycée: the quartiles are values of the series (the smallest that at least 25 %, or
75 %, of the values do not exceed), the median of an even series is the middle of its two central values, the deviation
is the population's. Everything is exact until it is written (`numbers.points`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from itertools import pairwise

from contracts.graded_exam import Question
from services.renderer.grading.gradebook import Gradebook
from services.renderer.grading.marks import CopyMarks, CopyState
from services.renderer.language.numbers import decimal, total_of

BINS = 10
"""Bars of the histogram: 2 points each on an exam out of 20."""

_CONTEXT = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar: copies whose total is at least `lower` and below `upper` (the last bar takes its upper end too)."""

    lower: Decimal
    upper: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class QuestionSuccess:
    """How a question went over the graded copies: `rate` is the mean over the maximum, None where that is 0."""

    question_id: str
    label: str
    maximum: Decimal
    count: int
    answered: int
    mean: Decimal | None
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """The totals of the graded copies. Every number is None where there is no graded copy."""

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
    questions: tuple[QuestionSuccess, ...]


def summarise(book: Gradebook) -> Statistics:
    """The statistics of a gradebook."""
    copies = [row for row in book.rows if row.state is CopyState.GRADED]
    totals = sorted(row.total for row in copies if row.total is not None)
    return Statistics(
        count=len(totals),
        maximum_possible=book.maximum,
        mean=mean(totals),
        median=median(totals),
        q1=quantile(totals, 1, 4),
        q3=quantile(totals, 3, 4),
        deviation=deviation(totals),
        minimum=totals[0] if totals else None,
        maximum=totals[-1] if totals else None,
        bins=histogram(totals, book.maximum),
        questions=tuple(_success(question, index, copies) for index, question in enumerate(book.questions)),
    )


def mean(values: Sequence[Decimal]) -> Decimal | None:
    """The arithmetic mean."""
    return _CONTEXT.divide(total_of(values), Decimal(len(values))) if values else None


def median(ordered: Sequence[Decimal]) -> Decimal | None:
    """The middle value of an ordered series, or the middle of its two central ones."""
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else mean(ordered[middle - 1 : middle + 1])


def quantile(ordered: Sequence[Decimal], numerator: int, denominator: int) -> Decimal | None:
    """The smallest value of an ordered series that at least numerator/denominator of its values do not exceed."""
    if not ordered:
        return None
    rank = -(-len(ordered) * numerator // denominator)
    return ordered[max(rank, 1) - 1]


def deviation(values: Sequence[Decimal]) -> Decimal | None:
    """The standard deviation of the whole population (divided by n, not n - 1)."""
    centre = mean(values)
    if centre is None:
        return None
    gaps = [_CONTEXT.subtract(value, centre) for value in values]
    squares = total_of(_CONTEXT.multiply(gap, gap) for gap in gaps)
    return _CONTEXT.sqrt(_CONTEXT.divide(squares, Decimal(len(values))))


def histogram(values: Sequence[Decimal], maximum: Decimal) -> tuple[Bin, ...]:
    """`BINS` equal bars over 0..maximum. A total beyond an end counts in the bar at that end."""
    if maximum <= 0:
        return ()
    edges = [_CONTEXT.divide(_CONTEXT.multiply(maximum, Decimal(index)), Decimal(BINS)) for index in range(BINS + 1)]
    counts = [0] * BINS
    for value in values:
        counts[sum(value >= edge for edge in edges[1:BINS])] += 1
    return tuple(Bin(lower, upper, count) for (lower, upper), count in zip(pairwise(edges), counts, strict=True))


def _success(question: Question, index: int, copies: Sequence[CopyMarks]) -> QuestionSuccess:
    marks = [row.marks[index] for row in copies]
    scores = [mark.score for mark in marks if mark.score is not None]
    maximum = decimal(question.max_points)
    average = mean(scores)
    return QuestionSuccess(
        question_id=question.id,
        label=question.label,
        maximum=maximum,
        count=len(scores),
        answered=sum(mark.answered for mark in marks),
        mean=average,
        rate=_CONTEXT.divide(average, maximum) if average is not None and maximum > 0 else None,
    )
