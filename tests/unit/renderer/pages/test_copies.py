"""What stands where: heads, names, titles, numbering."""

from decimal import Decimal

import pytest

from contracts.graded_exam import Section
from contracts.options import Audience, Language, ReportOptions
from services.renderer.grading.marks import Mark, mark_copy
from services.renderer.pages.copies import NAME_CHARACTERS, Document, readable, section_title, shortened
from services.renderer.pages.questions import written
from tests.builders import a_student, a_submission, an_exam_header


def document(**options: object) -> Document:
    return Document(an_exam_header(), ReportOptions.model_validate(options))


def name(student_name: str, position: int | None = 3, **options: object) -> str:
    header = an_exam_header()
    marks = mark_copy(header.exam, a_submission(student=a_student(name=student_name)))
    return document(**options).name(marks, position)


def test_a_copy_is_called_by_its_student() -> None:
    assert name("Zoé Lefèvre") == "Zoé Lefèvre"


def test_an_anonymous_copy_is_called_by_its_place() -> None:
    assert name("Zoé Lefèvre", audience=Audience.ANONYMOUS) == "Copie 003"
    assert name("Zoé Lefèvre", audience=Audience.ANONYMOUS, language=Language.EN) == "Copy 003"
    assert name("Zoé Lefèvre", position=None, audience=Audience.ANONYMOUS) == "Copie"


def test_a_copy_is_never_called_nothing() -> None:
    assert "@" in name(" ")
    header = an_exam_header()
    nobody = mark_copy(header.exam, a_submission(student=a_student(name="", email="")))
    assert document().name(nobody, None) == "Copie"


def test_a_name_that_is_nobodys_is_cut() -> None:
    assert len(name("x" * 10_000)) == NAME_CHARACTERS + 1


@pytest.mark.parametrize(
    ("title", "label", "shown"),
    [("Analyse", None, "Analyse"), ("Analyse", "Partie A", "Partie A – Analyse"), ("", "Partie A", ""), ("", None, "")],
)
def test_sections_are_titled_as_correcta_shows_them(title: str, label: str | None, shown: str) -> None:
    assert section_title(Section(id="s", title=title, label=label)) == shown


@pytest.mark.parametrize(
    ("text", "running"),
    [
        ("Partiel d'analyse", "Partiel d'analyse"),
        ("Devoir surveillé n° 3 : suites, dérivation et probabilités", "Devoir surveillé n° 3 : suites, dérivation…"),
        ("un deux trois quatre cinq six", "un deux trois quatre cinq six"),
        ("a\n\u202eb\t c", "a b c"),
        ("", ""),
    ],
)
def test_running_lines_are_short(text: str, running: str) -> None:
    assert shortened(text) == running


def test_a_running_line_has_an_end() -> None:
    assert len(shortened("x" * 10_000)) <= 61


def test_metadata_holds_only_what_prints() -> None:
    assert readable("a\x00\u202eb\u200b é" + "\u0301" * 50) == "ab é" + "\u0301" * 4


def test_a_mark_is_never_a_bare_zero_where_there_is_none() -> None:
    assert written(Mark("q", None, Decimal(2)), Language.FR) == "non noté\u00a0/\u00a02"
    assert written(Mark("q", Decimal(0), Decimal(2)), Language.FR) == "0\u00a0/\u00a02"
    assert written(Mark("q", Decimal("1.5"), Decimal(2)), Language.EN) == "1.5\u00a0/\u00a02"
