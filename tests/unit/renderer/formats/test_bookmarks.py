"""The outline of a report: classes with their students, numbers instead of names in an anonymous one."""

from contracts.graded_exam import ClassGroup
from contracts.options import Audience, ReportOptions
from services.renderer.assembly import Bookmark
from services.renderer.formats.bookmarks import copy_title, outline
from services.renderer.grading.gradebook import Gradebook, build_gradebook
from services.renderer.grading.marks import mark_copy
from tests.builders import a_student, a_submission, an_exam_header

NAMED = ReportOptions()
ANONYMOUS = ReportOptions(audience=Audience.ANONYMOUS)
CLASSES = (ClassGroup(id="c1", name="Terminale A"), ClassGroup(id="c2", name="Terminale B"))


def book_of(*students: tuple[str, str], options: ReportOptions = NAMED) -> Gradebook:
    """A gradebook of students, each a name and the id of a class."""
    header = an_exam_header(classes=CLASSES)
    copies = [
        a_submission(id=name, student=a_student(id=name, name=name, class_ids=(group,) if group else ()))
        for name, group in students
    ]
    return build_gradebook(header, [mark_copy(header.exam, copy) for copy in copies], options)


def titles(bookmarks: tuple[Bookmark, ...]) -> list[tuple[str, int | None]]:
    return [(bookmark.title, bookmark.copy) for bookmark in bookmarks]


def test_students_stand_in_their_classes_in_the_order_of_the_copies() -> None:
    summary, *groups = outline(book_of(("Zoé", "c1"), ("Ali", "c2"), ("Ève", "c1"), ("Max", "")), NAMED)
    assert summary.title == "Synthèse"
    assert [group.title for group in groups] == ["Terminale A", "Terminale B", "Sans classe"]
    assert titles(groups[0].children) == [("Ève", 1), ("Zoé", 3)]


def test_without_classes_the_outline_is_flat() -> None:
    assert titles(tuple(outline(book_of(("Zoé", ""), ("Ali", "")), NAMED)))[1:] == [("Ali", 0), ("Zoé", 1)]


def test_an_anonymous_outline_has_numbers_and_no_class() -> None:
    book = book_of(("Zoé", "c1"), ("Ali", "c2"), options=ANONYMOUS)
    assert titles(tuple(outline(book, ANONYMOUS)))[1:] == [("Copie 001", 0), ("Copie 002", 1)]
    assert copy_title(book, 2, ANONYMOUS) == "Copie 002"
