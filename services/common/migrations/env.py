"""Alembic's entry: one connection, one transaction, one migrator at a time; versions are kept in schema `exports`."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.common.database import connect
from services.common.migrations import Migrations

LOCK = 0x636F7272  # any constant of our own: "corr"; version 1 takes the same
FIRST = "0001"


def _upgrade(connection: Connection) -> None:
    migrations: Migrations = context.config.attributes["migrations"]
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS exports"))
    context.configure(
        connection=connection,
        version_table=migrations.version_table,
        version_table_schema="exports",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if _made_by_version_1(connection, migrations):
            context.get_context().stamp(context.script, FIRST)
        context.run_migrations()


def _made_by_version_1(connection: Connection, migrations: Migrations) -> bool:
    if _exists(connection, migrations.version_table) or not _exists(connection, "alembic_version"):
        return False
    revision = connection.execute(text("SELECT max(version_num) FROM exports.alembic_version")).scalar_one()
    return revision is not None and revision >= migrations.version_1


def _exists(connection: Connection, table: str) -> bool:
    found = connection.execute(text("SELECT to_regclass(:name)"), {"name": f"exports.{table}"})
    return found.scalar_one() is not None


async def _main() -> None:
    url = context.config.attributes["url"]
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: connect(url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)
    await engine.dispose()


asyncio.run(_main())
