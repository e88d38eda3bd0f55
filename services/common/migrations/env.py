"""Alembic's entry: one connection, one transaction, one migrator at a time; versions are kept in schema `exports`."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

LOCK = 0x636F7272  # any constant of our own: "corr"


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS exports"))
    context.configure(connection=connection, version_table_schema="exports", transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


async def _main() -> None:
    dsn = context.config.attributes["dsn"]
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn, timeout=3.0), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)
    await engine.dispose()


asyncio.run(_main())
