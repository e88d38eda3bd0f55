"""The worker processes: real ones, because what matters is how they die."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from multiprocessing import forkserver
from pathlib import Path

import pytest
import pytest_asyncio

from services.renderer.workers.confinement import Sandbox
from services.renderer.workers.forking import start_forkserver
from services.renderer.workers.pool import CallFailed, Fault, Replacement, WorkerPool, WorkersBroken
from tests.waiting import wait_until

MEMORY = 512 * 1024**2


def load_nothing() -> None:
    """What workers of these tests load: nothing."""


def process_id() -> int:
    return os.getpid()


def sleep_after(path: Path, seconds: float) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(seconds)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill_memory() -> int:
    return len(bytearray(MEMORY * 2))


def fail() -> None:
    raise KeyboardInterrupt("not even an Exception")


def note(path: Path, who: str) -> None:
    with path.open("a") as file:
        file.write(who + "\n")
    time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(MEMORY, tmp_path)


@pytest_asyncio.fixture
async def pool(sandbox: Sandbox) -> AsyncIterator[WorkerPool]:
    workers = WorkerPool(1, sandbox=sandbox, initialise=load_nothing)
    workers.start()
    yield workers
    await workers.stop()


async def test_a_worker_is_used_again(pool: WorkerPool) -> None:
    first = await pool.call("a", 20, process_id)
    assert first == await pool.call("a", 20, process_id) != os.getpid()


async def test_a_worker_that_takes_too_long_is_replaced(pool: WorkerPool, tmp_path: Path) -> None:
    await pool.call("a", 20, process_id)
    with pytest.raises(CallFailed) as failure:
        await pool.call("a", 0.3, sleep_after, tmp_path / "pid", 60.0)
    assert failure.value.fault is Fault.TIMEOUT
    assert not is_alive(int((tmp_path / "pid").read_text()))
    assert await pool.call("a", 20, process_id)


async def test_a_worker_that_dies_is_a_crash_and_is_replaced(pool: WorkerPool) -> None:
    with pytest.raises(CallFailed) as failure:
        await pool.call("a", 20, die)
    assert failure.value.fault is Fault.CRASH
    assert await pool.call("a", 20, process_id)


async def test_a_worker_may_not_hold_more_than_its_memory(pool: WorkerPool) -> None:
    with pytest.raises(CallFailed) as failure:
        await pool.call("a", 20, fill_memory)
    assert failure.value.fault is Fault.MEMORY
    assert await pool.call("a", 20, process_id)


async def test_whatever_a_call_raises_is_an_error_of_that_call(pool: WorkerPool) -> None:
    with pytest.raises(CallFailed, match="KeyboardInterrupt") as failure:
        await pool.call("a", 20, fail)
    assert failure.value.fault is Fault.ERROR


async def test_an_idle_worker_killed_from_outside_fails_no_call(pool: WorkerPool) -> None:
    pid = await pool.call("a", 20, process_id)
    os.kill(pid, signal.SIGKILL)
    await wait_until(lambda: not is_alive(pid), 5)
    assert await pool.call("a", 20, process_id)


async def test_a_call_that_a_frozen_worker_never_begins_does_not_wait_for_ever(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.renderer.workers.pool.LOST_SECONDS", 1.0)
    pid = await pool.call("a", 20, process_id)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(CallFailed) as failed:
        await pool.call("a", 0.5, process_id)
    assert failed.value.fault is Fault.TIMEOUT
    assert await pool.call("a", 20, process_id) != pid
    await wait_until(lambda: not is_alive(pid))


async def test_cancelling_ends_the_worker_within_two_seconds(pool: WorkerPool, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    call = asyncio.create_task(pool.call("a", 60, sleep_after, path, 60.0))
    await wait_until(lambda: path.exists() and path.read_text() != "", 20)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await wait_until(lambda: not is_alive(int(path.read_text())), 2)
    assert await pool.call("a", 20, process_id)


async def test_a_short_export_does_not_wait_for_a_long_one(pool: WorkerPool, tmp_path: Path) -> None:
    path = tmp_path / "turns"
    await pool.call("long", 20, process_id)
    long = [asyncio.create_task(pool.call("long", 20, note, path, "long")) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.gather(*(pool.call("short", 20, note, path, "short") for _ in range(3)))
    await asyncio.gather(*long)
    turns = path.read_text().split()
    assert turns.index("short") <= 2
    assert [index for index, who in enumerate(turns) if who == "short"][-1] <= 7
    assert len(turns) == 23


async def test_a_caller_that_gives_up_its_turn_blocks_nobody(pool: WorkerPool, tmp_path: Path) -> None:
    running = asyncio.create_task(pool.call("a", 20, sleep_after, tmp_path / "pid", 0.3))
    await wait_until(lambda: pool.busy == 1)
    waiting = asyncio.create_task(pool.call("b", 20, process_id))
    await wait_until(lambda: pool.waiting == 1)
    waiting.cancel()
    await running
    assert await pool.call("c", 20, process_id)
    assert (pool.busy, pool.waiting) == (0, 0)


HELD: list[bytearray] = []


def hold(size: int) -> int:
    HELD.append(bytearray(b"x" * size))
    return os.getpid()


async def test_a_worker_that_holds_too_much_gives_it_back(sandbox: Sandbox) -> None:
    pool = WorkerPool(1, sandbox=sandbox, initialise=load_nothing, retire_bytes=200 * 1024**2)
    pool.start()
    first = await pool.call("a", 20, process_id)
    assert await pool.call("a", 20, hold, 1024**2) == first
    assert await pool.call("a", 20, hold, 200 * 1024**2) == first
    assert await pool.call("a", 20, process_id) != first
    await wait_until(lambda: not is_alive(first), 3)
    await pool.stop()


async def test_each_process_that_is_replaced_early_is_told_with_the_reason(tmp_path: Path, sandbox: Sandbox) -> None:
    seen: list[Replacement] = []
    pool = WorkerPool(1, sandbox=sandbox, initialise=load_nothing, on_replaced=seen.append)
    pool.start()
    with pytest.raises(CallFailed):
        await pool.call("a", 20, die)
    with pytest.raises(CallFailed):
        await pool.call("a", 0.2, sleep_after, tmp_path / "timeout", 60.0)
    cancelled = asyncio.create_task(pool.call("a", 60, sleep_after, tmp_path / "cancelled", 60.0))
    await wait_until(lambda: (tmp_path / "cancelled").exists(), 20)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    assert await pool.call("a", 20, process_id)
    assert seen == [Replacement.CRASH, Replacement.TIMEOUT, Replacement.CANCELLED]
    await pool.stop()


async def test_workers_are_recycled(sandbox: Sandbox) -> None:
    pool = WorkerPool(1, sandbox=sandbox, initialise=load_nothing, recycle_after=3)
    pool.start()
    seen = {await pool.call("a", 20, process_id) for _ in range(6)}
    await pool.stop()
    assert 2 <= len(seen) <= 3


def refuse_to_start() -> None:
    raise ImportError("a worker that cannot load what it needs")


async def test_workers_that_cannot_start_are_no_calls_fault(sandbox: Sandbox) -> None:
    pool = WorkerPool(1, sandbox=sandbox, initialise=refuse_to_start)
    pool.start()
    with pytest.raises(WorkersBroken):
        await pool.call("a", 20, process_id)
    with pytest.raises(WorkersBroken):
        await pool.check()
    assert pool.busy == 0
    await pool.stop()


async def test_a_pool_is_sound_until_no_worker_starts(sandbox: Sandbox) -> None:
    pool = WorkerPool(1, sandbox=sandbox, initialise=load_nothing)
    pool.start()
    await pool.call("a", 20, process_id)
    with pytest.raises(CallFailed):
        await pool.call("a", 20, die)
    await pool.check()
    await pool.stop()


def is_waiting_for_the_forkserver() -> bool:
    """Whether a thread of ours has asked the forkserver for a process and has no answer yet."""
    return any(frame.f_code.co_name == "read_signed" for frame in sys._current_frames().values())


async def test_a_forkserver_killed_while_workers_start_is_nobodys_fault(sandbox: Sandbox) -> None:
    start_forkserver()
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    os.kill(server, signal.SIGSTOP)
    pool = WorkerPool(2, sandbox=sandbox, initialise=load_nothing)
    pool.start()
    await wait_until(is_waiting_for_the_forkserver)
    os.kill(server, signal.SIGKILL)
    assert await pool.call("a", 20, process_id) != os.getpid()
    await pool.stop()


async def test_stopping_leaves_no_process(tmp_path: Path, sandbox: Sandbox) -> None:
    pool = WorkerPool(2, sandbox=sandbox, initialise=load_nothing)
    pool.start()
    calls = [asyncio.create_task(pool.call("a", 60, sleep_after, tmp_path / str(n), 60.0)) for n in range(2)]
    await wait_until(lambda: all((tmp_path / str(n)).exists() for n in range(2)), 20)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await pool.stop()
    assert not any(is_alive(int((tmp_path / str(n)).read_text())) for n in range(2))
