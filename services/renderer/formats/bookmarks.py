"""The outline of a report: its classes with their students, in the order of the copies."""

from collections.abc import Sequence

from contracts.options import Audience, Language, ReportOptions
from services.renderer.assembly import Bookmark
from services.renderer.exam.classes import class_key, class_name
from services.renderer.grading.gradebook import Gradebook, alias
from services.renderer.language.names import clean

SUMMARY = {Language.FR: "Synthèse", Language.EN: "Summary"}
NO_CLASS = {Language.FR: "Sans classe", Language.EN: "No class"}


def copy_title(book: Gradebook, position: int, options: ReportOptions) -> str:
    """What the copy at a position (from 1) is called; never a name in an anonymous document."""
    if options.audience is Audience.ANONYMOUS:
        return alias(position, options.language)
    return clean(book.rows[position - 1].student.name) or alias(position, options.language)


def outline(book: Gradebook, options: ReportOptions) -> Sequence[Bookmark]:
    """The summary, then each class with its students; anonymous copies stand in no class."""
    copies = [Bookmark(copy_title(book, place + 1, options), copy=place) for place in range(len(book.rows))]
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
