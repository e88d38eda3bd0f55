"""Sessions that hold a transaction for a client that says nothing are ended, and no others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from services.common import abandoned_sessions
from services.common.database import make_pool
from tests.waiting import wait_until

APPLICATION = "abandoned-sessions-test"
SILENCE = timedelta(seconds=0.5)
LOCK = 4_711


@pytest.fixture
async def watching(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await make_pool(database_url, size=1, server_settings={"application_name": APPLICATION})
    yield pool
    pool.terminate()


@asynccontextmanager
async def session(database_url: str, application: str = APPLICATION) -> AsyncIterator[asyncpg.Connection]:
    link = await asyncpg.connect(database_url, server_settings={"application_name": application})
    try:
        yield link
    finally:
        link.terminate()


async def state(pool: asyncpg.Pool, link: asyncpg.Connection) -> tuple[str, str] | None:
    """What a session does and waits for, once it did so for `SILENCE`; None before."""
    row = await pool.fetchrow(
        "SELECT state, wait_event FROM pg_stat_activity WHERE pid = $1 AND state_change < now() - $2::interval",
        link.get_server_pid(),
        SILENCE,
    )
    return row and tuple(row)


async def test_a_client_that_stops_within_a_transaction_keeps_no_lock(
    watching: asyncpg.Pool, database_url: str
) -> None:
    async with session(database_url) as silent:
        await silent.execute(
            "BEGIN; SET idle_in_transaction_session_timeout = '100ms'; SET statement_timeout = '100ms'"
        )
        await silent.fetchval("SELECT pg_advisory_xact_lock($1)", LOCK)
        await silent.prepare("SELECT 1")  # parsed and not executed: the server's own limits do not run now
        await wait_until(lambda: state(watching, silent))
        assert await state(watching, silent) == ("active", "ClientRead")
        assert not await watching.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
        assert await abandoned_sessions.end(watching, SILENCE) == 1
        await wait_until(lambda: watching.fetchval("SELECT pg_try_advisory_lock($1)", LOCK))


async def test_who_waits_between_two_statements_is_ended_too(watching: asyncpg.Pool, database_url: str) -> None:
    async with session(database_url) as silent:
        await silent.execute("BEGIN")
        await wait_until(lambda: state(watching, silent))
        assert await abandoned_sessions.end(watching, SILENCE) == 1
        await wait_until(silent.is_closed)


async def test_other_applications_those_at_work_and_those_without_a_transaction_are_left_alone(
    watching: asyncpg.Pool, database_url: str
) -> None:
    async with (
        session(database_url, "somebody else's") as foreign,
        session(database_url) as busy,
        session(database_url) as idle,
    ):
        await foreign.execute("BEGIN")
        await idle.fetchval("SELECT 1")
        await busy.execute("BEGIN")
        working = asyncio.create_task(busy.fetchval("SELECT pg_sleep(3600)"))
        for link in (foreign, busy, idle):
            await wait_until(partial(state, watching, link))
        assert await abandoned_sessions.end(watching, SILENCE) == 0
        assert await foreign.fetchval("SELECT 1") == await idle.fetchval("SELECT 1") == 1
        assert not working.done()
        await watching.execute("SELECT pg_cancel_backend($1)", busy.get_server_pid())
        with pytest.raises(asyncpg.QueryCanceledError):
            await working
