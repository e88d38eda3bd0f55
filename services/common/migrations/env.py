"""Alembic's entry: one connection, one transaction, one migrator at a time; versions are kept in schema `exports`.

A role that may not create anything there changes nothing: it only looks whether the owner is done. Nor does a process
that finds the tables of a later version of itself, as an old one does that is started again during an upgrade.
"""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.common.database import connect
from services.common.migrations import Migrations, SchemaUnfit, run

LOCK = 0x636F7272  # any constant of our own: "corr"; version 1 takes the same
FIRST = "0001"
SCHEMA_VERSION = """
CREATE TABLE IF NOT EXISTS exports.schema_version (version_table text PRIMARY KEY, least_compatible text NOT NULL)
"""
NOTE = """
INSERT INTO exports.schema_version (version_table, least_compatible) VALUES (:table, :least)
ON CONFLICT (version_table) DO UPDATE SET least_compatible = excluded.least_compatible
WHERE schema_version.least_compatible <> excluded.least_compatible
"""
ROLE = "SELECT quote_ident(current_user)"
MAY_CHANGE = """
SELECT CASE WHEN to_regnamespace('exports') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
            ELSE has_schema_privilege('exports', 'CREATE') END
"""


def _upgrade(connection: Connection) -> None:
    migrations: Migrations = context.config.attributes["migrations"]
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.configure(
        connection=connection,
        version_table=migrations.version_table,
        version_table_schema="exports",
        transactional_ddl=True,
    )
    found = set(context.get_context().get_current_heads())
    if not found <= {revision.revision for revision in context.script.walk_revisions()}:
        _check_compatible(connection, migrations, found)
        return
    if not _answer(connection, MAY_CHANGE):
        _check_applied(found)
        return
    if _answer(connection, "SELECT to_regnamespace('exports') IS NULL"):
        connection.execute(text("CREATE SCHEMA exports"))
    with context.begin_transaction():
        if _made_by_version_1(connection, migrations):
            context.get_context().stamp(context.script, FIRST)
        context.run_migrations()
    _note_compatible(connection, migrations)
    _grant(connection)


def _check_compatible(connection: Connection, migrations: Migrations, found: set[str]) -> None:
    """Raise where a later version's tables are none that this version works with.

    Raises:
        SchemaUnfit: it changed more than this version knows of.
    """
    known = max(context.script.get_heads())
    noted = _exists(connection, "schema_version")
    question = "SELECT max(least_compatible) FROM exports.schema_version WHERE version_table = :table"
    least = connection.execute(text(question), {"table": migrations.version_table}).scalar_one() if noted else None
    if least is not None and known < least:
        at = ", ".join(sorted(found))
        raise SchemaUnfit(f"the schema is at {at}, which versions from {least} on work with; this one is {known}")


def _note_compatible(connection: Connection, migrations: Migrations) -> None:
    """Keep for earlier versions which of them still work with the tables."""
    modules = (revision.module for revision in context.script.walk_revisions())
    least = max(getattr(module, "least_compatible", FIRST) for module in modules)
    connection.execute(text(SCHEMA_VERSION))
    connection.execute(text(NOTE), {"table": migrations.version_table, "least": least})


def _check_applied(found: set[str]) -> None:
    """Raise unless the role that owns the tables has applied every revision.

    Raises:
        SchemaUnfit: it has not.
    """
    wanted = set(context.script.get_heads())
    if found != wanted:
        at, to = (", ".join(sorted(revisions)) or "no revision" for revisions in (found, wanted))
        raise SchemaUnfit(f"schema exports is at {at}; its owner brings it to {to}")


def _grant(connection: Connection) -> None:
    """Give the service's role what it needs, where the tables belong to another one."""
    migrations: Migrations = context.config.attributes["migrations"]
    role = context.config.attributes["role"]
    if role != _answer(connection, ROLE):
        run(connection, f"GRANT SELECT ON exports.schema_version TO {role}")
        run(connection, (migrations.folder / "grants.sql").read_text(encoding="utf-8").format(role=role))


def _made_by_version_1(connection: Connection, migrations: Migrations) -> bool:
    if _exists(connection, migrations.version_table) or not _exists(connection, "alembic_version"):
        return False
    revision = _answer(connection, "SELECT max(version_num) FROM exports.alembic_version")
    return revision is not None and revision >= migrations.version_1


def _exists(connection: Connection, table: str) -> bool:
    found = connection.execute(text("SELECT to_regclass(:name)"), {"name": f"exports.{table}"})
    return found.scalar_one() is not None


def _answer(connection: Connection, question: str) -> Any:
    return connection.execute(text(question)).scalar_one()


async def _main() -> None:
    url, owner_url = (context.config.attributes[name] for name in ("url", "owner_url"))
    context.config.attributes["role"] = await _role(url)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: connect(owner_url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)
    await engine.dispose()


async def _role(url: str) -> str:
    """The role a URL connects as, quoted."""
    connection = await connect(url)
    try:
        return str(await connection.fetchval(ROLE))
    finally:
        await connection.close()


asyncio.run(_main())
