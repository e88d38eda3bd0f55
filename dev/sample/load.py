"""Loads Correcta's tables and the sample school into an empty database."""

from hashlib import sha256
from pathlib import Path

import asyncpg

SAMPLE = Path(__file__).parent
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


def version() -> str:
    """A name for the sample's content: it changes with it."""
    return sha256(b"".join((SAMPLE / script).read_bytes() for script in SCRIPTS)).hexdigest()[:8]
