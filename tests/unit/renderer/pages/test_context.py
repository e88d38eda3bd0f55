"""The names of copies, and texts cut for running lines."""

import pytest

from contracts.options import Audience, Language, ReportOptions
from services.renderer.grading.marks import mark_copy
from services.renderer.pages.context import (
    NAME_CHARACTERS,
    RUNNING_CHARACTERS,
    TITLE_CHARACTERS,
    PageContext,
    readable,
    running,
    shortened,
)
from tests.builders import a_student, a_submission, an_exam, an_exam_header


def context(**options: object) -> PageContext:
    return PageContext(an_exam_header(), ReportOptions.model_validate(options))


def name(student_name: str, number: int | None = 3, **options: object) -> str:
    header = an_exam_header()
    marks = mark_copy(header.exam, a_submission(student=a_student(name=student_name)))
    return context(**options).name(marks, number)


def test_a_copy_is_called_by_its_student() -> None:
    assert name("Zoé Lefèvre") == "Zoé Lefèvre"


def test_an_anonymous_copy_is_called_by_its_number() -> None:
    assert name("Zoé Lefèvre", audience=Audience.ANONYMOUS) == "Copie 003"
    assert name("Zoé Lefèvre", audience=Audience.ANONYMOUS, language=Language.EN) == "Copy 003"
    assert name("Zoé Lefèvre", number=None, audience=Audience.ANONYMOUS) == "Copie"


def test_a_copy_is_never_called_nothing() -> None:
    assert "@" in name(" ")
    header = an_exam_header()
    nobody = mark_copy(header.exam, a_submission(student=a_student(name="", email="")))
    assert context().name(nobody, None) == "Copie"


def test_a_long_name_is_truncated() -> None:
    assert len(name("x" * 10_000)) == NAME_CHARACTERS + 1


def test_a_long_title_is_truncated() -> None:
    header = an_exam_header(exam=an_exam(title="x" * 10_000))
    assert len(PageContext(header, ReportOptions()).exam_name) == TITLE_CHARACTERS + 1


def test_an_anonymous_copy_has_no_class() -> None:
    assert context().class_name(("c1",)) == "Terminale A"
    assert context(audience=Audience.ANONYMOUS).class_name(("c1",)) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Partiel d'analyse", "Partiel d'analyse"),
        (
            "Devoir surveillé n° 3 : suites, dérivation et probabilités",
            "Devoir surveillé n° 3 : suites, dérivation et…",
        ),
        ("un deux trois quatre cinq six", "un deux trois quatre cinq six"),
        ("a\n\u202eb\t c", "a b c"),
        ("", ""),
    ],
)
def test_running_lines_are_short(text: str, shown: str) -> None:
    assert shortened(text) == shown


def test_a_running_line_has_an_end() -> None:
    assert len(shortened("x" * 10_000)) <= RUNNING_CHARACTERS
    assert len(running("x" * 10_000, "mot " * 100)) <= RUNNING_CHARACTERS + 6


def test_a_class_has_the_room_that_a_name_leaves() -> None:
    assert running("Zoé Lambert", "MPSI 1 / MPSI 1 – Groupe A / Trinômes A1 à A4") == (
        "Zoé Lambert – MPSI 1 / MPSI 1 – Groupe A / Trinômes A1 à A4"
    )
    assert running("Zoé", "") == "Zoé"


def test_metadata_holds_only_what_prints() -> None:
    assert readable("a\x00\u202eb\u200b é" + "\u0301" * 50) == "ab é" + "\u0301" * 4
