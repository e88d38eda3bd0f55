"""A store on a database of the test's own."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.common.database import make_pool
from services.gateway.store import Store


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database with schema `exports`."""
    pool = await make_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture
def store(pool: asyncpg.Pool) -> Store:
    """Exports in that database."""
    return Store(pool)
