"""What each copy was given: the only place where marks are added up, so that every format shows the same numbers.

All numbers are exact decimals (`contracts.numbers.decimal`); they are rounded once, when written. What a copy is worth
follows the rules of `contracts.correcta`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import nan

from contracts.correcta import GRADED, Award, CopyState, StoredPart, award, copy_state, copy_total
from contracts.graded_exam import Answer, AnswerPart, Exam, Question, Student, Submission
from contracts.numbers import decimal, total_of
from contracts.residue import is_blank


@dataclass(frozen=True, slots=True)
class Mark:
    """What one question of one copy was given. `score` None is "not graded" or, if `unreadable`, no number; never 0."""

    question_id: str
    score: Decimal | None
    maximum: Decimal
    origin: str | None = None
    harmonized_from: Decimal | None = None
    answered: bool = True
    unreadable: bool = False


@dataclass(frozen=True, slots=True)
class CopyMarks:
    """The marks of one copy in the exam's order. `total` is provisional where `partial`, None if nothing is graded.

    A copy of a `variant` that asks other questions has a state, and neither marks nor a total. `status` is Correcta's.
    """

    submission_id: str
    student: Student
    status: str
    state: CopyState
    marks: tuple[Mark, ...]
    total: Decimal | None
    maximum: Decimal
    submitted_at: datetime | None = None
    variant: str | None = None

    @property
    def partial(self) -> bool:
        """Whether the total may still grow: a number to be shown as provisional."""
        return self.total is not None and self.state is not CopyState.GRADED


def questions_of(exam: Exam) -> tuple[Question, ...]:
    """The exam's questions in the order of its sections."""
    return tuple(question for section in exam.sections for question in section.questions)


def maximum_of(exam: Exam) -> Decimal:
    """What the exam is out of."""
    return total_of(decimal(question.max_points) for question in questions_of(exam))


def mark_copy(exam: Exam, submission: Submission) -> CopyMarks:
    """The marks of one copy, one for each question of the exam and in its order."""
    answers = {answer.question_id: answer for answer in submission.answers}
    graded = submission.status == GRADED
    marks = tuple(_mark(question, answers.get(question.id), graded) for question in questions_of(exam))
    scores = [mark.score for mark in marks]
    if submission.variant is not None:
        marks, scores = (), [_award(answer, graded).score for answer in submission.answers]
    return CopyMarks(
        submission_id=submission.id,
        student=submission.student,
        status=submission.status,
        state=copy_state(submission.status, scores),
        marks=marks,
        total=None if submission.variant is not None else copy_total(submission.status, scores),
        maximum=maximum_of(exam),
        submitted_at=submission.submitted_at,
        variant=submission.variant,
    )


def _mark(question: Question, answer: Answer | None, graded: bool) -> Mark:
    maximum = decimal(question.max_points)
    score, unreadable = _award(answer, graded)
    answered = answer is not None and not _is_blank(answer)
    if answer is None or (score is None and not unreadable and not answered):
        return Mark(question.id, score, maximum, answered=False)
    before = None if answer.harmonized_from is None else decimal(answer.harmonized_from)
    return Mark(question.id, score, maximum, answer.origin, before, answered=answered, unreadable=unreadable)


def _award(answer: Answer | None, graded: bool) -> Award:
    if answer is None:
        return award(None, (), graded=graded)
    parts = [StoredPart(_stored(part), not _is_blank(part)) for part in answer.parts]
    together = award(None, parts, graded=True).score if parts else None
    if together is not None and float(together) == answer.score:
        return Award(together)  # the parts' sum as it was before it became a float
    return award(_stored(answer), parts or [StoredPart(None, not _is_blank(answer))], graded=graded)


def _stored(scored: Answer | AnswerPart) -> float | None:
    return nan if scored.unreadable else scored.score


def _is_blank(answer: Answer | AnswerPart) -> bool:
    if not is_blank(answer.content):
        return False
    return not isinstance(answer, Answer) or (
        not answer.selected_option_ids and all(_is_blank(part) for part in answer.parts)
    )
