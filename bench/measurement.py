"""A command's whole life in figures: seconds from start to end, processor seconds, and the most memory that it and all
its descendants held at one moment.

Memory is PSS (proportional set size): a page that processes share is counted once among them, so that a stack is not
blamed for the number of its processes. It is sampled: a peak shorter than the interval may be missed.
"""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

INTERVAL_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    """What one run took. `size` is the file's, in bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    size: int


class Failed(RuntimeError):
    """A command ended with an error; the message is the end of what it said."""


def measure(
    command: Sequence[str], target: Path, *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Run:
    """Run a command that writes `target`.

    Raises:
        Failed: it ended with an error, or without the file.
    """
    target.unlink(missing_ok=True)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **(env or {})}, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with Watch(process.pid) as watch:
        output, _ = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode or not target.exists():
        raise Failed(output.decode(errors="replace")[-2000:])
    return Run(seconds, watch.cpu_seconds, watch.most, target.stat().st_size)


def held(pid: int) -> int:
    """The memory that a process and its descendants hold now, in bytes; 0 once they are gone."""
    return sum(map(_pss, _family(pid)))


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0  # it ended meanwhile


class Watch:
    """Watches a process and its descendants while the block lasts: their highest memory together, and the processor
    time of each until it was last seen.
    """

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._pid = pid
        self._seconds: dict[int, float] = {}
        self._end = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all of them."""
        return sum(self._seconds.values())

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(INTERVAL_SECONDS):
            family = _family(self._pid)
            self.most = max(self.most, sum(map(_pss, family)))
            for process in family:
                with suppress(psutil.Error):
                    times = process.cpu_times()
                    self._seconds[process.pid] = times.user + times.system
