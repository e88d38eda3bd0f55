"""Exams of growing size through every stack, alternating, so that what else the machine does falls on all alike."""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import exams
from bench.contestants import CONTESTANTS, OURS, Contestant, report
from bench.measurement import Run, measure

CHANGED = 5

Say = Callable[[str], None]


@dataclass
class Results:
    """Runs by contestant's key and number of copies; how many copies a second export really typeset."""

    runs: dict[tuple[str, int], list[Run]] = field(default_factory=dict)
    rendered_again: dict[int, int] = field(default_factory=dict)

    def best(self, key: str, copies: int) -> Run | None:
        """The fastest run: the one that the rest of the machine disturbed least."""
        return min(self.runs.get((key, copies), ()), key=lambda run: run.seconds, default=None)


def race(sizes: Sequence[int], rounds: dict[int, int], folder: Path, say: Say) -> Results:
    """Every contestant on every size it is asked for."""
    results = Results()
    for size in sizes:
        exam = exams.write(exams.exam(size), folder / f"exam-{size}.json")
        for number in range(rounds.get(size, 1)):
            for contestant in CONTESTANTS:
                if size <= contestant.largest and not contestant.missing():
                    _run(results, contestant, exam, size, folder, say)
            _change(results, size, number, folder, say)
    return results


def _run(results: Results, contestant: Contestant, exam: Path, size: int, folder: Path, say: Say) -> None:
    target = folder / f"{contestant.key}-{size}.pdf"
    run = measure(contestant.command(exam, target), target)
    results.runs.setdefault((contestant.key, size), []).append(run)
    say(_told(contestant.key, size, run))


def _change(results: Results, size: int, number: int, folder: Path, say: Say) -> None:
    """The export again, with what was typeset before at hand, after a few copies were marked again."""
    first = folder / f"exam-{size}.json"
    second = exams.write(exams.regraded(exams.exam(size), CHANGED), folder / f"exam-{size}-again.json")
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        environment = {"XDG_CACHE_HOME": cache, "XDG_RUNTIME_DIR": ""}
        target = folder / f"{OURS.key}-{size}.pdf"
        measure(report(first, target), target, env=environment)
        before = _entries(cache)
        run = measure(report(second, target), target, env=environment)
        results.runs.setdefault(("changed", size), []).append(run)
        results.rendered_again[size] = len(_entries(cache) - before)
    say(_told("changed", size, run))


def _entries(cache: str) -> set[str]:
    return {name for _, _, files in os.walk(cache) for name in files}


def _told(key: str, size: int, run: Run) -> str:
    memory, file = run.peak_bytes / 1e6, run.size / 1e6
    seconds = f"{run.seconds:8.2f} s {run.cpu_seconds:8.2f} s cpu"
    return f"{key:9} {size:5} copies {seconds} {memory:7.0f} MB {file:7.2f} MB file"
