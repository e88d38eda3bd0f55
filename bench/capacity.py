"""A simulation of an exam day: exports are asked for, renderers share each of them, and how long do teachers wait?

`python -m bench.capacity --copies 100000 --renderers 4 --workers 4` prints it. What a copy costs is measured
(`docs/capacity.md`), not simulated; what is simulated is the queue. Exports are begun in order, small ones on a queue
of their own; the workers of all renderers typeset the copies of whatever was begun, in turn.
"""

import argparse
import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from contracts.topology import PREFETCH, SMALL_COPIES

COPY_SECONDS = 0.15
"""Of one worker, for a tagged copy of four pages with forty formulas."""

FIXED_SECONDS = 1.5
"""Of an export besides its copies: reading the exam, front pages, binding, storing."""

SHARED_SHARE = 0.07
"""How much more a copy costs that is typeset by another renderer than its export's: sending it there and back."""

SHARD = 5
CLASSES = (20, 30, 35, 60, 200, 400)
WEIGHTS = (20, 40, 25, 8, 5, 2)
"""Sizes of exports, and how often each is asked for."""


@dataclass(frozen=True)
class Day:
    """So many copies are asked for within an hour, of exports of the usual sizes, of so many renderers."""

    copies: int
    renderers: int
    workers: int
    seconds: float = 3600.0
    seed: int = 1


@dataclass
class _Export:
    asked: float
    copies: int
    left: int
    under_way: int = 0

    @property
    def is_small(self) -> bool:
        return self.copies <= SMALL_COPIES


@dataclass
class Outcome:
    """Seconds from asking to the file of each export, by whether it is a small one, and how busy the workers were."""

    small: list[float] = field(default_factory=list)
    large: list[float] = field(default_factory=list)
    busy: float = 0.0


class Simulation:
    """The events of one day, in the order of their time."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._chance = random.Random(day.seed)
        self._free = day.renderers * day.workers
        self._places = dict.fromkeys((True, False), PREFETCH * day.renderers)
        self._waiting: dict[bool, deque[_Export]] = {True: deque(), False: deque()}
        self._running: deque[_Export] = deque()
        self._events: list[tuple[float, int, Callable[[float, _Export], None], _Export]] = []
        self._order = count()
        self._outcome = Outcome()
        self._spent = 0.0

    def run(self) -> Outcome:
        """Run it to the last export's end."""
        for export in _arrivals(self._day, self._chance):
            self._at(export.asked, self._ask, export)
        while self._events:
            now, _, happen, export = heapq.heappop(self._events)
            happen(now, export)
            self._begin_some(now)
            self._typeset_some(now)
        workers = self._day.renderers * self._day.workers
        self._outcome.busy = self._spent / (workers * self._day.seconds)
        return self._outcome

    def _at(self, moment: float, happen: "Callable[[float, _Export], None]", export: _Export) -> None:
        heapq.heappush(self._events, (moment, next(self._order), happen, export))

    def _ask(self, _: float, export: _Export) -> None:
        self._waiting[export.is_small].append(export)

    def _begin(self, _: float, export: _Export) -> None:
        self._running.append(export)

    def _have_typeset(self, now: float, export: _Export) -> None:
        self._free += 1
        export.under_way -= 1
        if not export.left and not export.under_way:
            self._at(now + FIXED_SECONDS / 2, self._end, export)

    def _end(self, now: float, export: _Export) -> None:
        self._places[export.is_small] += 1
        (self._outcome.small if export.is_small else self._outcome.large).append(now - export.asked)

    def _begin_some(self, now: float) -> None:
        for kind, waiting in self._waiting.items():
            while self._places[kind] and waiting:
                self._places[kind] -= 1
                self._at(now + FIXED_SECONDS / 2, self._begin, waiting.popleft())

    def _typeset_some(self, now: float) -> None:
        while self._free and self._running:
            export = self._running.popleft()
            copies = min(SHARD, export.left)
            export.left -= copies
            export.under_way += 1
            self._free -= 1
            shared = 1 + SHARED_SHARE * (export.under_way > self._day.workers)
            lasting = copies * COPY_SECONDS * shared * self._chance.uniform(0.8, 1.2)
            self._spent += lasting
            self._at(now + lasting, self._have_typeset, export)
            if export.left:
                self._running.append(export)


def _arrivals(day: Day, chance: random.Random) -> Sequence[_Export]:
    exports: list[_Export] = []
    asked = 0
    while asked < day.copies:
        [copies] = chance.choices(CLASSES, WEIGHTS)
        exports.append(_Export(chance.uniform(0, day.seconds), copies, copies))
        asked += copies
    return exports


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value below which this share lies; 0 of none."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def main() -> None:
    """Print one day."""
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description="How long teachers wait.")
    parser.add_argument("--copies", type=int, default=100_000, help="asked for within the hour")
    parser.add_argument("--renderers", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2, help="of each renderer: its cores")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    outcome = Simulation(Day(wanted.copies, wanted.renderers, wanted.workers, seed=wanted.seed)).run()
    for name, seconds in (("at most 50 copies", outcome.small), ("more copies", outcome.large)):
        told = ", ".join(f"p{share * 100:.0f} {percentile(seconds, share):.0f} s" for share in (0.5, 0.95, 0.99))
        print(f"{len(seconds)} exports of {name}: {told}")
    print(f"workers busy: {outcome.busy:.0%}")


if __name__ == "__main__":
    main()
