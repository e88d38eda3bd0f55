"""What each copy was given: the only place where marks are added up, so that every format shows the same numbers.

All numbers are exact decimals made from the shortest writing of the stored float; they are rounded once, when written
(`points`). "Not graded" is None, never zero. Three rules decide what a copy is worth:

- On a graded copy a question without an answer is worth 0 and marked as not answered: Correcta keeps no row for it.
- A copy called graded that still holds an answer without a score counts as being graded: its total is partial.
- A copy being graded has a partial total; one of which nothing is graded has none.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from functools import lru_cache

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent, Answer, AnswerPart, Exam, ExamHeader, Question, Student, Submission
from contracts.options import Audience, Language, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.exam.classes import class_key
from services.renderer.language.collation import sort_key
from services.renderer.language.words import words

EXACT = Context(prec=700, rounding=ROUND_HALF_UP)
"""Wide enough to add any two floats without loss (1.8e308 to 4.9e-324 is 632 digits)."""

_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_TWENTY = Decimal(20)


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


@dataclass(frozen=True, slots=True)
class Headcount:
    """Who is where. `enrolled` is the sum of the others, by construction."""

    graded: int
    in_grading: int
    ungraded: int
    absent: int

    @property
    def enrolled(self) -> int:
        """Every student the export knows of."""
        return self.graded + self.in_grading + self.ungraded + self.absent


@dataclass(frozen=True, slots=True)
class Gradebook:
    """The marks of every copy in the chosen order, and the students who handed nothing in."""

    header: ExamHeader
    rows: tuple[CopyMarks, ...]
    headcount: Headcount
    questions: tuple[Question, ...]
    absent: tuple[Absent, ...]
    maximum: Decimal


@lru_cache(maxsize=4096)
def decimal(value: float) -> Decimal:
    """The number a person typed: 0.1, not its binary neighbour; zero has no sign. A class's many marks are few numbers,
    and each is kept once.
    """
    return Decimal(repr(float(value) + 0.0))


def total_of(values: Iterable[Decimal]) -> Decimal:
    """An exact sum: no digit is lost however many values there are."""
    result = _ZERO
    for value in values:
        result = EXACT.add(result, value)
    return result


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
        return Mark(question.id, _ZERO if graded else None, maximum, answered=False)
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


def latest_copies(
    rows: Iterable[CopyMarks], language: Language = Language.FR
) -> tuple[tuple[CopyMarks, ...], tuple[ExportWarning, ...]]:
    """One copy a student, the one handed in last, and a warning for each student who had several.

    A warning names no one: it may end in an anonymous report.
    """
    kept: dict[str, CopyMarks] = {}
    dropped: dict[str, int] = {}
    for row in rows:
        key = row.student.id
        if key in kept:
            dropped[key] = dropped.get(key, 0) + 1
        if key not in kept or _handed_in(row) > _handed_in(kept[key]):
            kept[key] = row
    warnings = (_duplicate(kept[key].submission_id, count, language) for key, count in dropped.items())
    return tuple(kept.values()), tuple(warnings)


def _handed_in(row: CopyMarks) -> tuple[datetime, str]:
    return (row.submitted_at or datetime.min.replace(tzinfo=UTC), row.submission_id)


def _duplicate(submission_id: str, dropped: int, language: Language) -> ExportWarning:
    message = words(language).duplicates.format(dropped)
    return ExportWarning(code=WarningCode.DUPLICATE_COPY, submission_id=submission_id, message=message)


def build_gradebook(header: ExamHeader, rows: Iterable[CopyMarks], options: ReportOptions) -> Gradebook:
    """The rows in the order the options ask for, with a head count in which each student stands once.

    `rows` hold one copy a student (`latest_copies`). A student of the absent list who has a copy is not absent.
    """
    ordered = _ordered(header, tuple(rows), options)
    absent = _really_absent(header.absent, ordered)
    return Gradebook(
        header=header,
        rows=ordered,
        headcount=Headcount(
            graded=sum(row.state is CopyState.GRADED for row in ordered),
            in_grading=sum(row.state is CopyState.IN_GRADING for row in ordered),
            ungraded=sum(row.state is CopyState.UNGRADED for row in ordered),
            absent=len(absent),
        ),
        questions=questions_of(header.exam),
        absent=absent,
        maximum=maximum_of(header.exam),
    )


def _ordered(header: ExamHeader, rows: tuple[CopyMarks, ...], options: ReportOptions) -> tuple[CopyMarks, ...]:
    """Rows in the chosen order. An anonymous order by name or class would tell names apart: there a digest decides."""
    if options.audience is Audience.ANONYMOUS:
        rows = tuple(sorted(rows, key=lambda row: hashlib.sha256(row.submission_id.encode()).digest()))
    else:
        rows = tuple(sorted(rows, key=lambda row: (sort_key(row.student.name), row.submission_id)))
        if options.order is Order.CLASS:
            rows = tuple(sorted(rows, key=lambda row: class_key(header.classes, row.student.class_ids)))
    if options.order is Order.SCORE:
        rows = tuple(sorted(rows, key=_rank))
    return rows


def _rank(row: CopyMarks) -> tuple[bool, Decimal]:
    return (row.total is None, -(row.total or _ZERO))


def _really_absent(absent: Iterable[Absent], rows: Iterable[CopyMarks]) -> tuple[Absent, ...]:
    present = {row.student.email.casefold() for row in rows if row.student.email}
    once: dict[str, Absent] = {}
    for index, person in enumerate(absent):
        email = person.email.casefold()
        if email not in present or not email:
            once.setdefault(email or f"#{index}", person)
    return tuple(sorted(once.values(), key=lambda person: (sort_key(person.name), person.email)))


def alias(position: int, language: Language = Language.FR) -> str:
    """What a copy is called where no name may be: its place in the chosen order, from 1."""
    return f"{'Copie' if language is Language.FR else 'Copy'} {position:03d}"


def rounded(value: Decimal) -> Decimal:
    """A number as it is shown: to 2 decimals, half up (2.345 is 2.35, -0.005 is -0.01), without trailing zeros."""
    cents = value.quantize(_CENT, context=EXACT)
    return _ZERO if cents.is_zero() else cents.normalize(EXACT)


def points(value: Decimal, language: Language | str = Language.FR) -> str:
    """A number of points as it is read: "12,5" in French, "12.5" in English. Rounded here and nowhere before."""
    text = f"{rounded(value):f}"
    return text.replace(".", ",") if language == Language.FR else text


def on_twenty(total: Decimal, maximum: Decimal) -> Decimal | None:
    """The mark on the French scale of 20; None where the exam is out of nothing."""
    if maximum <= 0:
        return None
    return Context(prec=60, rounding=ROUND_HALF_UP).divide(EXACT.multiply(total, _TWENTY), maximum)
