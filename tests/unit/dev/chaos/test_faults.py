"""A seed decides everything, and what was asked for is what is scheduled."""

from collections import Counter

import pytest

from dev.chaos.faults import Parameters, failpoints_of, kills_in, schedule


def test_the_same_seed_schedules_the_same_and_another_one_does_not() -> None:
    assert schedule(Parameters(5)) == schedule(Parameters(5))
    assert schedule(Parameters(5)) != schedule(Parameters(6))


@pytest.mark.parametrize("kills", [20, 150])
def test_as_many_of_each_as_asked_for(kills: int) -> None:
    faults = schedule(Parameters(1, kills=kills, broker_restarts=3, database_restarts=2, freezes=5, cuts=7))
    assert kills_in(faults) == kills
    kinds = Counter(fault.kind for fault in faults)
    assert (kinds["freeze"], kinds["cut"] + kinds["blackhole"] + kinds["half_open"] + kinds["slow"]) == (5, 7)
    restarts = Counter(fault.target for fault in faults if fault.kind == "restart")
    assert restarts == {"broker": 3, "database": 2}


def test_a_long_run_dies_at_every_step_that_load_reaches() -> None:
    steps = {fault.detail for fault in schedule(Parameters(1, kills=150)) if fault.kind == "trap"}
    usual = {
        name
        for service in ("gateway", "renderer", "storage")
        for name in failpoints_of(service)
        if not name.startswith(("cancel.", "coordinator.", "dead.", "expiry.", "helper.", "retry.", "worker."))
    }
    assert steps == usual
