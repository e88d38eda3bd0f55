"""A class's results from its gradebook: statistics of the totals (`contracts.numbers`) and success by question.

Only graded copies count: a partial total would pull the class down, an absent student is no zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from contracts.correcta import CopyState
from contracts.graded_exam import Question
from contracts.numbers import DIVIDED, Summary, decimal, mean, summary
from services.renderer.grading.gradebook import Gradebook
from services.renderer.grading.marks import CopyMarks


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
class Statistics(Summary):
    """The totals of the graded copies in numbers, and how each question went."""

    questions: tuple[QuestionSuccess, ...]


def summarise(book: Gradebook) -> Statistics:
    """The statistics of a gradebook."""
    copies = [row for row in book.rows if row.state is CopyState.GRADED]
    totals = summary((row.total for row in copies if row.total is not None), book.maximum)
    questions = tuple(_success(question, index, copies) for index, question in enumerate(book.questions))
    return Statistics(**{each.name: getattr(totals, each.name) for each in fields(Summary)}, questions=questions)


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
        rate=DIVIDED.divide(average, maximum) if average is not None and maximum > 0 else None,
    )
