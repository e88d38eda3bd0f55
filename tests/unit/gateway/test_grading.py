"""The grading table: classes as a tree, whatever people typed, and the points on a page."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.options import Language
from services.gateway.grading import ClassNode, tree
from services.gateway.pages import points


def row(class_id: str, parent_id: str | None = None, name: str | None = None) -> dict[str, str | None]:
    return {"id": class_id, "name": name or class_id, "parent_id": parent_id}


def ids(nodes: tuple[ClassNode, ...]) -> list[str]:
    return [found for node in nodes for found in (node.id, *ids(node.children))]


def test_subgroups_of_any_depth_stand_below_their_class() -> None:
    (a, d) = tree([row("a"), row("b", "a"), row("c", "b"), row("d")])
    assert (a.id, a.children[0].id, a.children[0].children[0].id, d.id) == ("a", "b", "c", "d")


@given(st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 12)), unique_by=lambda pair: pair[0]))
def test_no_class_is_lost_or_doubled_even_in_a_cycle(pairs: list[tuple[int, int | None]]) -> None:
    rows = [row(str(a), None if b is None else str(b)) for a, b in pairs]
    assert sorted(ids(tree(rows))) == sorted(str(a) for a, _ in pairs)


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        ("12.5", "12,5", "12.5"),
        ("20", "20", "20"),
        ("0", "0", "0"),
        ("13.999999999999998", "14", "14"),
        ("0.125", "0,13", "0.13"),
        ("100.00", "100", "100"),
    ],
)
def test_points_are_written_as_a_teacher_writes_them(value: str, french: str, english: str) -> None:
    assert points(Decimal(value), Language.FR) == french
    assert points(Decimal(value), Language.EN) == english
    assert points(None, Language.FR) == "—"
