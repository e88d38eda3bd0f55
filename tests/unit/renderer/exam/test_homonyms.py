"""Students of one name: told apart by their address, and nobody else is."""

import pytest

from contracts.graded_exam import Absent
from services.renderer.exam.homonyms import LONGEST, Homonyms, Person, person_of, qualified
from tests.builders import a_student, an_exam_header


def qualifiers(*people: tuple[str, str, str]) -> list[str | None]:
    homonyms = Homonyms(Person(*person) for person in people)
    students = [a_student(name=name, email=email, id=identity) for name, email, identity in people]
    return [homonyms.told_apart(student).qualifier for student in students]


@pytest.mark.parametrize("other", ["Zoé Roy", "zoe ROY", "Zoé-Roy", " Zoe\u0301  Roy "])
def test_one_name_however_it_is_spelt(other: str) -> None:
    assert qualifiers(("Zoé Roy", "zroy@x", "1"), (other, "z.roy@x", "2")) == ["zroy", "z.roy"]


def test_different_names_need_nothing() -> None:
    assert (
        qualifiers(("Zoé Roy", "a@x", "1"), ("Zoé Royer", "b@x", "2"), ("", "c@x", "3"), ("", "d@x", "4")) == [None] * 4
    )


def test_one_person_is_no_homonym_of_themselves() -> None:
    """Two attempts, two enrolments, or an absent list that has the author of a copy."""
    assert qualifiers(("Zoé", "zoe@x", "1"), ("Zoé", "ZOE@x", "1")) == [None, None]


def test_a_shared_local_part_is_told_whole() -> None:
    assert qualifiers(("Zoé", "zoe@a", "1"), ("Zoé", "Zoe@b", "2"), ("Zoé", "z@b", "3")) == ["zoe@a", "Zoe@b", "z"]


def test_without_an_address_the_id_decides() -> None:
    assert qualifiers(("Zoé", "", "s1"), ("Zoé", "", "s2"), ("Zoé", "@x", "s3")) == ["s1", "s2", "@x"]


def test_a_hostile_address_is_bounded() -> None:
    (first, _) = qualifiers(("Zoé", "z" * 100_000, "1"), ("Zoé", "b@x", "2"))
    assert first == "z" * LONGEST


def test_what_a_file_says_itself_does_not_count() -> None:
    student = a_student(qualifier="18/20")
    assert Homonyms([person_of(student)]).told_apart(student).qualifier is None


def test_the_absent_are_told_apart_from_who_is_there() -> None:
    student, absent = a_student(name="Zoé", email="zoe@x"), Absent(name="Zoé", email="zoe2@x")
    homonyms = Homonyms([person_of(student), person_of(absent)])
    header = homonyms.header_told_apart(an_exam_header(absent=(absent,)))
    assert [qualified(person.name, person) for person in header.absent] == ["Zoé (zoe2)"]
