"""`--check`: tries what a service is configured with, and says what is wrong, without starting it.

Each check is one line: the variable, and what was found or what is missing. No value is told: it may be a secret.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import httpx2

from contracts.plural import Countable
from services.common.broker_addresses import addresses
from services.common.database import DatabaseUnavailable, connect, database_errors
from services.common.error_text import describe
from services.common.settings import WRONG_SETTINGS

SECONDS = 15.0
"""A check that takes longer has failed."""

NODES = Countable("node", "nodes")

FAILED = 1
"""The exit status where something is wrong; malformed settings have another."""

DUMMIES: Mapping[str, object] = {
    "text": "",
    "int4": 0,
    "int8": 0,
    "bool": False,
    "uuid": UUID(int=0),
    "timestamptz": datetime(2000, 1, 1, tzinfo=UTC),
    "interval": timedelta(0),
}
"""Arguments with which no statement finds a row, by PostgreSQL's names of their types."""

SENSITIVE = """
SELECT format('%I.%I', c.relname, a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attname ~* '(password|secret|token|hash)' AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY 1
"""
WRITABLE = """
SELECT format('%I', c.relname) FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
  AND (has_any_column_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'INSERT, DELETE'))
ORDER BY 1
"""


class CheckFailed(Exception):
    """Something does not work as it is configured; the text says what."""


@dataclass(frozen=True)
class Check:
    """One thing to try: the variable that configures it, and what is found there.

    `run` raises `CheckFailed`, `DatabaseUnavailable`, or whatever the library raises.
    """

    variable: str
    run: Callable[[], Awaitable[str]]


def wanted(arguments: Sequence[str]) -> bool:
    """Whether a service's command line asks for its checks.

    Raises:
        SystemExit: it says anything else; services are configured by their environment.
    """
    if not arguments:
        return False
    if list(arguments) == ["--check"]:
        return True
    sys.stderr.write("usage: python -m services.NAME [--check]; everything else is read from the environment\n")
    raise SystemExit(WRONG_SETTINGS)


async def report(checks: Iterable[Check], write: Callable[[str], object]) -> int:
    """Run every check and write a line for each; the exit status of the process."""
    lines = await asyncio.gather(*map(_line, checks))
    for _, line in lines:
        write(line + "\n")
    return 0 if all(is_well for is_well, _ in lines) else FAILED


async def _line(check: Check) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(SECONDS):
            return True, f"{check.variable}: ok ({await check.run()})"
    except TimeoutError:
        return False, f"{check.variable}: no answer within {SECONDS:.0f} s"
    except (CheckFailed, DatabaseUnavailable) as error:
        return False, f"{check.variable}: {error}"
    except Exception as error:  # whatever a library raises is what this is about
        return False, f"{check.variable}: {describe(error)}"


def broker(url: str) -> Check:
    """Each node of the broker takes the account and its virtual host."""

    async def run() -> str:
        nodes = addresses(url)
        for node in nodes:
            connection = await aio_pika.connect(node, timeout=SECONDS / 3)
            await connection.close()
        return f"{len(nodes)} {NODES.of(len(nodes))}"

    return Check("AMQP_URL", run)


def own_database(url: str, version_table: str) -> Check:
    """The database of our schema may be written, and holds the service's tables."""

    async def run() -> str:
        async with _connected(url) as db:
            if await db.fetchval("SELECT pg_is_in_recovery()"):
                raise CheckFailed("this server is a replica: it takes no writes")
            found = await db.fetchval("SELECT to_regclass($1)", f"exports.{version_table}")
            revision = await db.fetchval(f"SELECT version_num FROM exports.{version_table}") if found else None  # noqa: S608
            return f"PostgreSQL {await _version(db)}, {f'revision {revision}' if revision else 'not migrated yet'}"

    return Check("DATABASE_URL", run)


def correcta_database(url: str, statements: Mapping[str, str]) -> Check:
    """The database of Correcta's tables lets the service run each of its statements, and no more than these need.

    What it may read or write beyond that is told, and is no failure: a role of one's own is advised, not required.
    """

    async def run() -> str:
        async with _connected(url) as db:
            for name, sql in statements.items():
                await _try(db, name, sql)
            notes = [f"PostgreSQL {await _version(db)}", f"{len(statements)} statements"]
            readable = [row[0] for row in await db.fetch(SENSITIVE)]
            writable = [row[0] for row in await db.fetch(WRITABLE)]
            notes += [f"warning: it may read {', '.join(readable)}"] if readable else []
            notes += [f"warning: it may write {len(writable)} tables, {writable[0]} for one"] if writable else []
            return ", ".join(notes)

    return Check("CORRECTA_DATABASE_URL", run)


def storage(url: str) -> Check:
    """Storage answers under this address, and is ready."""

    async def run() -> str:
        async with httpx2.AsyncClient(base_url=url, timeout=SECONDS / 3, trust_env=False) as client:
            answer = await client.get("/readyz")
        if answer.status_code == 200:
            return "ready"
        raise CheckFailed(f"/readyz answers {answer.status_code}")

    return Check("STORAGE_URL", run)


async def _try(db: asyncpg.Connection, name: str, sql: str) -> None:
    """Run a statement that finds nothing, in a transaction that changes nothing."""
    try:
        async with db.transaction(readonly=True):
            prepared = await db.prepare(sql)
            await prepared.fetch(*(_dummy(each) for each in prepared.get_parameters()))
    except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise CheckFailed(f"statement {name}: {error}") from error


def _dummy(parameter: asyncpg.Type) -> object:
    return [] if parameter.kind == "array" else DUMMIES.get(parameter.name)


async def _version(db: asyncpg.Connection) -> str:
    return str(await db.fetchval("SHOW server_version")).split()[0]


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    with database_errors():
        connection = await connect(url, command_timeout=SECONDS)
    try:
        yield connection
    finally:
        await connection.close()
