"""`docs/subscriber.py` does what `docs/events.md` says."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from contracts.http import TokenScope
from contracts.topology import Exchange, Topology
from dev.paths import ROOT
from dev.sample.people import MARCHETTI, VAUCLAIR
from services.gateway.tokens.store import TokenStore
from tests.integration.gateway.harness import Harness
from tests.integration.gateway.requests import FOREIGN_EXAM, STRANGERS, reached, start
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

READY = "FastStream app started successfully"


@asynccontextmanager
async def subscribed(folder: Path, environment: dict[str, str]) -> AsyncIterator[None]:
    """The subscriber as a process, with a queue of this test's, until the block ends."""
    source = (ROOT / "docs" / "subscriber.py").read_text("utf-8")
    code = folder / "archive.py"
    code.write_text(source.replace("archive.completed", f"{environment['EXCHANGE']}.archive"), "utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, code, env={"PATH": os.environ["PATH"]} | environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30):
            while READY not in (line := (await process.stderr.readline()).decode()):
                assert line, "the subscriber ended"
        reading = asyncio.create_task(process.stderr.read())
        yield
        process.terminate()
        await reading
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def deleted_afterwards(amqp_url: str, queue: str) -> AsyncIterator[None]:
    """Delete a queue once the block ends."""
    try:
        yield
    finally:
        async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
            await channel.queue_delete(queue)


async def test_it_keeps_the_file_of_each_completed_export_of_its_institution(
    harness: Harness, pool: asyncpg.Pool, topology: Topology, amqp_url: str, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    scopes = frozenset({TokenScope.FILES_READ})
    token, _ = await TokenStore(pool).mint(VAUCLAIR.id, "archive", scopes, timedelta(days=1), None)
    environment = {
        "AMQP_URL": amqp_url,
        "EXCHANGE": topology.exchange(Exchange.FACTS),
        "CORRECTA_URL": harness.url,
        "CORRECTA_TOKEN": token,
        "FOLDER": str(kept),
    }
    async with (
        deleted_afterwards(amqp_url, f"{topology.exchange(Exchange.FACTS)}.archive"),
        subscribed(tmp_path, environment),
    ):
        stranger = harness.browser(MARCHETTI)
        foreign = (await stranger.post(f"/api/exams/{FOREIGN_EXAM}/export/pdf", json={})).json()["jobId"]
        await harness.complete(foreign, b"%PDF of another school", owner=STRANGERS)
        teacher = harness.browser()
        for name in ("Un.pdf", "Deux.pdf"):
            job = await start(teacher)
            event = await harness.complete(job, name.encode(), name)
            await reached(teacher, job, "completed")
            await harness.publisher.publish(event)
        await wait_until(lambda: len(list(kept.iterdir())) == 2)
    assert {path.read_text() for path in kept.iterdir()} == {"Un.pdf", "Deux.pdf"}
