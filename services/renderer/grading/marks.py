"""What each copy was given: the only place where marks are added up, so that every format shows the same numbers.

All numbers are exact decimals made from the shortest writing of the stored float; they are rounded once, when written
(`points`). "Not graded" is None, never zero. Three rules decide what a copy is worth:

- On a graded copy a question without an answer is worth 0 and marked as not answered: Correcta keeps no row for it.
- A copy called graded that still holds an answer without a score counts as being graded: its total is partial.
- A copy being graded has a partial total; one of which nothing is graded has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from contracts.graded_exam import Answer, AnswerPart, Exam, Question, Student, Submission
from services.renderer.language.numbers import ZERO, decimal, total_of


class CopyState(StrEnum):
    """How far a copy is graded."""

    GRADED = "graded"
    IN_GRADING = "in_grading"
    UNGRADED = "ungraded"


@dataclass(frozen=True, slots=True)
class Mark:
    """What one question of one copy was given. `score` None is "not graded", never 0."""

    question_id: str
    score: Decimal | None
    maximum: Decimal
    origin: str | None = None
    harmonized_from: Decimal | None = None
    answered: bool = True


@dataclass(frozen=True, slots=True)
class CopyMarks:
    """The marks of one copy in the exam's order. `total` is provisional where `partial`, None if nothing is graded."""

    submission_id: str
    student: Student
    state: CopyState
    marks: tuple[Mark, ...]
    total: Decimal | None
    maximum: Decimal
    submitted_at: datetime | None = None

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
    graded = submission.status == "GRADED"
    marks = tuple(_mark(question, answers.get(question.id), graded) for question in questions_of(exam))
    scores = [mark.score for mark in marks if mark.score is not None]
    return CopyMarks(
        submission_id=submission.id,
        student=submission.student,
        state=_state(submission, marks),
        marks=marks,
        total=total_of(scores) if scores or (graded and not marks) else None,
        maximum=total_of(mark.maximum for mark in marks),
        submitted_at=submission.submitted_at,
    )


def _mark(question: Question, answer: Answer | None, graded: bool) -> Mark:
    maximum = decimal(question.max_points)
    score = None if answer is None else _score(answer, graded)
    if answer is None or (score is None and _is_blank(answer)):
        return Mark(question.id, ZERO if graded else None, maximum, answered=False)
    before = None if answer.harmonized_from is None else decimal(answer.harmonized_from)
    return Mark(question.id, score, maximum, answer.origin, before, answered=not _is_blank(answer))


def _score(answer: Answer, graded: bool) -> Decimal | None:
    """The question's own score, else the sum of its parts' (all of them, unless the teacher is done with the copy)."""
    if answer.score is not None:
        return decimal(answer.score)
    scores = [decimal(part.score) for part in answer.parts if part.score is not None]
    if not scores or (not graded and len(scores) < len(answer.parts)):
        return None
    return total_of(scores)


def _is_blank(answer: Answer | AnswerPart) -> bool:
    content = answer.content
    if content.strip() if isinstance(content, str) else content:
        return False
    return not isinstance(answer, Answer) or (
        not answer.selected_option_ids and all(_is_blank(part) for part in answer.parts)
    )


def _state(submission: Submission, marks: Sequence[Mark]) -> CopyState:
    missing = any(mark.score is None for mark in marks)
    if submission.status == "GRADED" and not missing:
        return CopyState.GRADED
    if submission.status == "SUBMITTED" and all(mark.score is None for mark in marks):
        return CopyState.UNGRADED
    return CopyState.IN_GRADING
