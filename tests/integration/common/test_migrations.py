"""On a real PostgreSQL: each service brings its own tables up to date, in any order, and recognises version 1's."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import asyncpg
import pytest

from services.common.database import DatabaseUnavailable
from services.common.migrations import Migrations, migrate
from services.gateway.migrations import MIGRATIONS as GATEWAY
from services.storage.migrations import MIGRATIONS as STORAGE
from tests import databases

pytestmark = pytest.mark.integration

TABLES = {"export", "outbox", "audit", "service_token", "event", "event_position", "stored_file"}
OWN_VERSIONS = {"alembic_version_gateway", "alembic_version_storage"}
REVISION = """
from services.common.migrations import apply

revision, down_revision, branch_labels, depends_on = "{revision}", {down}, None, None


def upgrade() -> None:
    apply(__file__)
"""


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    with databases.template(postgres_url, lambda _: None) as name:
        yield databases.url_of(postgres_url, name)


@pytest.fixture
def version_1(tmp_path: Path) -> Migrations:
    """The one history of version 1: what are now the first revisions of two services, one after the other."""
    sources = (GATEWAY.folder / "0001_exports.sql", STORAGE.folder / "0001_stored_files.sql")
    for revision, down, source in zip(("0001", "0002"), (None, "0001"), sources, strict=True):
        (tmp_path / f"{revision}_.sql").write_bytes(source.read_bytes())
        (tmp_path / f"{revision}_.py").write_text(REVISION.format(revision=revision, down=repr(down)))
    return Migrations(tmp_path, version_table="alembic_version", version_1="none")


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'exports'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


async def _versions(url: str, table: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row["version_num"] for row in await connection.fetch(f"SELECT version_num FROM exports.{table}")]
    finally:
        await connection.close()


@pytest.mark.parametrize("services", [(GATEWAY, STORAGE), (STORAGE, GATEWAY)])
async def test_a_new_database_takes_the_services_in_any_order(
    empty_database_url: str, services: tuple[Migrations, ...]
) -> None:
    for service in services:
        await asyncio.to_thread(migrate, empty_database_url, service)
    assert await _tables(empty_database_url) == TABLES | OWN_VERSIONS


async def test_many_migrators_of_both_services_leave_one_schema(empty_database_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        list(processes.map(migrate, [empty_database_url] * 4, [GATEWAY, STORAGE] * 2))
    assert await _tables(empty_database_url) == TABLES | OWN_VERSIONS
    for table in OWN_VERSIONS:
        assert len(await _versions(empty_database_url, table)) == 1


@pytest.mark.parametrize("services", [(GATEWAY, STORAGE), (STORAGE, GATEWAY)])
async def test_a_database_of_version_1_is_taken_over_with_its_rows(
    empty_database_url: str, version_1: Migrations, services: tuple[Migrations, ...]
) -> None:
    await asyncio.to_thread(migrate, empty_database_url, version_1)
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(
        "INSERT INTO exports.outbox (event_id, event_type, export_id, body) VALUES "
        "(gen_random_uuid(), 'export.requested.v1', gen_random_uuid(), '{}')"
    )
    for service in services:
        await asyncio.to_thread(migrate, empty_database_url, service)
    assert await connection.fetchval("SELECT count(*) FROM exports.outbox") == 1
    await connection.close()
    assert await _tables(empty_database_url) == TABLES | OWN_VERSIONS | {"alembic_version"}
    assert await _versions(empty_database_url, "alembic_version") == ["0002"]


async def test_version_1_may_come_back(empty_database_url: str, version_1: Migrations) -> None:
    for history in (version_1, GATEWAY, STORAGE, version_1, GATEWAY, STORAGE):
        await asyncio.to_thread(migrate, empty_database_url, history)
    assert await _versions(empty_database_url, "alembic_version") == ["0002"]


async def test_a_database_that_is_away_is_said_so() -> None:
    with pytest.raises(DatabaseUnavailable):
        await asyncio.to_thread(migrate, "postgresql://nobody@127.0.0.1:1/none", GATEWAY)
