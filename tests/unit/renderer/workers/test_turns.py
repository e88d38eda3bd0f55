"""Which export a free worker goes to."""

from collections import Counter

from services.renderer.workers.turns import LITTLE_SECONDS, LONGEST_EVERY, REMEMBERED, Turns


def served(turns: Turns, waiting: list[str], calls: int, seconds: float = 1.0) -> list[str]:
    """Who was served, where all go on waiting: whoever was served waits shortest."""
    order = []
    for _ in range(calls):
        key = str(turns.next(waiting))
        waiting.remove(key)
        waiting.append(key)
        turns.note(key, seconds)
        order.append(key)
    return order


def test_a_short_export_goes_before_a_long_one() -> None:
    turns = Turns()
    turns.note("long", 100.0)
    order = served(turns, ["long", "short"], 8)
    assert Counter(order) == {"short": 6, "long": 2}


def test_long_ones_take_turns() -> None:
    turns = Turns()
    for key in ("a", "b", "c"):
        turns.note(key, LITTLE_SECONDS + len(key))
    assert Counter(served(turns, ["a", "b", "c"], 12)) == {"a": 4, "b": 4, "c": 4}


def test_nobody_starves_beside_many_short_ones() -> None:
    turns = Turns()
    turns.note("long", 100.0)
    got = 0
    for number in range(40):
        key = turns.next(["long", f"short-{number}"])
        got += key == "long"
        turns.note(key, 1.0)
    assert got == 40 // LONGEST_EVERY


def test_those_never_served_are_served_in_the_order_in_which_they_came() -> None:
    turns = Turns()
    assert [turns.next(["a", "b"]), turns.next(["b"])] == ["a", "b"]


def test_it_does_not_remember_for_ever() -> None:
    turns = Turns()
    for number in range(2 * REMEMBERED):
        turns.note(number, 1.0)
    assert len(turns._served) == REMEMBERED
