"""On a real PostgreSQL: each service brings its own tables up to date, in any order, and recognises version 1's."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from services.common.database import DatabaseUnavailable
from services.common.health import NotReady
from services.common.migrations import Migrations, Migrator, SchemaUnfit, migrate
from services.common.settings import DatabaseSettings
from services.gateway.migrations import MIGRATIONS as GATEWAY
from services.storage.migrations import MIGRATIONS as STORAGE
from tests import databases
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

TABLES = {"export", "outbox", "audit", "service_token", "event", "event_position", "stored_file"}
OWN_VERSIONS = {"alembic_version_gateway", "alembic_version_storage"}
ALL_TABLES = TABLES | OWN_VERSIONS | {"schema_version"}
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
    assert await _tables(empty_database_url) == ALL_TABLES


async def test_many_migrators_of_both_services_leave_one_schema(empty_database_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        list(processes.map(migrate, [empty_database_url] * 4, [GATEWAY, STORAGE] * 2))
    assert await _tables(empty_database_url) == ALL_TABLES
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
    assert await _tables(empty_database_url) == ALL_TABLES | {"alembic_version"}
    assert await _versions(empty_database_url, "alembic_version") == ["0002"]


async def test_version_1_may_come_back(empty_database_url: str, version_1: Migrations) -> None:
    for history in (version_1, GATEWAY, STORAGE, version_1, GATEWAY, STORAGE):
        await asyncio.to_thread(migrate, empty_database_url, history)
    assert await _versions(empty_database_url, "alembic_version") == ["0002"]


async def test_a_database_that_is_away_is_said_so() -> None:
    with pytest.raises(DatabaseUnavailable):
        await asyncio.to_thread(migrate, "postgresql://nobody@127.0.0.1:1/none", GATEWAY)


def a_later_version(folder: Path, least_compatible: str = "") -> Migrations:
    """The gateway's migrations with one more, which adds a column."""
    shutil.copytree(GATEWAY.folder, folder, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    latest = max(path.stem[:4] for path in folder.glob("0*.sql"))
    (folder / "9999_later.sql").write_text("ALTER TABLE exports.export ADD COLUMN later text")
    source = REVISION.format(revision="9999", down=repr(latest))
    source += f'\nleast_compatible = "{least_compatible}"\n' if least_compatible else ""
    (folder / "9999_later.py").write_text(source)
    return Migrations(folder, GATEWAY.version_table, GATEWAY.version_1)


async def test_a_version_rolled_back_to_works_with_tables_that_were_only_added_to(
    empty_database_url: str, tmp_path: Path
) -> None:
    await asyncio.to_thread(migrate, empty_database_url, a_later_version(tmp_path / "later"))
    await asyncio.to_thread(migrate, empty_database_url, GATEWAY)
    assert await _versions(empty_database_url, GATEWAY.version_table) == ["9999"]


async def test_a_version_rolled_back_to_says_that_the_tables_are_none_of_its(
    empty_database_url: str, tmp_path: Path
) -> None:
    await asyncio.to_thread(migrate, empty_database_url, a_later_version(tmp_path / "later", least_compatible="9999"))
    with pytest.raises(SchemaUnfit, match="the schema is at 9999, which versions from 9999 on work with"):
        await asyncio.to_thread(migrate, empty_database_url, GATEWAY)
    await asyncio.to_thread(migrate, empty_database_url, STORAGE)
    migrator = Migrator(DatabaseSettings(database_url=SecretStr(empty_database_url)), GATEWAY)
    running = asyncio.create_task(migrator.run())

    async def says_why() -> bool:
        with pytest.raises(NotReady) as reason:
            await migrator.check()
        return "the schema is at 9999" in str(reason.value)

    await wait_until(says_why)
    with pytest.raises(SchemaUnfit):
        migrator.require()
    running.cancel()


async def test_a_migrator_is_ready_once_the_tables_are_there(empty_database_url: str) -> None:
    migrator = Migrator(DatabaseSettings(database_url=SecretStr(empty_database_url)), STORAGE)
    with pytest.raises(NotReady, match="not migrated yet"):
        await migrator.check()
    await migrator.run()
    await migrator.check()
    migrator.require()
