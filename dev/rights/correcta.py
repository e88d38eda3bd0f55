"""Writes `deploy/postgresql/correcta.sql`: SELECT on exactly the columns of Correcta's tables that each service's
statements name, and on nothing else.

PostgreSQL itself says which columns a statement names: it notes them for the body of an SQL function. So writing needs
a server, and starts a private one: `python -m dev.rights.correcta --write`. An integration test compares.
"""

import asyncio
import sys
from collections.abc import Iterable, Mapping

import asyncpg

from dev import generated
from dev.paths import ROOT, RUN
from dev.sample import load
from dev.stack.postgresql import PrivatePostgres
from services.gateway import directory
from services.renderer.exam import correcta
from services.webhooks import mail_store

SCRIPT = ROOT / "deploy" / "postgresql" / "correcta.sql"

STATEMENTS: Mapping[str, Iterable[str]] = {
    "exports_gateway": directory.SQL.values(),
    "exports_renderer": correcta.SQL.values(),
    "exports_webhooks": mail_store.RECIPIENTS.values(),
}
"""What the role of each service says to Correcta's tables."""

Columns = dict[str, list[str]]
"""The columns of each table that are read."""

COLUMNS = """
SELECT c.relname, a.attname FROM pg_depend d
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND p.proname = 'statement_of_a_service'
JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
"""

HEAD = """\
-- What the services read of Correcta's tables, column by column. Written by `make rights` from their statements.
-- Run after roles.sql, in the database of CORRECTA_DATABASE_URL, by the tables' owner, in one transaction
-- (psql --single-transaction); again after an upgrade, and after a migration of Correcta that makes one of these tables
-- anew. Tables in another schema than `public`: PGOPTIONS='-c search_path=THEIRS'.
DO $$
DECLARE
    roles text := 'exports_gateway, exports_renderer, exports_webhooks';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO ' || roles, current_schema());
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM ' || roles, current_schema());
END $$;
"""


async def columns(connection: asyncpg.Connection, statements: Iterable[str]) -> Columns:
    """The columns that these statements read, in the database with Correcta's tables that is connected to."""
    found: dict[str, set[str]] = {}
    for statement in statements:
        transaction = connection.transaction()
        await transaction.start()
        types = await _parameter_types(connection, statement)
        head = f"CREATE FUNCTION statement_of_a_service({types}) RETURNS SETOF record LANGUAGE sql"
        await connection.execute(f"{head} BEGIN ATOMIC {statement}; END")
        for table, column in await connection.fetch(COLUMNS):
            found.setdefault(table, set()).add(column)
        await transaction.rollback()
    return {table: sorted(names) for table, names in sorted(found.items())}


async def _parameter_types(connection: asyncpg.Connection, statement: str) -> str:
    prepared = await connection.prepare(statement)
    names = [await connection.fetchval("SELECT format_type($1, NULL)", type.oid) for type in prepared.get_parameters()]
    return ", ".join(names)


def script(read: Mapping[str, Columns]) -> str:
    """The whole file, from what each role reads."""
    grants = [
        f'GRANT SELECT ({", ".join(_quoted(names))})\n    ON "{table}" TO {role};'
        for role, tables in read.items()
        for table, names in tables.items()
    ]
    return HEAD + "\n" + "\n".join(grants) + "\n"


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


async def written(url: str) -> str:
    """The file as the code says, by the help of a database with Correcta's tables."""
    connection = await asyncpg.connect(url)
    try:
        return script({role: await columns(connection, statements) for role, statements in STATEMENTS.items()})
    finally:
        await connection.close()


def main(arguments: list[str]) -> int:
    """Exit status: 0 where file and code agree."""
    server = PrivatePostgres(RUN / "rights", durable=False)
    try:
        server.start()
        asyncio.run(load.load(server.url))
        text = asyncio.run(written(server.url))
    finally:
        server.remove()
    return generated.main(arguments, {SCRIPT: text}, "rights")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
