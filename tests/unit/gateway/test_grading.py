"""The grading table: classes as a tree, whatever people typed, and the points on a page."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.options import Language
from services.gateway.grading import ClassNode, Grading, grading, tree
from services.gateway.pages import clock, points


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


def a_table(names: dict[str, str], class_of: dict[str, str] | None = None, classes: str = "") -> Grading:
    """A table of people who handed nothing in, by id."""
    members: list[dict[str, Any]] = [
        {"id": identity, "name": name, "email": f"{identity}@x", "class_id": (class_of or {}).get(identity, "-")}
        for identity, name in names.items()
    ]
    return grading(
        classes=[row(name) | {"archived": False} for name in classes.split()],
        members=[member | {"archived": False} for member in members],
        attempts=[],
        answers=[],
        points=[],
        aimed_at=[],
        left_out={},
    )


def test_people_stand_in_the_order_of_every_file() -> None:
    table = a_table({"1": "Zoé", "2": "Éloïse", "3": "abel", "4": "Œdipe", "5": "Ogier", "7": "Abel", "6": "Abel"})
    assert [line.student_id for line in table.lines] == ["6", "7", "3", "2", "4", "5", "1"]


def test_classes_too() -> None:
    class_of = {"1": "G10", "2": "G2", "3": "Été", "4": "gone"}
    table = a_table(dict.fromkeys(class_of, "A"), class_of, "G10 G2 Zone Été")
    assert [node.name for node in table.classes] == ["Été", "G2", "G10", "Zone"]
    places = [table.class_places[(class_of[student],)] for student in "321"]
    assert places == sorted(place for place in places if place is not None)
    assert table.class_places["gone",] is None


def test_times_are_those_of_the_institution() -> None:
    moment = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    assert clock(moment, ZoneInfo("Europe/Paris")) == "01/02/2026 00:30"
    assert clock(moment, ZoneInfo("America/Guadeloupe")) == "31/01/2026 19:30"
