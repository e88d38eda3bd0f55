"""The class filter: unknown is an error, subgroups of any depth follow, cycles end."""

import pytest

from contracts.graded_exam import ClassGroup
from services.renderer.errors import ClassNotFound
from services.renderer.exam.classes import belongs, class_key, class_name, path, selection

TREE = (
    ClassGroup(id="mpsi", name="MPSI"),
    ClassGroup(id="a", name="Groupe A", parent_id="mpsi"),
    ClassGroup(id="a1", name="Trinôme 1", parent_id="a"),
    ClassGroup(id="pcsi", name="PCSI"),
    ClassGroup(id="all", name="__DEFAULT__"),
    ClassGroup(id="orphan", name="Groupe perdu", parent_id="gone"),
)
LOOP = (ClassGroup(id="x", name="X", parent_id="y"), ClassGroup(id="y", name="Y", parent_id="x"))


def test_a_class_brings_its_subgroups_of_any_depth() -> None:
    assert selection(TREE, ["mpsi"]) == {"mpsi", "a", "a1"}
    assert selection(TREE, ["a", "pcsi"]) == {"a", "a1", "pcsi"}


@pytest.mark.parametrize("asked", [["nowhere"], ["mpsi", "nowhere"], [""]])
def test_an_unknown_class_is_an_error_never_everyone(asked: list[str]) -> None:
    with pytest.raises(ClassNotFound):
        selection(TREE, asked)


def test_no_class_asked_filters_nobody_out() -> None:
    assert belongs((), selection(TREE, ()))
    assert not belongs((), selection(TREE, ["mpsi"]))
    assert belongs(("a1",), selection(TREE, ["mpsi"]))
    assert not belongs(("pcsi",), selection(TREE, ["mpsi"]))


def test_the_hidden_class_means_everyone() -> None:
    assert selection(TREE, ["all", "mpsi"]) == frozenset()


def test_a_cycle_ends() -> None:
    assert selection(LOOP, ["x"]) == {"x", "y"}
    assert set(path(LOOP, "x")) == {"X", "Y"}


def test_a_student_stands_in_the_deepest_class_without_the_hidden_one() -> None:
    assert class_name(TREE, ("mpsi", "a1", "all")) == "MPSI / Groupe A / Trinôme 1"
    assert class_name(TREE, ("all",)) == ""
    assert class_name(TREE, ("pcsi", "mpsi")) == "MPSI"
    assert class_name(TREE, ("orphan", "unknown")) == "Groupe perdu"


def test_students_without_a_class_come_last() -> None:
    keys = [class_key(TREE, ids) for ids in (("mpsi",), ("a",), ("pcsi",), ())]
    assert keys == sorted(keys)
