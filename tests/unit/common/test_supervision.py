"""Background tasks run again whenever they fail, and readiness tells which did and why."""

import asyncio

import pytest

from services.common.broker import BrokerUnavailable
from services.common.database import DatabaseUnavailable
from services.common.health import NotReady
from services.common.supervision import Supervisor


async def until_it_fails(error: Exception, supervisor: Supervisor) -> asyncio.Task[None]:
    failed = asyncio.Event()
    runs = 0

    async def task() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            failed.set()
            raise error
        await asyncio.Event().wait()

    running = asyncio.create_task(supervisor.run("relay", task))
    await failed.wait()
    await asyncio.sleep(0)
    return running


async def test_a_failed_task_is_named_until_it_has_run_for_a_while() -> None:
    supervisor = Supervisor(delay=0.0, recovered=0.2)
    running = await until_it_fails(KeyError("secret"), supervisor)
    with pytest.raises(NotReady, match=r"^relay \(KeyError\)$"):
        await supervisor.check()
    async with asyncio.timeout(10):
        while True:
            try:
                await supervisor.check()
                break
            except NotReady:
                await asyncio.sleep(0.01)
    running.cancel()


@pytest.mark.parametrize("error", [DatabaseUnavailable("x"), BrokerUnavailable("x"), ConnectionResetError()])
async def test_an_outage_has_a_check_of_its_own(error: Exception) -> None:
    supervisor = Supervisor(delay=0.0)
    running = await until_it_fails(error, supervisor)
    await supervisor.check()
    running.cancel()


async def test_a_task_that_ends_after_a_failure_is_done() -> None:
    supervisor, results = Supervisor(delay=0.0), [RuntimeError(), None]

    async def task() -> None:
        if error := results.pop(0):
            raise error

    await supervisor.run("migrate", task)
    await supervisor.check()
    assert not results


async def test_a_task_that_is_cancelled_is_not_run_again() -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    supervisor = Supervisor(delay=0.0)
    running = asyncio.create_task(supervisor.run("wait", forever))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
