"""One export over several renderers of one worker each, on one machine with broker, database and storage beside them.

Each export is of another exam, so that nothing is found ready; the renderers keep no copies themselves.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from bench import exam_rows, exams
from bench.live import correcta_url
from dev.stack.local import Local, running
from dev.stack.services import Plan
from dev.teacher import Teacher

COPIES = 400
SMALL = 20
ROUNDS = 2
SETTLING_SECONDS = 6.0
"""Until renderers know of one another."""

SETTINGS = {"renderer": {"CACHE_BYTES": "0", "WORKERS": "1"}}

_numbers = count(1)


@dataclass
class Fleet:
    """Seconds from the start to the end of an export: of `COPIES` by the number of renderers, run by run; of the same
    with two, one of which is killed half way and started again at once; of `SMALL` copies alone and beside `COPIES`,
    with two.
    """

    alone: dict[int, list[float]] = field(default_factory=dict)
    killed: float = 0.0
    small: float = 0.0
    small_beside: float = 0.0

    def best(self, renderers: int) -> float:
        """The best time with so many renderers."""
        return min(self.alone[renderers])


def measure(say: Callable[[str], None]) -> Fleet:
    """Start and stop a stack for each run."""
    fleet = Fleet()
    for _ in range(ROUNDS):
        for renderers in (1, 2):
            with _stack(renderers) as (local, teacher):
                seconds = _export(local, teacher, COPIES)
            fleet.alone.setdefault(renderers, []).append(seconds)
            say(f"{COPIES} copies, {renderers} renderers of one worker: {seconds:.1f} s")
    with _stack(2) as (local, teacher):
        fleet.killed = _export(local, teacher, COPIES, half_way=lambda: _start_again(local))
        say(f"{COPIES} copies, one of two renderers killed half way and started again: {fleet.killed:.1f} s")
    with _stack(2) as (local, teacher):
        fleet.small = _export(local, teacher, SMALL)
        teacher.start(_exam(local, COPIES), "pdf")
        time.sleep(SETTLING_SECONDS)
        fleet.small_beside = _export(local, teacher, SMALL)
        say(f"{SMALL} copies: {fleet.small:.1f} s alone, {fleet.small_beside:.1f} s beside {COPIES}")
    return fleet


@contextmanager
def _stack(renderers: int) -> Iterator[tuple[Local, Teacher]]:
    """A stack with so many renderers, and a teacher at it."""
    with (
        running("bench", Plan(renderers=renderers, settings=SETTINGS)) as local,
        Teacher(local.stack.url, exam_rows.TEACHER, local.stack.session_secret) as teacher,
    ):
        time.sleep(SETTLING_SECONDS)
        yield local, teacher


def _start_again(local: Local) -> None:
    """Kill the second renderer, and start another one, as a supervisor does."""
    local.stack.renderers[1].process.kill()
    local.stack.add_renderer()


def _exam(local: Local, copies: int) -> str:
    key = f"fleet-{time.time():.0f}-{next(_numbers)}"
    return asyncio.run(exam_rows.load(correcta_url(local), exams.exam(copies), key))


def _export(local: Local, teacher: Teacher, copies: int, half_way: Callable[[], None] | None = None) -> float:
    exam_id = _exam(local, copies)
    begun = time.perf_counter()
    job = teacher.start(exam_id, "pdf")
    for event in teacher.follow(exam_id, job):
        if half_way is not None and event.data["processed"] >= copies // 2:
            half_way()
            half_way = None
        if event.type not in ("progress", "completed"):
            raise RuntimeError(f"{event.type}: {event.data}")
    return time.perf_counter() - begun
