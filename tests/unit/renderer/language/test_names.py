"""File names and bookmarks that are safe wherever they end up."""

from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.graded_exam import ClassGroup
from contracts.options import Audience, Language, ReportOptions
from contracts.states import Format
from contracts.timezones import DEFAULT_ZONE, local
from services.renderer.assembly import Bookmark
from services.renderer.formats.bookmarks import copy_title, outline
from services.renderer.grading.gradebook import build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from services.renderer.language.names import clean, filename, safe
from tests.builders import AS_OF, a_student, a_submission, an_exam_header


def test_a_files_name_says_what_it_is() -> None:
    named = filename("Partiel d'analyse : été", Format.PDF, AS_OF, FRENCH.files)
    assert named == "Rapport - Partiel d'analyse été - 2026-01-20.pdf"
    assert filename("Exam", Format.CSV, AS_OF, ENGLISH.files) == "Grades - Exam - 2026-01-20.csv"
    assert filename("../..", Format.ZIP, AS_OF, FRENCH.files) == "Copies - 2026-01-20.zip"
    midnight = local(datetime(2026, 1, 20, 23, 30, tzinfo=UTC), DEFAULT_ZONE)
    assert filename("Exam", Format.CSV, midnight, ENGLISH.files) == "Grades - Exam - 2026-01-21.csv"


@given(st.text(max_size=300))
def test_no_title_makes_a_dangerous_name(title: str) -> None:
    name = filename(title, Format.PDF, AS_OF, FRENCH.files)
    assert PurePosixPath(name).name == PureWindowsPath(name).name == name
    assert name.isprintable()
    assert len(name.encode()) <= 255
    assert not name.startswith(".")


@pytest.mark.parametrize("letter", ["x", "é", "漢", "🧪", "q\u0323\u0307"])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_long_title_is_cut_between_two_characters(letter: str, before: str) -> None:
    name = filename(before + letter * 300, Format.XLSX, AS_OF, FRENCH.files)
    kept = name.removeprefix(f"Notes - {before}").removesuffix(" - 2026-01-20.xlsx")
    assert kept == letter * (len(kept) // len(letter))
    assert 180 < len(name.encode()) <= 205


@pytest.mark.parametrize(
    ("text", "cleaned"), [("  a\n b\t", "a b"), ("a\u202eb", "a b"), ("e\u0301", "é"), ("\u0000", "")]
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_safe_keeps_accents_and_nothing_a_system_refuses() -> None:
    assert safe('Zoé/..\\:*?"<>|\u202e Été.') == "Zoé .. Été"


CLASSES = (ClassGroup(id="a", name="A"), ClassGroup(id="b", name="B"), ClassGroup(id="b1", name="B1", parent_id="b"))


def a_book(options: ReportOptions, *students: tuple[str, tuple[str, ...]]):  # type: ignore[no-untyped-def]
    header = an_exam_header(classes=CLASSES)
    copies = [a_submission(student=a_student(name=name, class_ids=ids)) for name, ids in students]
    return build_gradebook(header, [mark_copy(header.exam, copy) for copy in copies], options)


def test_the_outline_has_classes_and_their_students() -> None:
    options = ReportOptions()
    book = a_book(options, ("Zoé", ("a",)), ("Ali", ("b", "b1")), ("Max", ()), ("Eve", ("a",)))
    assert outline(book, options) == (
        Bookmark("Synthèse"),
        Bookmark("A", children=(Bookmark("Eve", copy=1), Bookmark("Zoé", copy=3))),
        Bookmark("B / B1", children=(Bookmark("Ali", copy=0),)),
        Bookmark("Sans classe", children=(Bookmark("Max", copy=2),)),
    )


def test_homonyms_are_told_apart_in_the_outline() -> None:
    header = an_exam_header(classes=CLASSES)
    students = [a_student(name="Zoé", qualifier=qualifier) for qualifier in ("zoe", "zoe2")]
    rows = [mark_copy(header.exam, a_submission(student=student)) for student in students]
    named, anonymous = ReportOptions(), ReportOptions(audience=Audience.ANONYMOUS)
    assert {copy_title(build_gradebook(header, rows, named), n, named) for n in (1, 2)} == {"Zoé (zoe)", "Zoé (zoe2)"}
    assert "zoe" not in repr(outline(build_gradebook(header, rows, anonymous), anonymous))


def test_without_classes_the_students_stand_alone() -> None:
    options = ReportOptions(language=Language.EN)
    book = a_book(options, ("Zoé", ()))
    assert outline(book, options) == (Bookmark("Summary"), Bookmark("Zoé", copy=0))


def test_an_anonymous_outline_tells_no_name_and_no_class() -> None:
    options = ReportOptions(audience=Audience.ANONYMOUS)
    book = a_book(options, ("Zoé", ("a",)), ("Ali", ("b",)))
    told = repr(outline(book, options))
    assert not any(secret in told for secret in ("Zoé", "Ali", "'A'", "'B'"))
    assert copy_title(book, 1, options) != copy_title(book, 2, options)
