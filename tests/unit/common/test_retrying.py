import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from services.common.retrying import retry, retry_forever


class Away(Exception):
    pass


class Full(Away):
    pass


@dataclass
class FakeTime:
    """A clock that moves when somebody sleeps."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@dataclass
class Step:
    """Fails with each of `errors` in turn, then returns."""

    errors: list[Exception]
    calls: int = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


async def test_a_step_that_succeeds_is_called_once(fake: FakeTime) -> None:
    step = Step([])
    assert await retry(step, Away, "away", sleep=fake.sleep, clock=fake.clock) == "done"
    assert (step.calls, fake.slept) == (1, [])


async def test_without_a_limit_a_step_is_called_until_it_succeeds(fake: FakeTime) -> None:
    step = Step([Away() for _ in range(50)])
    assert await retry(step, Away, "away", delay=2.0, sleep=fake.sleep, clock=fake.clock) == "done"
    assert fake.slept == [2.0] * 50


async def test_the_delay_doubles_up_to_the_longest(fake: FakeTime) -> None:
    step = Step([Away() for _ in range(6)])
    await retry(step, Away, "away", delay=0.5, longest_delay=3.0, sleep=fake.sleep, clock=fake.clock)
    assert fake.slept == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]


async def test_the_error_of_the_last_try_is_raised(fake: FakeTime) -> None:
    step = Step([Away("first"), Away("second"), Away("third"), Away("fourth")])
    with pytest.raises(Away, match="third"):
        await retry(step, Away, "away", tries=3, sleep=fake.sleep, clock=fake.clock)
    assert (step.calls, fake.slept) == (3, [1.0, 1.0])


async def test_no_try_begins_after_the_deadline(fake: FakeTime) -> None:
    step = Step([Away(str(number)) for number in range(9)])
    with pytest.raises(Away, match="2"):
        await retry(step, Away, "away", delay=4.0, seconds=10.0, sleep=fake.sleep, clock=fake.clock)
    assert fake.slept == [4.0, 4.0]


async def test_time_spent_in_the_step_counts(fake: FakeTime) -> None:
    async def slow() -> None:
        fake.now += 60.0
        raise Away

    with pytest.raises(Away):
        await retry(slow, Away, "away", seconds=10.0, sleep=fake.sleep, clock=fake.clock)
    assert fake.slept == []


def _allowed(error: Away) -> float:
    return 1.5 if isinstance(error, Full) else 100.0


@pytest.mark.parametrize(("errors", "calls"), [([Away, Away, Away], 4), ([Full, Full, Full], 2), ([Away, Full], 2)])
async def test_each_error_may_have_a_limit_of_its_own(fake: FakeTime, errors: list[type[Away]], calls: int) -> None:
    step = Step([error() for error in errors])
    with suppress(Full):
        await retry(step, Away, "away", seconds=_allowed, sleep=fake.sleep, clock=fake.clock)
    assert step.calls == calls


@pytest.mark.parametrize("error", [KeyError("a mistake"), asyncio.CancelledError()])
async def test_other_errors_pass_through(fake: FakeTime, error: BaseException) -> None:
    async def step() -> None:
        raise error

    with pytest.raises(type(error)):
        await retry(step, Away, "away", sleep=fake.sleep, clock=fake.clock)
    assert fake.slept == []


async def test_each_failed_try_is_logged_and_the_last_error_is_the_callers(fake: FakeTime) -> None:
    errors = [Away("no route"), Away(), Away()]
    with capture_logs() as logs, pytest.raises(Away):
        await retry(
            Step(list[Exception](errors)),
            Away,
            "broker.unavailable",
            tries=3,
            sleep=fake.sleep,
            clock=fake.clock,
            export="e1",
        )
    assert [(line["event"], line["cause"], line["export"]) for line in logs] == [
        ("broker.unavailable", error, "e1") for error in errors[:2]
    ]


async def test_background_work_outlives_a_mistake(fake: FakeTime) -> None:
    step = Step([KeyError("a mistake"), Away()])
    with capture_logs() as logs:
        assert await retry_forever(step, "background.failed", delay=2.0, sleep=fake.sleep, step="sweep") == "done"
    assert fake.slept == [2.0, 2.0]
    assert [(line["event"], line["step"], line["exc_info"]) for line in logs] == [
        ("background.failed", "sweep", True)
    ] * 2


async def test_background_work_ends_when_it_is_cancelled(fake: FakeTime) -> None:
    async def step() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await retry_forever(step, "background.failed", delay=2.0, sleep=fake.sleep)
