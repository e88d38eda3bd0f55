"""One run: everything is started, teachers work while faults happen, then calm, and the questions."""

import asyncio
import platform
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from dev.chaos import checker, history, witness
from dev.chaos.checker import Verdict
from dev.chaos.clients import Visit
from dev.chaos.faults import Fault, Parameters, schedule
from dev.chaos.history import History
from dev.chaos.house import House
from dev.chaos.nemesis import Nemesis
from dev.chaos.observer import Observer
from dev.chaos.waiting import until

RENDERS_AN_EXPORT = 1.4
CALM_SECONDS = 75.0
STRAY_SECONDS = 5.0
BEFORE_SECONDS = 4.0
"""RabbitMQ 3.10 may lose a quorum queue that was declared within a second or so before it was killed."""

LIBRARIES = ("aio-pika", "asyncpg", "faststream", "pebble", "starlette", "uvicorn", "weasyprint")


async def run(folder: Path, parameters: Parameters) -> Verdict:
    """Do it all in `folder`, which keeps logs and history."""
    notes = History(folder / "history.jsonl")
    faults = schedule(parameters)
    notes.note("run", parameters=vars(parameters), faults=[vars(fault) for fault in faults], versions=versions())
    house = House(folder, parameters, notes)
    try:
        await house.start_servers()
        observer = Observer(house.rabbit.url, notes)
        await observer.subscribe()
        await house.start_services()
        await witness.watch(house.servers.database_url)
        await _storm(house, observer, parameters, faults, notes)
        await _questions(house, notes)
    finally:
        house.close()
        notes.close()
    return checker.check(history.read(notes.path), renders=RENDERS_AN_EXPORT)


def versions() -> dict[str, str]:
    """What ran."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


async def _storm(house: House, observer: Observer, parameters: Parameters, faults: list[Fault], notes: History) -> None:
    """Teachers and faults, until both are through and every teacher has an answer."""
    keeping, hearing = asyncio.create_task(house.keep()), asyncio.create_task(observer.run())
    nemesis = Nemesis(house, notes, Random(parameters.seed + 1))
    striking = asyncio.create_task(_after(BEFORE_SECONDS, nemesis.run(faults, parameters.gap)))
    visits = await _opened(house, parameters, striking, notes)
    await striking
    notes.note("quiet")
    await _calm(house, visits, notes)
    for task in (keeping, hearing):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _after(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    await asyncio.sleep(seconds)
    await work


async def _opened(
    house: House, parameters: Parameters, striking: "asyncio.Task[None]", notes: History
) -> "list[asyncio.Task[None]]":
    """New exports at an even pace, at least as many as asked for and until the last fault is over."""
    chance = Random(parameters.seed + 2)
    visits: list[asyncio.Task[None]] = []
    while len(visits) < parameters.exports or not striking.done():
        visits.append(asyncio.create_task(_visit(house, chance.getrandbits(64), len(visits), notes)))
        await asyncio.sleep(parameters.pace * chance.uniform(0.3, 1.7))
    return visits


async def _visit(house: House, seed: int, number: int, notes: History) -> None:
    gateways = [house.services[name].url for name in house.names if name.startswith("gateway")]
    try:
        await Visit(gateways, house.session_secret, notes, Random(seed), number).run()
    except Exception as error:
        notes.note("abandoned", visit=number, words=repr(error))
        raise


async def _calm(house: House, visits: "list[asyncio.Task[None]]", notes: History) -> None:
    """Wait until everybody has an answer and nothing is under way; give up after a while, for the checker to judge."""
    _, waiting = await asyncio.wait(visits, timeout=CALM_SECONDS)
    for visit in waiting:
        visit.cancel()
    await asyncio.gather(*visits, return_exceptions=True)

    async def finished() -> bool:
        return not await witness.unfinished(house.servers.database_url)

    await until(finished, CALM_SECONDS)
    await until(lambda: witness.all_settled(house.rabbit), CALM_SECONDS)
    await asyncio.sleep(1)  # the observer's last messages
    await _note_strays(house, notes)


async def _note_strays(house: House, notes: History) -> None:
    """What is left of a killed service ends when the kernel has told it so, not in the same instant."""
    await until(lambda: not house.strays(), STRAY_SECONDS)
    for stray in house.strays():
        notes.note("stray", process=stray)


async def _questions(house: House, notes: History) -> None:
    """Services end first: what a consumer holds is in no queue's count."""
    await house.stop()
    await _note_strays(house, notes)
    await witness.testify(house.servers.database_url, notes)
    for name, messages in (await witness.queues(house.rabbit.url)).items():
        notes.note("queue", name=name, messages=messages)
    witness.logs(house.folder / "logs", notes)


def told(parameters: Parameters, verdict: Verdict, seconds: float) -> Iterator[str]:
    """The report, line by line."""
    yield f"chaos: seed {parameters.seed}, {seconds:.0f} s, {parameters}"
    yield ", ".join(f"{name} {number}" for name, number in versions().items())
    for name, figure in verdict.figures.items():
        yield f"  {name}: {figure}"
    for words in verdict.violations:
        yield f"  NOT KEPT: {words}"
    yield "every promise kept" if not verdict.violations else f"{len(verdict.violations)} promises not kept"
