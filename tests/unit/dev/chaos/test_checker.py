"""The checker on histories written by hand: a good one passes, and each promise broken in it is named."""

from collections.abc import Callable
from typing import Any

import pytest

from dev.chaos.checker import check
from dev.chaos.history import Fact

SHA, OTHER = "a" * 64, "b" * 64


def an_event(**changed: Any) -> Fact:
    """What the subscriber heard: the completion of `e1`."""
    event = {"at": 1.8, "kind": "event", "type": "export.completed.v1", "id": "i1", "export": "e1"}
    return event | {"sequence": "1000", "sha256": SHA if changed.get("id", "i1") != "i0" else None} | changed


def a_history() -> list[Fact]:
    """One export, made and told as it should be, with one kill on the way."""
    return [
        {"at": 1.0, "kind": "asked", "session": 0, "key": "k1"},
        {"at": 1.1, "kind": "accepted", "session": 0, "key": "k1", "export": "e1", "format": "pdf"},
        {"at": 1.2, "kind": "attempt", "service": "renderer-1", "export": "e1"},
        {"at": 1.3, "kind": "fault", "fault": "trap", "target": "renderer-1", "detail": "render.done"},
        {"at": 1.4, "kind": "fired", "service": "renderer-1", "failpoint": "render.done"},
        {"at": 1.5, "kind": "healed", "fault": "trap", "target": "renderer-1", "detail": "render.done", "fired": True},
        {"at": 1.6, "kind": "frame", "session": 0, "export": "e1", "position": 1_000_001},
        {"at": 1.7, "kind": "frame", "session": 0, "export": "e1", "position": 1_000_000_000_000},
        {"at": 1.7, "kind": "told", "session": 0, "export": "e1", "status": "completed", "sha256": SHA},
        {"at": 1.8, "kind": "file", "session": 0, "export": "e1", "sha256": SHA, "promised": SHA},
        an_event(at=1.1, type="export.requested.v1", id="i0", sequence="0000"),
        an_event(),
        an_event(at=1.9),
        {"at": 2.0, "kind": "quiet"},
        {"at": 2.1, "kind": "transition", "export": "e1", "before": "active", "after": "completed"},
        {
            "at": 2.2,
            "kind": "row",
            "export": "e1",
            "key": "k1",
            "status": "completed",
            "sha256": SHA,
            "code": None,
            "requested": 1.1,
            "ended": 2.1,
        },
        {"at": 2.3, "kind": "outbox", "rows": 0},
        {"at": 2.3, "kind": "queue", "name": "renderer.requests.v2", "messages": 0},
    ]


def only(kind: str) -> Callable[[list[Fact]], Fact]:
    return lambda facts: next(fact for fact in facts if fact["kind"] == kind)


def changed(kind: str, **values: Any) -> Callable[[list[Fact]], None]:
    return lambda facts: only(kind)(facts).update(values)


def changed_end(**values: Any) -> Callable[[list[Fact]], None]:
    def change(facts: list[Fact]) -> None:
        for fact in facts:
            if fact["kind"] == "event" and fact["type"] == "export.completed.v1":
                fact.update(values)

    return change


def without(kind: str) -> Callable[[list[Fact]], None]:
    def change(facts: list[Fact]) -> None:
        facts[:] = [fact for fact in facts if fact["kind"] != kind]

    return change


def again(kind: str, **values: Any) -> Callable[[list[Fact]], None]:
    return lambda facts: facts.append(only(kind)(facts) | values)


def added(**fact: Any) -> Callable[[list[Fact]], None]:
    return lambda facts: facts.append({"at": 3.0, **fact})


def test_what_was_kept_passes_and_is_counted() -> None:
    verdict = check(a_history(), renders=1.0)
    assert verdict.violations == ()
    assert verdict.figures["exports"] == 1
    assert verdict.figures["kill -9"] == {"renderer": 2}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("row"), "there is no row"),
        (changed("row", status="active"), "still active"),
        (again("transition", after="failed"), "ended 2 times"),
        (again("row", export="e2"), "key k1: 2 exports"),
        (changed("row", key="k2"), "never asked for"),
        (changed("file", sha256=OTHER), "downloaded"),
        (without("file"), "downloaded nothing"),
        (changed("told", status="failed"), "owner heard ['failed']"),
        (without("told"), "owner heard nothing"),
        (again("frame", position=1_000_001), "position 1000001 after"),
        (changed_end(sha256=OTHER), "subscribers heard"),
        (without("event"), "subscribers heard []"),
        (added(**an_event(sha256=OTHER)), "2 different files under one id"),
        (added(**an_event(id="i2")), "subscribers heard 2 ends"),
        (added(**an_event(id="i2", type="export.cancelled.v1", sha256=None)), "subscribers heard 2 ends"),
        (added(**an_event(id="i2", type="export.expired.v1", sequence="0999")), "sequence 0999 after 1000"),
        (changed("queue", messages=1), "1 messages left"),
        (changed("outbox", rows=2), "2 rows left"),
        (added(kind="orphan", process="42 python"), "orphaned process"),
        (changed("row", ended=62.5), "not ended 60 s after"),
        (added(kind="refused", session=0, what="start", status=500), "start was answered 500"),
        (added(kind="died", service="gateway-1", status=1, words="Traceback"), "ended by itself"),
        (added(kind="abandoned", session=0, words="KeyError()"), "KeyError"),
        (changed("row", status="failed", code="internal"), "failed as internal"),
        (changed("healed", fired=False), "did not happen"),
        (without("healed"), "1 faults begun, 0 healed"),
        (without("fired"), "its log says 0"),
        (again("attempt"), "2.0 renders an export"),
    ],
)
def test_each_promise_that_was_not_kept_is_named(change: Callable[[list[Fact]], None], words: str) -> None:
    facts = a_history()
    change(facts)
    assert any(words in violation for violation in check(facts, renders=1.0).violations)


def test_a_file_of_an_export_that_storage_or_database_kept_from_being_made_is_nobodys_fault() -> None:
    facts = a_history()
    for kind in ("row", "told"):
        only(kind)(facts).update(status="failed", code="storage_full", sha256=None)
    changed_end(type="export.failed.v1", sha256=None)(facts)
    only("transition")(facts).update(after="failed")
    without("file")(facts)
    assert check(facts, renders=1.0).violations == ()
