"""Names in the order a French reader expects."""

import random

import pytest

from contracts.collation import person_key, sort_key


@pytest.mark.parametrize(
    "ordered",
    [
        ["Abel", "Éloïse", "Zoé"],
        ["cote", "coté", "Cotentin"],
        ["Œdipe", "Ogier"],
        ["Groupe 2", "Groupe 10"],
        ["Jean Michel", "Jean-Paul", "Jean Pierre"],
        ["Łukasz", "Lz"],
        ["Zoé", "محمد", "李明"],
    ],
)
def test_names_follow_one_another_as_in_a_french_list(ordered: list[str]) -> None:
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert sorted(shuffled, key=sort_key) == ordered


def test_names_that_differ_in_case_only_still_have_one_order() -> None:
    assert sort_key("dupont") != sort_key("Dupont")


def test_any_digit_of_any_script_is_a_number_and_a_long_run_is_text() -> None:
    assert sort_key("n ²") != sort_key("n 2")
    assert sort_key("9" * 5000) > sort_key("1")


def test_an_address_decides_between_people_of_one_name() -> None:
    people = [("Zoé", "a@x", "2"), ("Éloi", "z@x", "1"), ("Zoé", "a2@x", "0"), ("Zoé", "a@x", "1")]
    assert sorted(people, key=lambda person: person_key(*person)) == [people[1], people[3], people[0], people[2]]
