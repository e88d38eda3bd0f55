"""The rows of a grade sheet: one a student, those without a copy to show last, so that the rows add up to the enrolled.

A number is a number and a text is one line of text: an ungraded question is an empty cell, never 0. An anonymous sheet
holds no name, address or class, and no student without a copy.
"""

from collections.abc import Iterator
from decimal import Decimal

from contracts.correcta import NoCopy
from contracts.graded_exam import Absent, NotHandedIn
from contracts.numbers import decimal, rounded
from contracts.options import Audience, ReportOptions
from services.renderer.exam.classes import class_name
from services.renderer.grading.gradebook import Gradebook, alias
from services.renderer.grading.marks import CopyMarks, Mark
from services.renderer.language.document_words import SheetWords
from services.renderer.language.languages import words_in
from services.renderer.language.names import clean

Cell = str | Decimal | None


def header(book: Gradebook, words: SheetWords) -> list[str]:
    """Correcta's own columns first and as they are called there, whatever the language; then ours."""
    numbers = range(1, len(book.questions) + 1)
    questions = [f"Q{number}" for number in numbers]
    maxima = [f"Q{number} max" for number in numbers]
    return ["Etudiant", "Email", *questions, "Total", "Maximum", words.status, words.group, *maxima, words.remark]


def rows(book: Gradebook, options: ReportOptions) -> Iterator[list[Cell]]:
    """The rows under the header, in the book's order: copies, those of other variants, then students without one."""
    for number, row in enumerate((*book.rows, *book.left_out), 1):
        yield _copy(book, row, number, options)
    if options.audience is Audience.ANONYMOUS:
        return
    yield from (_without_copy(book, person, NoCopy.NOT_HANDED_IN, options) for person in book.not_handed_in)
    yield from (_without_copy(book, person, NoCopy.ABSENT, options) for person in book.absent)


def _copy(book: Gradebook, row: CopyMarks, number: int, options: ReportOptions) -> list[Cell]:
    words = words_in(options.language)
    if options.audience is Audience.ANONYMOUS:
        who, group = [alias(number, words.copies), ""], ""
    else:
        who = [clean(row.student.name), clean(row.student.email)]
        group = clean(class_name(book.header.classes, row.student.class_ids))
    scores = [_score(mark, words.sheets) for mark in row.marks] or _empty(book)
    total = None if row.total is None else rounded(row.total)
    state = words.sheets.states[row.state]
    return [*who, *scores, total, rounded(row.maximum), state, group, *_maxima(book), _remark(book, row, words.sheets)]


def _score(mark: Mark, words: SheetWords) -> Cell:
    if mark.unreadable:
        return words.unreadable
    return None if mark.score is None else rounded(mark.score)


def _remark(book: Gradebook, row: CopyMarks, words: SheetWords) -> str:
    """Why this row is not all there is to say of the student."""
    said = []
    if row.variant is not None:
        said.append(words.variant.format(clean(row.variant)))
    if row.submission_id in book.several:
        said.append(words.several.format(book.several[row.submission_id]))
    return "; ".join(said)


def _without_copy(book: Gradebook, person: Absent | NotHandedIn, state: NoCopy, options: ReportOptions) -> list[Cell]:
    who = [clean(person.name), clean(person.email)]
    group = clean(class_name(book.header.classes, person.class_ids))
    said = words_in(options.language).sheets.states[state]
    return [*who, *_empty(book), None, rounded(book.maximum), said, group, *_maxima(book), ""]


def _empty(book: Gradebook) -> list[Cell]:
    return [None] * len(book.questions)


def _maxima(book: Gradebook) -> list[Cell]:
    return [rounded(decimal(question.max_points)) for question in book.questions]
