"""What is told of how long exports take: by their own pace, by what others took, or not at all."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.states import Format
from services.gateway.forecast import Forecast, LatestForecasts, RunningExport, forecasts

USUAL = {Format.PDF: 40.0, Format.CSV: 2.0}


def running(percent: int, seconds: float, format: Format = Format.PDF) -> RunningExport:
    return RunningExport(uuid4(), format, percent, seconds)


def waiting(format: Format = Format.PDF) -> RunningExport:
    return RunningExport(uuid4(), format, 0, None)


def told(*exports: RunningExport, usual: dict[Format, float] | None = None) -> list[tuple[int | None, int | None]]:
    found = forecasts(exports, USUAL if usual is None else usual)
    return [(found[each.id].position, found[each.id].seconds) for each in exports]


@pytest.mark.parametrize(
    ("percent", "seconds", "left"),
    [(50, 20.0, 20), (80, 20.0, 5), (100, 20.0, 1), (15, 3.0, 17), (14, 30.0, 10), (0, 1000.0, 1)],
)
def test_an_export_that_runs_goes_on_at_its_pace(percent: int, seconds: float, left: int) -> None:
    assert told(running(percent, seconds)) == [(None, left)]


def test_without_any_pace_nothing_is_told_but_the_place() -> None:
    assert told(running(3, 5.0), waiting(), waiting(), usual={}) == [(None, None), (1, None), (2, None)]


def test_those_that_wait_are_begun_in_order_as_places_are_free() -> None:
    """Two places, free in 10 and in 20 seconds."""
    busy = (running(50, 10.0), running(50, 20.0))
    assert told(*busy, waiting(), waiting(Format.CSV), waiting())[2:] == [(1, 50), (2, 22), (3, 62)]


def test_a_renderer_takes_two_at_once_though_only_one_runs() -> None:
    assert told(running(50, 10.0), waiting()) == [(None, 10), (1, 40)]
    assert told(waiting(), waiting(), waiting()) == [(1, 40), (2, 40), (3, 80)]


def some() -> st.SearchStrategy[RunningExport]:
    formats, percents = st.sampled_from(Format), st.integers(0, 100)
    return st.builds(RunningExport, st.uuids(), formats, percents, st.none() | st.floats(0, 1e6))


@given(
    st.lists(some(), max_size=30, unique_by=lambda each: each.id),
    st.dictionaries(st.sampled_from(Format), st.floats(0, 1e5)),
)
def test_every_export_has_a_forecast_and_places_count_up(
    exports: list[RunningExport], usual: dict[Format, float]
) -> None:
    found = forecasts(exports, usual)
    assert found.keys() == {each.id for each in exports}
    places = [found[each.id].position for each in exports if each.seconds is None]
    assert places == list(range(1, len(places) + 1))
    assert all(each.seconds is None or each.seconds >= 1 for each in found.values())


def test_what_was_last_reckoned_is_told() -> None:
    latest, export = LatestForecasts(), UUID(int=1)
    assert latest.of(export) is None
    latest.take({export: Forecast(1, 5)})
    assert latest.of(export) == Forecast(1, 5)
    latest.take({})
    assert latest.of(export) is None
