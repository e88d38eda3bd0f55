"""PostgreSQL: a connection pool, queries by name from `.sql` files, and the driver's errors as `DatabaseUnavailable`.

Nothing connects before it is first used, so a service starts while the database is away.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

COMMAND_SECONDS = 10.0
CONNECT_SECONDS = 3.0

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
)


class DatabaseUnavailable(Exception):
    """The database is away, restarting or out of resources. The same call may succeed later."""


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn every driver error that time may heal into `DatabaseUnavailable`; programming errors pass through."""
    try:
        yield
    except _AWAY as error:
        raise DatabaseUnavailable(f"{type(error).__name__}: {error}") from error


def queries(path: Path) -> Mapping[str, str]:
    """The statements of an `.sql` file by the name in the `-- name:` line above each."""
    parts = _NAME.split(path.read_text(encoding="utf-8"))
    return {name: sql.strip() for name, sql in zip(parts[1::2], parts[2::2], strict=True)}


async def make_pool(dsn: str, *, size: int = 10, **options: Any) -> asyncpg.Pool:
    """A pool of at most `size` connections that opens none before the first use."""
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        max_inactive_connection_lifetime=60,
        **options,
    )


@asynccontextmanager
async def connection(pool: asyncpg.Pool, *, seconds: float = CONNECT_SECONDS) -> AsyncIterator[asyncpg.Connection]:
    """A connection for a few statements.

    Raises:
        DatabaseUnavailable: none could be had within `seconds`, or the database went away inside the block.
    """
    with database_errors():
        async with pool.acquire(timeout=seconds) as acquired:
            yield acquired
