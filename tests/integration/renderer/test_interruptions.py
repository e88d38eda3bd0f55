"""What a renderer depends on goes away in the middle: each way it can say so is one that may be tried again."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from dev.sample.subjects.pourcentages import POURCENTAGES
from services.common.database import make_pool
from services.renderer.errors import DatabaseUnavailable
from services.renderer.loader import DatabaseSource

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
        async with DatabaseSource(pool, SCHOOL, EXAM).open(()) as exam:
            await end_connections(correcta_database_url)
            async for _ in exam.submissions():
                await asyncio.sleep(0)

    with pytest.raises(DatabaseUnavailable):
        await interrupted()


async def test_a_connection_lost_after_the_last_batch_is_nobodys_concern(
    pool: asyncpg.Pool, correcta_database_url: str
) -> None:
    async with DatabaseSource(pool, SCHOOL, EXAM).open(()) as exam:
        batches = [batch async for batch in exam.submissions()]
        await end_connections(correcta_database_url)
    assert sum(map(len, batches)) == 5
    async with DatabaseSource(pool, SCHOOL, EXAM).open(()) as exam:
        assert exam.header.exam.id == EXAM
