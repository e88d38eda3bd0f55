"""The rows of a grade sheet: one a student, absent ones last, so that the rows add up to the enrolled.

A number is a number and a text is one line of text: an ungraded question is an empty cell, never 0. An anonymous sheet
holds no name, address or class, and no absent student.
"""

from collections.abc import Iterator
from decimal import Decimal

from contracts.numbers import decimal, rounded
from contracts.options import Audience, ReportOptions
from services.renderer.exam.classes import class_name
from services.renderer.grading.gradebook import Gradebook, alias
from services.renderer.grading.marks import CopyMarks
from services.renderer.language.languages import words_in
from services.renderer.language.names import clean
from services.renderer.language.words import SheetWords

Cell = str | Decimal | None


def header(book: Gradebook, words: SheetWords) -> list[str]:
    """Correcta's own columns first and as they are called there, whatever the language; then ours."""
    numbers = range(1, len(book.questions) + 1)
    questions = [f"Q{number}" for number in numbers]
    maxima = [f"Q{number} max" for number in numbers]
    return ["Etudiant", "Email", *questions, "Total", "Maximum", words.status, words.group, *maxima]


def rows(book: Gradebook, options: ReportOptions) -> Iterator[list[Cell]]:
    """The rows under the header, in the book's order."""
    maxima: list[Cell] = [rounded(decimal(question.max_points)) for question in book.questions]
    anonymous = options.audience is Audience.ANONYMOUS
    absent = words_in(options.language).sheets.states.absent
    for number, row in enumerate(book.rows, 1):
        yield [*_copy(book, row, number, options), *maxima]
    for person in () if anonymous else book.absent:
        group = class_name(book.header.classes, person.class_ids)
        empty: list[Cell] = [None] * (len(book.questions) + 1)
        yield [clean(person.name), clean(person.email), *empty, rounded(book.maximum), absent, clean(group), *maxima]


def _copy(book: Gradebook, row: CopyMarks, number: int, options: ReportOptions) -> list[Cell]:
    words = words_in(options.language)
    if options.audience is Audience.ANONYMOUS:
        who, group = [alias(number, words.copies), ""], ""
    else:
        who = [clean(row.student.name), clean(row.student.email)]
        group = clean(class_name(book.header.classes, row.student.class_ids))
    scores = [_shown(mark.score) for mark in row.marks]
    return [*who, *scores, _shown(row.total), rounded(row.maximum), words.sheets.states[row.state], group]


def _shown(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded(value)
