"""The grades of a whole exam: which copy counts, order, ranks, head count."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from contracts.collation import person_key
from contracts.correcta import CopyState, attempt_order
from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent, ExamHeader, NotHandedIn, Question
from contracts.numbers import ZERO
from contracts.options import Audience, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.exam.classes import class_key
from services.renderer.grading.marks import CopyMarks, maximum_of, questions_of
from services.renderer.language.document_words import CopyWords, WarningWords

Person = TypeVar("Person", Absent, NotHandedIn)


@dataclass(frozen=True, slots=True)
class Headcount:
    """Who is where, copies of other variants too. `enrolled` is the sum of the others, by construction."""

    graded: int
    in_grading: int
    ungraded: int
    not_handed_in: int
    absent: int

    @property
    def enrolled(self) -> int:
        """Every student the export knows of."""
        return self.graded + self.in_grading + self.ungraded + self.not_handed_in + self.absent


@dataclass(frozen=True, slots=True)
class Gradebook:
    """The marks of every copy in the chosen order, and the students of whom there is none to show: `left_out` are
    copies of variants that ask other questions. `several` counts the copies of those who handed in more than one, by
    the submission that counts.
    """

    header: ExamHeader
    rows: tuple[CopyMarks, ...]
    headcount: Headcount
    questions: tuple[Question, ...]
    left_out: tuple[CopyMarks, ...]
    not_handed_in: tuple[NotHandedIn, ...]
    absent: tuple[Absent, ...]
    maximum: Decimal
    several: Mapping[str, int]


def build_gradebook(header: ExamHeader, rows: Iterable[CopyMarks], options: ReportOptions) -> Gradebook:
    """The copies that count, one a student, in the order the options ask for, with a head count in which each student
    stands once: a student listed as absent, or as not having handed in, who has a copy is neither.
    """
    counting, several = _counting(rows)
    ordered = _ordered(header, counting, options)
    present = {row.student.email.casefold() for row in counting if row.student.email}
    not_handed_in = _once(header.not_handed_in, present)
    begun = {person.email.casefold() for person in not_handed_in if person.email}
    absent = _once(header.absent, present | begun)
    states = Counter(row.state for row in ordered)
    return Gradebook(
        header=header,
        rows=tuple(row for row in ordered if row.variant is None),
        headcount=Headcount(
            graded=states[CopyState.GRADED],
            in_grading=states[CopyState.IN_GRADING],
            ungraded=states[CopyState.UNGRADED],
            not_handed_in=len(not_handed_in),
            absent=len(absent),
        ),
        questions=questions_of(header.exam),
        left_out=tuple(row for row in ordered if row.variant is not None),
        not_handed_in=not_handed_in,
        absent=absent,
        maximum=maximum_of(header.exam),
        several=several,
    )


def _counting(rows: Iterable[CopyMarks]) -> tuple[tuple[CopyMarks, ...], Mapping[str, int]]:
    """One copy a student, and how many there were of those who handed in several."""
    kept: dict[str, CopyMarks] = {}
    copies: Counter[str] = Counter()
    for row in rows:
        key = row.student.id
        copies[key] += 1
        if key not in kept or _order(row) > _order(kept[key]):
            kept[key] = row
    several = {kept[key].submission_id: count for key, count in copies.items() if count > 1}
    return tuple(kept.values()), several


def _order(row: CopyMarks) -> tuple[bool, bool, datetime, str]:
    return attempt_order(row.status, row.submitted_at, row.submission_id)


def warnings_of(book: Gradebook, words: WarningWords) -> tuple[ExportWarning, ...]:
    """What a teacher should check in the marks: several copies of a student, variants left out, unreadable scores.

    A warning names no one: it may end in an anonymous report.
    """
    return (*_duplicates(book, words), *_variants(book, words), *_unreadable(book, words))


def _duplicates(book: Gradebook, words: WarningWords) -> Iterator[ExportWarning]:
    for submission_id, count in book.several.items():
        message = words.duplicates.format(count - 1)
        yield ExportWarning(code=WarningCode.DUPLICATE_COPY, submission_id=submission_id, message=message)


def _variants(book: Gradebook, words: WarningWords) -> Iterator[ExportWarning]:
    for variant, count in Counter(row.variant for row in book.left_out).items():
        message = words.variant_left_out.format(count, variant)
        yield ExportWarning(code=WarningCode.COPY_NOT_RENDERED, message=message)


def _unreadable(book: Gradebook, words: WarningWords) -> Iterator[ExportWarning]:
    for row in book.rows:
        for question, mark in zip(book.questions, row.marks, strict=True):
            if mark.unreadable:
                message = words.mark_unreadable.format(question.label)
                yield ExportWarning(code=WarningCode.MARK_UNREADABLE, submission_id=row.submission_id, message=message)


def _ordered(header: ExamHeader, rows: tuple[CopyMarks, ...], options: ReportOptions) -> tuple[CopyMarks, ...]:
    """Rows in the chosen order. An anonymous order by name or class would tell names apart: there a digest decides."""
    if options.audience is Audience.ANONYMOUS:
        rows = tuple(sorted(rows, key=lambda row: hashlib.sha256(row.submission_id.encode()).digest()))
    else:
        rows = tuple(sorted(rows, key=_place))
        if options.order is Order.CLASS:
            rows = tuple(sorted(rows, key=lambda row: class_key(header.classes, row.student.class_ids)))
    if options.order is Order.SCORE:
        rows = tuple(sorted(rows, key=_rank))
    return rows


def _place(row: CopyMarks) -> tuple[object, ...]:
    return person_key(row.student.name, row.student.email, row.student.id)


def _rank(row: CopyMarks) -> tuple[bool, Decimal]:
    return (row.total is None, -(row.total or ZERO))


def _once(people: Iterable[Person], present: Collection[str]) -> tuple[Person, ...]:
    """Each person once, by address, in the order of names, without those whose address is among the present."""
    once: dict[str, Person] = {}
    for index, person in enumerate(people):
        email = person.email.casefold()
        if email not in present or not email:
            once.setdefault(email or f"#{index}", person)
    return tuple(sorted(once.values(), key=lambda person: person_key(person.name, person.email)))


def alias(position: int, words: CopyWords) -> str:
    """What a copy is called where no name may be: its place in the chosen order, from 1."""
    return f"{words.copy} {position:03d}"
