"""Exams of growing size through every stack, alternating, so that what else the machine does falls on all alike.

Ours begins with nothing kept; the same exam with a few copies marked again follows, with what the first run kept.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import exams
from bench.contestants import OURS, PEERS
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
        again = exams.write(exams.regraded(exams.exam(size), CHANGED), folder / f"exam-{size}-again.json")
        for _ in range(rounds.get(size, 1)):
            with tempfile.TemporaryDirectory(dir=folder) as kept:
                environment = {"XDG_CACHE_HOME": kept, "XDG_RUNTIME_DIR": ""}
                target = folder / "ours.pdf"
                _note(results, OURS.key, size, say, measure(OURS.command(exam, target), target, env=environment))
                before = _entries(kept)
                _note(results, "changed", size, say, measure(OURS.command(again, target), target, env=environment))
                results.rendered_again[size] = len(_entries(kept) - before)
            for peer in PEERS:
                if size <= peer.largest and not peer.missing():
                    target = folder / f"{peer.key}.pdf"
                    _note(results, peer.key, size, say, measure(peer.command(exam, target), target))
    return results


def _note(results: Results, key: str, size: int, say: Say, run: Run) -> None:
    results.runs.setdefault((key, size), []).append(run)
    memory, file = run.peak_bytes / 1e6, run.size / 1e6
    seconds = f"{run.seconds:8.2f} s {run.cpu_seconds:8.2f} s cpu"
    say(f"{key:9} {size:5} copies {seconds} {memory:7.0f} MB {file:7.2f} MB file")


def _entries(folder: str) -> set[str]:
    """The copies kept in a folder."""
    return {name for _, _, files in os.walk(folder) for name in files}
