"""The outline (bookmarks) of a report's PDF: its classes with their students, in the order of the copies."""

from collections.abc import Sequence

from contracts.options import Audience, Language, ReportOptions
from services.renderer.assembly import Bookmark
from services.renderer.exam.classes import class_key, class_name
from services.renderer.grading.gradebook import Gradebook, alias
from services.renderer.language.names import clean

SUMMARY = {Language.FR: "Synthèse", Language.EN: "Summary"}
NO_CLASS = {Language.FR: "Sans classe", Language.EN: "No class"}


def copy_title(book: Gradebook, number: int, options: ReportOptions) -> str:
    """The title of the copy with this number (from 1); never a name in an anonymous document."""
    if options.audience is Audience.ANONYMOUS:
        return alias(number, options.language)
    return clean(book.rows[number - 1].student.name) or alias(number, options.language)


def outline(book: Gradebook, options: ReportOptions) -> Sequence[Bookmark]:
    """The summary, then each class with its students; anonymous copies stand in no class."""
    copies = [Bookmark(copy_title(book, ordinal + 1, options), copy=ordinal) for ordinal in range(len(book.rows))]
    summary = Bookmark(SUMMARY[options.language])
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
    named = (
        Bookmark(clean(name) or NO_CLASS[options.language], children=tuple(group)) for name, group in groups.items()
    )
    return (summary, *named)
