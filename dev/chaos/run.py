"""One run: starts a cluster, lets clients export while faults happen, waits until every export has ended, checks."""

import asyncio
import platform
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from dev.chaos import checker, collector, history
from dev.chaos.checker import Verdict
from dev.chaos.clients import ClientSession
from dev.chaos.cluster import Cluster
from dev.chaos.faults import Fault, Parameters, schedule
from dev.chaos.history import History
from dev.chaos.nemesis import Nemesis
from dev.chaos.observer import Observer
from dev.chaos.waiting import until

RENDERS_AN_EXPORT = 1.4
CALM_SECONDS = 75.0
ORPHAN_SECONDS = 5.0
BEFORE_SECONDS = 4.0
"""RabbitMQ 3.10 may lose a quorum queue that was declared within a second or so before it was killed."""

LIBRARIES = ("aio-pika", "asyncpg", "faststream", "pebble", "starlette", "uvicorn", "weasyprint")


async def run(folder: Path, parameters: Parameters) -> Verdict:
    """Do it all in `folder`, which keeps logs and history."""
    notes = History(folder / "history.jsonl")
    faults = schedule(parameters)
    notes.note("run", parameters=vars(parameters), faults=[vars(fault) for fault in faults], versions=versions())
    cluster = Cluster(folder, parameters, notes)
    try:
        await cluster.start_servers()
        observer = Observer(cluster.rabbit.url, notes)
        await observer.subscribe()
        await cluster.start_services()
        await collector.install_trigger(cluster.servers.database_url)
        await _under_faults(cluster, observer, parameters, faults, notes)
        await _collect(cluster, notes)
    finally:
        cluster.close()
        notes.close()
    return checker.check(history.read(notes.path), renders=RENDERS_AN_EXPORT)


def versions() -> dict[str, str]:
    """What ran."""
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


async def _under_faults(
    cluster: Cluster, observer: Observer, parameters: Parameters, faults: list[Fault], notes: History
) -> None:
    """Clients and faults, until both are done and every client has its answer."""
    supervising, observing = asyncio.create_task(cluster.supervise()), asyncio.create_task(observer.run())
    nemesis = Nemesis(cluster, notes, Random(parameters.seed + 1))
    striking = asyncio.create_task(_after(BEFORE_SECONDS, nemesis.run(faults, parameters.gap)))
    sessions = await _sessions(cluster, parameters, striking, notes)
    await striking
    notes.note("quiet")
    await _until_settled(cluster, sessions, notes)
    for task in (supervising, observing):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _after(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    await asyncio.sleep(seconds)
    await work


async def _sessions(
    cluster: Cluster, parameters: Parameters, striking: "asyncio.Task[None]", notes: History
) -> "list[asyncio.Task[None]]":
    """New exports at an even pace, at least as many as asked for and until the last fault is over."""
    chance = Random(parameters.seed + 2)
    sessions: list[asyncio.Task[None]] = []
    while len(sessions) < parameters.exports or not striking.done():
        sessions.append(asyncio.create_task(_session(cluster, chance.getrandbits(64), len(sessions), notes)))
        await asyncio.sleep(parameters.pace * chance.uniform(0.3, 1.7))
    return sessions


async def _session(cluster: Cluster, seed: int, number: int, notes: History) -> None:
    gateways = [cluster.services[name].url for name in cluster.names if name.startswith("gateway")]
    try:
        await ClientSession(gateways, cluster.session_secret, notes, Random(seed), number).run()
    except Exception as error:
        notes.note("abandoned", session=number, words=repr(error))
        raise


async def _until_settled(cluster: Cluster, sessions: "list[asyncio.Task[None]]", notes: History) -> None:
    """Wait until every client has its answer and nothing is under way; after a while leave it to the checker."""
    _, waiting = await asyncio.wait(sessions, timeout=CALM_SECONDS)
    for session in waiting:
        session.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)

    async def finished() -> bool:
        return not await collector.unfinished(cluster.servers.database_url)

    await until(finished, CALM_SECONDS)
    await until(lambda: collector.all_settled(cluster.rabbit), CALM_SECONDS)
    await asyncio.sleep(1)  # the observer's last messages
    await _note_orphans(cluster, notes)


async def _note_orphans(cluster: Cluster, notes: History) -> None:
    """Note orphans; the workers of a killed service end shortly after it, not in the same instant."""
    await until(lambda: not cluster.orphans(), ORPHAN_SECONDS)
    for orphan in cluster.orphans():
        notes.note("orphan", process=orphan)


async def _collect(cluster: Cluster, notes: History) -> None:
    """Stop the services first: a message that a consumer holds is in no queue's count."""
    await cluster.stop()
    await _note_orphans(cluster, notes)
    await collector.note_database(cluster.servers.database_url, notes)
    for name, messages in (await collector.queue_lengths(cluster.rabbit.url)).items():
        notes.note("queue", name=name, messages=messages)
    collector.note_logs(cluster.folder / "logs", notes)


def report(parameters: Parameters, verdict: Verdict, seconds: float) -> Iterator[str]:
    """The report, line by line."""
    yield f"chaos: seed {parameters.seed}, {seconds:.0f} s, {parameters}"
    yield ", ".join(f"{name} {number}" for name, number in versions().items())
    for name, figure in verdict.figures.items():
        yield f"  {name}: {figure}"
    for words in verdict.violations:
        yield f"  NOT KEPT: {words}"
    yield "every promise kept" if not verdict.violations else f"{len(verdict.violations)} promises not kept"
