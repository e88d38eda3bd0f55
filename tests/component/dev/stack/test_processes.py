"""Processes as the stack starts them: signals, logs, and none that outlives its starter."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.stack.processes import Process, ProcessError, free_port, wait_for
from tests.waiting import wait_until

STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.05; done"


def _alive(pid: int) -> bool:
    """Alive, and not a zombie somebody still has to bury."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_stop_ends_the_process_itself(log: Path) -> None:
    process = Process(["sleep", "60"], log)
    process.start()
    assert _alive(process.pid)
    process.stop()
    assert not _alive(process.pid)
    assert process.status == 128 + signal.SIGTERM


def test_stop_insists_on_a_process_that_ignores_it(log: Path) -> None:
    process = Process(["sh", "-c", STUBBORN], log)
    process.start()
    process.wait_until(lambda: "up" in process.tail(), 5)
    process.stop(seconds=0.2)
    assert process.status == 128 + signal.SIGKILL


def test_start_again_appends_to_the_log(log: Path) -> None:
    process = Process(["echo", "once"], log)
    for _ in range(2):
        process.start()
        process.wait(5)
    assert log.read_text() == "once\nonce\n"


def test_a_running_process_is_not_started_twice(log: Path) -> None:
    process = Process(["sleep", "60"], log)
    process.start()
    with pytest.raises(ProcessError, match="already running"):
        process.start()
    process.kill()


def test_waiting_for_a_process_that_died_tells_its_last_words(log: Path) -> None:
    process = Process(["sh", "-c", "echo port taken; exit 3"], log)
    process.start()
    with pytest.raises(ProcessError, match=r"status 3\nport taken"):
        process.wait_until(lambda: False, 5)


def test_a_program_that_is_missing_says_so(log: Path) -> None:
    process = Process(["no-such-program-here"], log)
    with pytest.raises(ProcessError, match="no-such-program-here"):
        process.start()


def test_waiting_ends_at_its_deadline() -> None:
    start = time.monotonic()
    with pytest.raises(ProcessError, match="the moon was not ready"):
        wait_for(lambda: False, 0.2, "the moon")
    assert time.monotonic() - start < 2


def test_the_command_hears_signals(log: Path) -> None:
    process = Process(["sh", "-c", "trap 'echo heard; exit 0' INT; echo up; while :; do sleep 0.05; done"], log)
    process.start()
    process.wait_until(lambda: "up" in process.tail(), 5)
    process.signal(signal.SIGINT)
    process.wait(5)
    assert "heard" in process.tail()


@pytest.mark.parametrize("command", [["sleep", "60"], ["sh", "-c", STUBBORN]], ids=["polite", "stubborn"])
def test_nothing_outlives_a_starter_that_was_killed(log: Path, command: list[str]) -> None:
    script = (
        "import sys; from pathlib import Path; from dev.stack.processes import Process\n"
        f"p = Process({command!r}, Path({str(log)!r})); p.start(); print(p.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert _alive(pid)
        starter.kill()
    wait_for(lambda: not _alive(pid), 15, "the end of what it started")


async def test_a_guard_that_was_killed_takes_its_command_along(log: Path) -> None:
    process = Process(["sleep", "60"], log)
    process.start()
    os.kill(_parent(process.pid), signal.SIGKILL)
    await wait_until(lambda: not _alive(process.pid), 5)
    assert process.status == -signal.SIGKILL


def test_free_ports_are_outside_the_range_of_outgoing_connections() -> None:
    assert {free_port() for _ in range(20)} <= set(range(15_000, 30_000))
