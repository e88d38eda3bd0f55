"""What a renderer depends on goes away in the middle: each way it can say so is one that may be tried again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from asyncpg.cursor import Cursor

from contracts.events import AnyEvent, ExportRequested, StoredFile
from contracts.states import Format
from dev.chaos.proxy import Proxy
from dev.sample.subjects.pourcentages import POURCENTAGES
from services.common.database import make_pool
from services.renderer.errors import DatabaseUnavailable
from services.renderer.exam.correcta import DatabaseSource
from services.renderer.export.render import Artifact
from services.renderer.export.workspace import Workspace
from services.renderer.language.french import FRENCH
from services.renderer.limits import Limits
from services.renderer.messaging.attempt import AttemptRunner
from services.renderer.workers.cache import NoCache
from services.renderer.workers.confinement import Sandbox
from services.renderer.workers.pool import WorkerPool
from services.renderer.workers.shards import Pipeline
from tests.builders import a_stored_file, an_export_requested
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

EXAM, SCHOOL = POURCENTAGES.id, POURCENTAGES.course.school.id


@pytest_asyncio.fixture
async def pool(correcta_database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await make_pool(correcta_database_url, server_settings={"application_name": "to-be-ended"})
    yield pool
    pool.terminate()


async def end_connections(url: str) -> None:
    link = await asyncpg.connect(url)
    await link.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'to-be-ended' AND pid <> $1",
        link.get_server_pid(),
    )
    await link.close()


async def test_a_connection_lost_between_two_batches_is_a_database_away(
    pool: asyncpg.Pool, correcta_database_url: str
) -> None:
    async def interrupted() -> None:
        async with DatabaseSource(pool, SCHOOL, EXAM, FRENCH.warnings).open(()) as exam:
            await end_connections(correcta_database_url)
            async for _ in exam.submissions():
                pass

    with pytest.raises(DatabaseUnavailable):
        await interrupted()


async def test_a_connection_that_cannot_be_given_back_hides_nothing(
    pool: asyncpg.Pool, correcta_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: asyncpg.Connection, **__: Any) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    monkeypatch.setattr(asyncpg.Connection, "reset", broken)

    async def interrupted() -> None:
        async with DatabaseSource(pool, SCHOOL, EXAM, FRENCH.warnings).open(()) as exam:
            await end_connections(correcta_database_url)
            async for _ in exam.submissions():
                pass

    with pytest.raises(DatabaseUnavailable):
        await interrupted()
    async with DatabaseSource(pool, SCHOOL, EXAM, FRENCH.warnings).open(()) as exam:
        assert exam.header.exam.id == EXAM


async def test_a_connection_lost_while_the_first_answers_are_joined_is_a_database_away(
    pool: asyncpg.Pool, correcta_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = Cursor.fetch

    async def lost(cursor: Cursor, *arguments: Any, **options: Any) -> Any:
        await end_connections(correcta_database_url)
        return await fetch(cursor, *arguments, **options)

    monkeypatch.setattr(Cursor, "fetch", lost)
    async with DatabaseSource(pool, SCHOOL, EXAM, FRENCH.warnings).open(()) as exam:
        with pytest.raises(DatabaseUnavailable):
            await anext(aiter(exam.submissions()))


async def test_a_connection_lost_after_the_last_batch_is_nobodys_concern(
    pool: asyncpg.Pool, correcta_database_url: str
) -> None:
    async with DatabaseSource(pool, SCHOOL, EXAM, FRENCH.warnings).open(()) as exam:
        batches = [batch async for batch in exam.submissions()]
        await end_connections(correcta_database_url)
    assert sum(map(len, batches)) == 5
    async with DatabaseSource(pool, SCHOOL, EXAM, FRENCH.warnings).open(()) as exam:
        assert exam.header.exam.id == EXAM


class FakeStorage:
    """A storage that takes everything."""

    async def store(self, request: ExportRequested, artifact: Artifact, sent: object) -> StoredFile:
        return a_stored_file(filename=artifact.filename, size=artifact.size)


class NoSubscriber:
    """Progress that nobody reads."""

    async def publish_unconfirmed(self, event: AnyEvent) -> None:
        return None


async def nothing(url: str) -> Any:
    raise AssertionError(f"a table shows no image: {url}")


async def test_a_database_away_for_a_while_costs_no_attempt(correcta_database_url: str, tmp_path: Path) -> None:
    port = urlsplit(correcta_database_url).port
    assert port
    proxy = Proxy(lambda: [port])
    await proxy.start()
    pool = await make_pool(correcta_database_url.replace(f":{port}/", f":{proxy.port}/"))
    pipeline = Pipeline(WorkerPool(1, sandbox=Sandbox(2**30, tmp_path), initialise=lambda: None), NoCache(), Limits())
    storage: Any = FakeStorage()
    runner = AttemptRunner(pool, pipeline, storage, Workspace(tmp_path / "work"), NoSubscriber(), lambda: nothing)
    proxy.cut()
    request = an_export_requested(institution_id=SCHOOL, exam_id=EXAM, format=Format.CSV)
    making = asyncio.create_task(runner.run(request, 1))
    await wait_until(lambda: proxy.connections_hit >= 2)
    proxy.heal()
    made = await making
    assert (made.attempt, made.attempt_count) == (1, 5)
    pool.terminate()
    await proxy.stop()
