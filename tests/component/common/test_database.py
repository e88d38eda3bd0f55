"""Connections to a database that is away."""

import pytest

from services.common.database import DatabaseUnavailable, connection, make_pool


async def test_a_pool_is_made_while_the_database_is_away() -> None:
    pool = await make_pool("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable):
        async with connection(pool):
            pass
    await pool.close()
