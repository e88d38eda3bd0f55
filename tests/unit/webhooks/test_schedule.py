"""When a delivery is tried again."""

from datetime import timedelta

import pytest

from services.webhooks import schedule
from services.webhooks.settings import SCHEDULE


def test_the_usual_schedule_is_ten_attempts_over_three_days() -> None:
    delays = schedule.parse(SCHEDULE)
    assert len(delays) == 9
    assert timedelta(days=3) <= sum(delays, timedelta()) <= timedelta(days=3.3)


def test_each_delay_varies_by_a_fifth_and_after_the_last_it_is_given_up() -> None:
    delays = schedule.parse("10s, 5m")
    found = {schedule.delay(delays, 1) for _ in range(100)}
    assert len(found) > 50
    assert all(each is not None and timedelta(seconds=8) <= each <= timedelta(seconds=12) for each in found)
    assert schedule.delay(delays, 2) is not None
    assert schedule.delay(delays, 3) is None


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "-5s", "1.5h", "5s 5x", "٥s"])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no delay"):
        schedule.parse(text)
