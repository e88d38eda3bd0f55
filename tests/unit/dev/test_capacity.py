"""The simulation of an exam day: it loses nothing, and more workers never make anybody wait longer on the whole."""

import pytest

from bench.capacity import Day, Simulation, percentile


@pytest.mark.parametrize("renderers", [1, 3])
def test_every_export_ends_and_every_copy_is_typeset_once(renderers: int) -> None:
    outcome = Simulation(Day(copies=5_000, renderers=renderers, workers=2)).run()
    ended = len(outcome.small) + len(outcome.large)
    assert ended > 5_000 / 400
    assert all(seconds > 0 for seconds in (*outcome.small, *outcome.large))
    assert outcome.busy * renderers * 2 * 3600 == pytest.approx(5_000 * 0.15, rel=0.15)


def test_more_renderers_are_faster_and_less_busy() -> None:
    few, many = (Simulation(Day(copies=40_000, renderers=renderers, workers=2)).run() for renderers in (1, 4))
    for one, other in ((few.small, many.small), (few.large, many.large)):
        assert percentile(one, 0.95) > percentile(other, 0.95)
    assert few.busy > many.busy


def test_the_same_day_twice_is_the_same() -> None:
    day = Day(copies=2_000, renderers=2, workers=2, seed=7)
    assert Simulation(day).run() == Simulation(day).run()
    assert percentile([], 0.5) == 0.0
