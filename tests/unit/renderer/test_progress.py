"""Progress follows the phases of Correcta's client and never goes back; news of it is throttled and in order."""

import asyncio

from contracts.events import AnyEvent, ExportProgress
from contracts.states import Phase
from services.renderer.messaging.progress_events import ProgressPublisher
from services.renderer.progress import PhaseClock, Progress, Step
from tests.builders import an_export_requested
from tests.waiting import wait_until


def test_the_phases_of_an_export() -> None:
    steps: list[Step] = []
    progress = Progress(steps.append)
    progress.loading(0)
    progress.loading(20)
    progress.start(20)
    for _ in range(4):
        progress.done(5)
    progress.generating(0)
    progress.generating(1)
    progress.saving(0)
    progress.saving(1)
    assert [(step.phase, step.percent, step.processed) for step in steps] == [
        (Phase.LOADING, 0, 0),
        (Phase.LOADING, 0, 0),
        (Phase.PROCESSING, 10, 0),
        (Phase.PROCESSING, 27, 5),
        (Phase.PROCESSING, 45, 10),
        (Phase.PROCESSING, 62, 15),
        (Phase.PROCESSING, 80, 20),
        (Phase.GENERATING, 80, 20),
        (Phase.GENERATING, 95, 20),
        (Phase.SAVING, 95, 20),
        (Phase.SAVING, 100, 20),
    ]


def test_an_export_without_copies_divides_by_nothing() -> None:
    steps: list[Step] = []
    progress = Progress(steps.append)
    progress.start(0)
    progress.done(0)
    assert steps[-1].percent == 10


class FakeSink:
    """Hears hints."""

    def __init__(self) -> None:
        self.events: list[ExportProgress] = []
        self.times: list[float] = []

    async def publish_unconfirmed(self, event: AnyEvent) -> None:
        assert isinstance(event, ExportProgress)
        self.events.append(event)
        self.times.append(asyncio.get_running_loop().time())


async def test_at_most_five_a_second_the_newest_first_and_at_once() -> None:
    heard = FakeSink()
    async with ProgressPublisher(heard, an_export_requested(), 2) as announcer:
        progress = Progress(announcer.report)
        progress.loading(0)
        await wait_until(lambda: len(heard.events) == 1, 0.15)
        progress.start(100)
        for _ in range(100):
            progress.done(1)
        await wait_until(lambda: len(heard.events) == 2, 1)
        progress.saving(0.5)
        await wait_until(lambda: len(heard.events) == 3, 1)
    assert [event.sequence for event in heard.events] == [1, 2, 3]
    assert [event.processed for event in heard.events] == [0, 100, 100]
    assert {event.attempt for event in heard.events} == {2}
    assert all(later - earlier > 0.19 for earlier, later in zip(heard.times, heard.times[1:], strict=False))


def test_each_phase_is_timed_once_another_begins() -> None:
    now = 0.0
    steps: list[Step] = []
    told: list[tuple[Phase, float]] = []
    clock = PhaseClock(steps.append, lambda phase, seconds: told.append((phase, seconds)), lambda: now)
    progress = Progress(clock.report)
    progress.loading(4)
    now = 2.0
    progress.start(4)
    now = 3.0
    progress.done(2)
    now = 9.0
    progress.generating(0.5)
    now = 11.0
    clock.end()
    clock.end()
    assert told == [(Phase.LOADING, 2.0), (Phase.PROCESSING, 7.0), (Phase.GENERATING, 2.0)]
    assert len(steps) == 4
