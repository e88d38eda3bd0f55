"""Processes that never outlive the one that started them, and are only ever ended by their own pid."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")
PORTS = range(
    15_000, 30_000
)  # below the kernel's own range for outgoing connections, so that a restart finds its port free


class ProcessError(RuntimeError):
    """A process did not start, or ended when it should not have. The message carries the end of its log."""


_given: set[int] = set()


def free_port() -> int:
    """A TCP port on the loopback interface that nothing listens on now; never the same one twice."""
    for port in random.sample(PORTS, 200):
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port
    raise ProcessError("no free port on 127.0.0.1")


def wait_for(ready: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once `ready()` is true.

    Raises:
        ProcessError: it was still false after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise ProcessError(f"{what} was not ready after {seconds:.0f} s")
        time.sleep(0.05)


class Process:
    """One guarded process with its log file; `start` again after it ended."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.command, self.log, self.env, self.cwd, self.user = list(command), log, env, cwd, user
        self.pid = 0
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def status(self) -> int | None:
        """Its exit status (128 + signal where one ended it), None while it runs."""
        return self._guard.poll() if self._guard else None

    def start(self) -> None:
        """Start it; its output is appended to the log."""
        if self.running:
            raise ProcessError(f"already running: {self.command[0]}")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        read, write = os.pipe()
        guard = [sys.executable, "-I", str(GUARD), str(os.getpid()), str(write), self.user or "-", *self.command]
        with self.log.open("ab") as log:
            self._guard = subprocess.Popen(
                guard,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(write,),
                start_new_session=True,
            )
        os.close(write)
        with os.fdopen(read) as report:
            line = report.readline()
        if not line:
            self._guard.wait()
            raise ProcessError(f"{self.command[0]} did not start\n{self.tail()}")
        self.pid = int(line)

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once `ready()` is true; raise as soon as the process has ended instead."""

        def ready_or_dead() -> bool:
            if not self.running:
                raise ProcessError(f"{self.command[0]} ended with status {self.status}\n{self.tail()}")
            return ready()

        wait_for(ready_or_dead, seconds, self.command[0])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it is still running."""
        if self.running:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def stop(self, seconds: float = 30) -> None:
        """SIGTERM, and SIGKILL where that was not enough within `seconds`."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        try:
            self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, and return when it is gone."""
        self.signal(signal.SIGKILL)
        self.wait(10)

    def wait(self, seconds: float) -> None:
        """Return once it has ended.

        Raises:
            subprocess.TimeoutExpired: it had not, after `seconds`.
        """
        if self._guard is not None:
            self._guard.wait(seconds)

    def tail(self, lines: int = 20) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])
