"""The outline (bookmarks) of a report's PDF: its classes with their students, in the order of the copies."""

from collections.abc import Sequence

from contracts.options import Audience, ReportOptions
from services.renderer.assembly import Bookmark
from services.renderer.exam.classes import class_key, class_name
from services.renderer.exam.homonyms import qualified
from services.renderer.grading.gradebook import Gradebook, alias
from services.renderer.grading.marks import CopyMarks
from services.renderer.language.languages import words_in
from services.renderer.language.names import clean


def copy_title(book: Gradebook, number: int, options: ReportOptions) -> str:
    """The title of the copy with this number (from 1)."""
    return copy_name(book.rows[number - 1], number, options)


def copy_name(row: CopyMarks, number: int, options: ReportOptions) -> str:
    """What a copy is called; never by a name in an anonymous document."""
    unnamed = alias(number, words_in(options.language).copies)
    if options.audience is Audience.ANONYMOUS:
        return unnamed
    return clean(qualified(row.student.name, row.student)) or unnamed


def outline(book: Gradebook, options: ReportOptions) -> Sequence[Bookmark]:
    """The summary, then each class with its students; anonymous copies stand in no class."""
    copies = [Bookmark(copy_title(book, ordinal + 1, options), copy=ordinal) for ordinal in range(len(book.rows))]
    words = words_in(options.language).bookmarks
    summary = Bookmark(words.summary)
    if options.audience is Audience.ANONYMOUS:
        return (summary, *copies)
    classes = book.header.classes
    groups: dict[str, list[Bookmark]] = {}
    for row in sorted(book.rows, key=lambda row: class_key(classes, row.student.class_ids)):
        groups.setdefault(class_name(classes, row.student.class_ids), [])
    for row, copy in zip(book.rows, copies, strict=True):
        groups[class_name(classes, row.student.class_ids)].append(copy)
    if set(groups) == {""}:
        return (summary, *copies)
    named = (Bookmark(clean(name) or words.no_class, children=tuple(group)) for name, group in groups.items())
    return (summary, *named)
