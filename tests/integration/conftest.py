"""Connections to the servers of a test."""

from collections.abc import AsyncIterator

import aio_pika
import asyncpg
import pytest
from aio_pika.abc import AbstractChannel

from services.common.database import make_pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database with schema `exports`."""
    pool = await make_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    """A channel at the session's broker."""
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        yield channel
