"""Names of the members of an archive: safe on every system, unique, and no name in an anonymous one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.options import Audience, Language, ReportOptions
from services.renderer.formats.archive_names import LONGEST_NAME, file_names
from services.renderer.grading.marks import CopyMarks, mark_copy
from tests.builders import a_student, a_submission, an_exam

ANONYMOUS = ReportOptions(audience=Audience.ANONYMOUS)


def _rows(*names: str) -> list[CopyMarks]:
    exam = an_exam()
    return [mark_copy(exam, a_submission(student=a_student(name=name))) for name in names]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Zoé Lefèvre", "Zoé_Lefèvre.pdf"),
        ("  Anne-Marie   O'Neil ", "Anne-Marie_O'Neil.pdf"),
        ("李明", "李明.pdf"),
        ("../../etc/passwd", "etc_passwd.pdf"),
        ("a/b\\c:d*e?f", "a_b_c_d_e_f.pdf"),
        ("Zoé\u202egpj.exe", "Zoé_gpj.exe.pdf"),
        ("\x00\x1f\n", "Copie-001.pdf"),
        ("", "Copie-001.pdf"),
        ("...", "Copie-001.pdf"),
        ("CON", "_CON.pdf"),
        ("lpt1.txt", "_lpt1.txt.pdf"),
        ("--help", "help.pdf"),
    ],
)
def test_a_name_is_safe_on_every_system_and_keeps_its_accents(name: str, expected: str) -> None:
    assert file_names(_rows(name), ReportOptions()) == [expected]


def test_names_that_some_system_takes_for_the_same_are_numbered() -> None:
    names = file_names(_rows("Zoé Roy", "zoé roy", "Zoe\u0301 Roy", "Zoé Roy 2", "manifest.json"), ReportOptions())
    assert names == ["Zoé_Roy.pdf", "zoé_roy_2.pdf", "Zoé_Roy_3.pdf", "Zoé_Roy_2_2.pdf", "manifest.json.pdf"]


@given(st.lists(st.text(max_size=120), max_size=12))
def test_any_names_give_as_many_different_portable_file_names(names: list[str]) -> None:
    found = file_names(_rows(*names), ReportOptions())
    assert len({name.casefold() for name in found}) == len(names)
    for name in found:
        assert len(name.encode()) <= LONGEST_NAME + len("_12.pdf") + 1
        assert name.isprintable()
        assert not set(name) & set('/\\:*?"<>| ')
        assert not name.startswith((".", "-"))


def _homonyms(*qualifiers: str, name: str = "Zoé Roy") -> list[CopyMarks]:
    exam = an_exam()
    students = [a_student(name=name, qualifier=qualifier) for qualifier in qualifiers]
    return [mark_copy(exam, a_submission(student=student)) for student in students]


def test_students_of_one_name_have_a_part_of_their_address() -> None:
    rows = _homonyms("zoe.roy", "zoe.roy2", "a/b c")
    whole = ["Zoé_Roy_(zoe.roy).pdf", "Zoé_Roy_(zoe.roy2).pdf", "Zoé_Roy_(a_b_c).pdf"]
    assert file_names(rows, ReportOptions()) == whole
    assert file_names(rows[1:], ReportOptions()) == whole[1:]
    assert file_names(rows, ANONYMOUS) == ["Copie-001.pdf", "Copie-002.pdf", "Copie-003.pdf"]


def test_a_long_name_keeps_what_tells_it_apart() -> None:
    one, other = file_names(_homonyms("z1", "é" * 60, name="Zoé" * 60), ReportOptions())
    assert one.endswith("_(z1).pdf")
    assert other.endswith(f"_({'é' * 20}).pdf")
    assert max(len(one.encode()), len(other.encode())) <= LONGEST_NAME + len(".pdf")


def test_an_anonymous_archive_counts_its_copies() -> None:
    assert file_names(_rows("Zoé", "Ève"), ANONYMOUS) == ["Copie-001.pdf", "Copie-002.pdf"]
    english = ReportOptions(audience=Audience.ANONYMOUS, language=Language.EN)
    assert file_names(_rows("Zoé"), english) == ["Copy-001.pdf"]
