"""Every service may migrate, at the same time and again."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import asyncpg
import pytest

from dev.stack.postgresql import PrivatePostgres
from services.common.database import DatabaseUnavailable, migrate

pytestmark = pytest.mark.integration


async def test_many_migrators_leave_one_schema(private_postgres: PrivatePostgres) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as services:
        list(services.map(migrate, [private_postgres.url] * 3))
    connection = await asyncpg.connect(private_postgres.url)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'exports'")
    versions = await connection.fetch("SELECT version_num FROM exports.alembic_version")
    await connection.close()
    assert {"export", "outbox", "audit", "stored_file"} <= {row["tablename"] for row in tables}
    assert len(versions) == 1


async def test_a_database_that_is_away_is_said_so() -> None:
    with pytest.raises(DatabaseUnavailable):
        await asyncio.to_thread(migrate, "postgresql://nobody@127.0.0.1:1/none")
