"""The rows of a grade sheet: one a student, absent ones last, so that the rows add up to the enrolled.

A number is a number and a text is one line of text: an ungraded question is an empty cell, never 0. An anonymous sheet
holds no name, address or class, and no absent student.
"""

from collections.abc import Iterator
from decimal import Decimal

from contracts.correcta import CopyState
from contracts.numbers import decimal, rounded
from contracts.options import Audience, Language, ReportOptions
from services.renderer.exam.classes import class_name
from services.renderer.grading.gradebook import Gradebook, alias
from services.renderer.grading.marks import CopyMarks
from services.renderer.language.names import clean

Cell = str | Decimal | None

_ABSENT = "absent"
_STATES: dict[Language, dict[str, str]] = {
    Language.FR: {
        CopyState.GRADED: "corrigée",
        CopyState.IN_GRADING: "en correction (total provisoire)",
        CopyState.UNGRADED: "non corrigée",
        _ABSENT: "absent",
    },
    Language.EN: {
        CopyState.GRADED: "graded",
        CopyState.IN_GRADING: "in grading (provisional total)",
        CopyState.UNGRADED: "not graded",
        _ABSENT: "absent",
    },
}


def header(book: Gradebook, language: Language) -> list[str]:
    """Correcta's own columns first and as they are called there, whatever the language; then ours."""
    ours = ["Statut", "Classe"] if language is Language.FR else ["Status", "Class"]
    numbers = range(1, len(book.questions) + 1)
    questions = [f"Q{number}" for number in numbers]
    maxima = [f"Q{number} max" for number in numbers]
    return ["Etudiant", "Email", *questions, "Total", "Maximum", *ours, *maxima]


def rows(book: Gradebook, options: ReportOptions) -> Iterator[list[Cell]]:
    """The rows under the header, in the book's order."""
    maxima: list[Cell] = [rounded(decimal(question.max_points)) for question in book.questions]
    anonymous = options.audience is Audience.ANONYMOUS
    for number, row in enumerate(book.rows, 1):
        yield [*_copy(book, row, number, options), *maxima]
    for person in () if anonymous else book.absent:
        group = class_name(book.header.classes, person.class_ids)
        empty: list[Cell] = [None] * (len(book.questions) + 1)
        state = _STATES[options.language][_ABSENT]
        yield [clean(person.name), clean(person.email), *empty, rounded(book.maximum), state, clean(group), *maxima]


def _copy(book: Gradebook, row: CopyMarks, number: int, options: ReportOptions) -> list[Cell]:
    if options.audience is Audience.ANONYMOUS:
        who, group = [alias(number, options.language), ""], ""
    else:
        who = [clean(row.student.name), clean(row.student.email)]
        group = clean(class_name(book.header.classes, row.student.class_ids))
    scores = [_shown(mark.score) for mark in row.marks]
    return [*who, *scores, _shown(row.total), rounded(row.maximum), _STATES[options.language][row.state], group]


def _shown(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded(value)
