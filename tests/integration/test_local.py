"""The local stack's databases: filled once, read by a role that can't write; one process a folder."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from dev.sample import people
from dev.stack.accounts import as_account, role_of
from dev.stack.local import AlreadyRunning, occupied, prepare
from dev.stack.postgresql import PrivatePostgres

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def filled(private_folder: Path) -> Iterator[PrivatePostgres]:
    server = PrivatePostgres(private_folder / uuid4().hex[:8], durable=False)
    server.start()
    asyncio.run(prepare(server, "amqp://nowhere"))
    yield server
    server.remove()


async def test_the_sample_school_is_there_and_may_only_be_read(filled: PrivatePostgres) -> None:
    servers = await prepare(filled, "amqp://nowhere")
    connection = await asyncpg.connect(as_account(servers.correcta_database_url, role_of("renderer")))
    try:
        row = await connection.fetchrow('select name from "Institution" where id = $1', people.VAUCLAIR.id)
        assert row["name"] == people.VAUCLAIR.name
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute('update "Grade" set score = 20')
    finally:
        await connection.close()


async def test_a_second_start_finds_the_databases_filled(filled: PrivatePostgres) -> None:
    before = await _databases(filled)
    await prepare(filled, "amqp://nowhere")
    assert await _databases(filled) == before


async def _databases(server: PrivatePostgres) -> set[tuple[str, int]]:
    connection = await asyncpg.connect(server.url)
    try:
        return {(row["datname"], row["oid"]) for row in await connection.fetch("select datname, oid from pg_database")}
    finally:
        await connection.close()


async def test_each_test_has_a_school_of_its_own(correcta_database_url: str) -> None:
    connection = await asyncpg.connect(correcta_database_url)
    assert await connection.fetchval('select count(*) from "Exam"') > 0
    await connection.close()


def test_a_folder_is_for_one_process_at_a_time(tmp_path: Path) -> None:
    with occupied(tmp_path), pytest.raises(AlreadyRunning, match="make down"), occupied(tmp_path):
        pass
    with occupied(tmp_path):
        pass
