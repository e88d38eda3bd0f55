"""The grades of a whole exam: which copy counts, order, ranks, head count."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from contracts.correcta import CopyState, attempt_order
from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent, ExamHeader, Question
from contracts.numbers import ZERO
from contracts.options import Audience, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.exam.classes import class_key
from services.renderer.grading.marks import CopyMarks, maximum_of, questions_of
from services.renderer.language.collation import sort_key
from services.renderer.language.words import CopyWords, WarningWords


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


def latest_copies(
    rows: Iterable[CopyMarks], words: WarningWords
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
        if key not in kept or _order(row) > _order(kept[key]):
            kept[key] = row
    warnings = (_duplicate(kept[key].submission_id, count, words) for key, count in dropped.items())
    return tuple(kept.values()), tuple(warnings)


def _order(row: CopyMarks) -> tuple[bool, datetime, str]:
    return attempt_order(row.submitted_at, row.submission_id)


def _duplicate(submission_id: str, dropped: int, words: WarningWords) -> ExportWarning:
    message = words.duplicates.format(dropped)
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
    return (row.total is None, -(row.total or ZERO))


def _really_absent(absent: Iterable[Absent], rows: Iterable[CopyMarks]) -> tuple[Absent, ...]:
    present = {row.student.email.casefold() for row in rows if row.student.email}
    once: dict[str, Absent] = {}
    for index, person in enumerate(absent):
        email = person.email.casefold()
        if email not in present or not email:
            once.setdefault(email or f"#{index}", person)
    return tuple(sorted(once.values(), key=lambda person: (sort_key(person.name), person.email)))


def alias(position: int, words: CopyWords) -> str:
    """What a copy is called where no name may be: its place in the chosen order, from 1."""
    return f"{words.copy} {position:03d}"
