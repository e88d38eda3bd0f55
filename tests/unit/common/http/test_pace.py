"""When a connection was waited for long enough."""

from services.common.http.pace import Deadline, MinimumRate


def test_nothing_extends_a_deadline() -> None:
    deadline = Deadline(10)
    assert not deadline.exhausted(9.5)
    deadline.moved(1_000_000)
    assert deadline.exhausted(0.5)


def test_each_period_needs_its_bytes() -> None:
    pace = MinimumRate(seconds=10, rate=100)
    pace.moved(1_000_000)
    assert not pace.exhausted(10), "the first period had enough"
    pace.moved(999)
    assert not pace.exhausted(9.9), "a period is judged at its end"
    assert pace.exhausted(0.1), "what came before it does not count"


def test_enough_in_each_period_lasts_for_ever() -> None:
    pace = MinimumRate(seconds=10, rate=100)
    for _ in range(1000):
        pace.moved(500)
        assert not pace.exhausted(5)
