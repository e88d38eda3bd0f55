"""What each copy was given: the only place where marks are added up, so that every format shows the same numbers.

All numbers are exact decimals made from the shortest writing of the stored float; they are rounded once, when written
(`numbers.points`). What a copy is worth follows the rules of `contracts.correcta`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from contracts.correcta import CopyState, answer_score, copy_state, copy_total, unanswered_score
from contracts.graded_exam import Answer, AnswerPart, Exam, Question, Student, Submission
from contracts.numbers import decimal, total_of
from contracts.residue import is_blank


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
    scores = [mark.score for mark in marks]
    return CopyMarks(
        submission_id=submission.id,
        student=submission.student,
        state=copy_state(submission.status, scores),
        marks=marks,
        total=copy_total(submission.status, scores),
        maximum=total_of(mark.maximum for mark in marks),
        submitted_at=submission.submitted_at,
    )


def _mark(question: Question, answer: Answer | None, graded: bool) -> Mark:
    maximum = decimal(question.max_points)
    unanswered = Mark(question.id, unanswered_score(graded=graded), maximum, answered=False)
    if answer is None:
        return unanswered
    score = answer_score(answer.score, [part.score for part in answer.parts], graded=graded)
    if score is None and _is_blank(answer):
        return unanswered
    before = None if answer.harmonized_from is None else decimal(answer.harmonized_from)
    return Mark(question.id, score, maximum, answer.origin, before, answered=not _is_blank(answer))


def _is_blank(answer: Answer | AnswerPart) -> bool:
    if not is_blank(answer.content):
        return False
    return not isinstance(answer, Answer) or (
        not answer.selected_option_ids and all(_is_blank(part) for part in answer.parts)
    )
