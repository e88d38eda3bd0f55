"""Ends PostgreSQL sessions of a service that hold a transaction open for a client which says nothing any more.

A process that is frozen, or whose host is gone, keeps its locks: rows of the outbox that nobody else can publish, the
lock under which files are named. PostgreSQL 15's own `idle_in_transaction_session_timeout` and `statement_timeout` do
not run while a client has prepared a statement and not yet executed it (state `active`, waiting for `ClientRead`).
"""

import asyncio
from datetime import timedelta

import asyncpg
import structlog

from services.common.database import DatabaseUnavailable, connection

log = structlog.get_logger()

SILENCE = timedelta(seconds=30)
"""No statement of ours takes longer (`database.COMMAND_SECONDS`), and no code of ours waits that long between two; but
for storage's, which makes bytes durable within a transaction.
"""

LOOK_SECONDS = 10.0

END = """
WITH abandoned AS MATERIALIZED (
    SELECT pid FROM pg_stat_activity
    WHERE usename = current_user AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()
        AND wait_event = 'ClientRead' AND xact_start < now() - $1::interval AND state_change < now() - $1::interval
)
SELECT pid FROM abandoned WHERE pg_terminate_backend(pid)
"""
"""Only the role's own sessions of the same application: a role may end those, and sees all of them. Materialised,
because the planner may evaluate the conditions of one WHERE in any order.
"""


async def keep_ending(pool: asyncpg.Pool, silence: timedelta = SILENCE) -> None:
    """`end` every `LOOK_SECONDS`, until cancelled."""
    while True:
        try:
            await end(pool, silence)
        except DatabaseUnavailable as error:
            log.warning("abandoned_sessions.database_unavailable", cause=str(error))
        await asyncio.sleep(LOOK_SECONDS)


async def end(pool: asyncpg.Pool, silence: timedelta = SILENCE) -> int:
    """End the sessions whose client was silent that long in a transaction; how many.

    Raises:
        DatabaseUnavailable: the database is away.
    """
    async with connection(pool) as db:
        ended = await db.fetch(END, silence)
    for session in ended:
        log.warning("abandoned_sessions.ended", pid=session["pid"])
    return len(ended)
