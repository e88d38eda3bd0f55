"""Loads Correcta's tables and the sample school into an empty database."""

from pathlib import Path

import asyncpg

SAMPLE = Path(__file__).parent / "sample"
SCRIPTS = ("correcta.sql", "school.sql")


async def load(url: str) -> None:
    """Run the sample's scripts, each in one transaction."""
    connection = await asyncpg.connect(url)
    try:
        for script in SCRIPTS:
            async with connection.transaction():
                await connection.execute((SAMPLE / script).read_text(encoding="utf-8"))
    finally:
        await connection.close()


async def is_loaded(url: str) -> bool:
    """Whether the tables are there."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("select to_regclass('\"Exam\"')") is not None
    finally:
        await connection.close()
