"""PostgreSQL: a connection pool, queries by name from `.sql` files, and the driver's errors as `DatabaseUnavailable`.

Nothing connects before it is first used, so a service starts while the database is away.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from services.common import postgres_url
from services.common.error_text import describe
from services.common.postgres_url import PostgresAddress

COMMAND_SECONDS = 10.0
CONNECT_SECONDS = 3.0
READ_ONLY = {"default_transaction_read_only": "on"}
"""The settings of a session in which nothing can be written."""

POOLED = frozenset({"application_name"})
"""The settings of a session that PgBouncer lets through."""

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)

_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.UndefinedTableError,  # not migrated yet
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,  # migrated, and not granted yet
)


class DatabaseUnavailable(Exception):
    """The database is away, restarting or out of resources. The same call may succeed later."""


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn every driver error that time may heal into `DatabaseUnavailable`; programming errors pass through."""
    try:
        yield
    except _AWAY as error:
        raise DatabaseUnavailable(describe(error)) from error


def queries(path: Path) -> Mapping[str, str]:
    """The statements of an `.sql` file by the name in the `-- name:` line above each."""
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    return {name: sql.strip() for name, sql in zip(parts[1::2], parts[2::2], strict=True)}


async def make_pool(url: str, *, size: int = 10, server_settings: Mapping[str, str] | None = None) -> asyncpg.Pool:
    """A pool of at most `size` connections, or fewer where the URL says so, that opens none before the first use.

    Where the sessions are made read-only, `target_session_attrs=read-write` means the primary: none of theirs would be
    read-write on any server.
    """
    address = postgres_url.parse(url)
    dsn = address.dsn
    if READ_ONLY.items() <= (server_settings or {}).items():
        dsn = dsn.replace("target_session_attrs=read-write", "target_session_attrs=primary")
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=min(size, address.connections or size),
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        max_inactive_connection_lifetime=60,
        server_settings={
            name: value for name, value in (server_settings or {}).items() if not address.pooled or name in POOLED
        },
        **_statements(address),
    )


async def connect(url: str, *, command_timeout: float | None = None) -> asyncpg.Connection:
    """A connection of its own, outside of every pool."""
    address = postgres_url.parse(url)
    return await asyncpg.connect(
        address.dsn, timeout=CONNECT_SECONDS, command_timeout=command_timeout, **_statements(address)
    )


def _statements(address: PostgresAddress) -> dict[str, Any]:
    return {} if address.statement_cache else {"statement_cache_size": 0}


@asynccontextmanager
async def connection(pool: asyncpg.Pool, *, seconds: float = CONNECT_SECONDS) -> AsyncIterator[asyncpg.Connection]:
    """A connection for a few statements.

    Raises:
        DatabaseUnavailable: none could be had within `seconds`, or the database went away inside the block.
    """
    with database_errors():
        async with pool.acquire(timeout=seconds) as acquired:
            yield acquired
