"""On a real PostgreSQL: each service's role may do what its statements do, and nothing else."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from dev.paths import ROOT
from dev.rights import correcta as written
from dev.stack import accounts
from dev.stack.accounts import MIGRATIONS, as_account, role_of
from dev.stack.programs import postgres_program
from services.common.database import DatabaseUnavailable
from services.common.migrations import migrate
from services.gateway import correcta_audit, directory, history, relay, store
from services.gateway.admin import story
from services.gateway.migrations import MIGRATIONS as GATEWAY
from services.gateway.tokens import store as tokens
from services.renderer.exam import correcta as exam
from services.storage import ledger
from services.storage.migrations import MIGRATIONS as STORAGE
from services.webhooks import mail_store
from services.webhooks import store as webhooks
from tests import databases

pytestmark = pytest.mark.integration

OWN_TABLES = {
    "exports_gateway": {
        "export": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "outbox": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "audit": {"SELECT", "INSERT"},
        "service_token": {"SELECT", "INSERT", "UPDATE"},
        "event": {"SELECT", "INSERT", "DELETE"},
        "event_position": {"SELECT", "INSERT", "UPDATE"},
        "schema_version": {"SELECT"},
        "alembic_version_gateway": {"SELECT"},
    },
    "exports_storage": {
        "stored_file": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "schema_version": {"SELECT"},
        "alembic_version_storage": {"SELECT"},
    },
    "exports_renderer": {},
    "exports_webhooks": {
        "webhook_endpoint": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "webhook_delivery": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "mail": {"SELECT", "INSERT", "UPDATE", "DELETE"},
        "schema_version": {"SELECT"},
        "alembic_version_webhooks": {"SELECT"},
    },
}
"""All that the roles may do in schema `exports`."""

IN_EXPORTS = {
    "gateway": {**store.SQL, **relay.SQL, **history.SQL, **tokens.SQL, **story.SQL},
    "storage": ledger.SQL,
    "webhooks": {**webhooks.SQL, **{f"mail_{name}": text for name, text in mail_store.SQL.items()}},
}
IN_CORRECTA = {"gateway": directory.SQL, "renderer": exam.SQL, "webhooks": mail_store.RECIPIENTS}

FORBIDDEN_IN_EXPORTS = [
    ("gateway", "UPDATE exports.event SET body = '{}'"),
    ("webhooks", "SELECT * FROM exports.event"),
    ("webhooks", "SELECT * FROM exports.export"),
    ("gateway", "SELECT secrets FROM exports.webhook_endpoint"),
    ("storage", "SELECT secrets FROM exports.webhook_endpoint"),
    ("gateway", "UPDATE exports.audit SET actor_id = NULL"),
    ("gateway", "DELETE FROM exports.audit"),
    ("gateway", "TRUNCATE exports.audit"),
    ("gateway", "ALTER TABLE exports.audit DROP COLUMN actor_id"),
    ("gateway", "DROP TABLE exports.audit"),
    ("gateway", "UPDATE exports.service_token SET scopes = '{files:read}'"),
    ("gateway", "UPDATE exports.service_token SET expires_at = 'infinity'"),
    ("gateway", "DELETE FROM exports.service_token"),
    ("gateway", "UPDATE exports.alembic_version_gateway SET version_num = '0001'"),
    ("gateway", "SELECT key FROM exports.stored_file"),
    ("gateway", "CREATE TABLE exports.another (id int)"),
    ("gateway", "CREATE OR REPLACE FUNCTION exports.announce_export() RETURNS trigger LANGUAGE sql AS ''"),
    ("gateway", f"SET ROLE {MIGRATIONS}"),
    ("storage", "SELECT id FROM exports.export"),
    ("storage", "SELECT body FROM exports.outbox"),
    ("storage", "INSERT INTO exports.outbox DEFAULT VALUES"),
    ("storage", "SELECT actor_id FROM exports.audit"),
    ("storage", "CREATE TABLE exports.another (id int)"),
    ("renderer", "SELECT id FROM exports.export"),
    ("renderer", "SELECT key FROM exports.stored_file"),
    ("renderer", "CREATE SCHEMA another"),
    ("renderer", "CREATE ROLE another"),
    ("renderer", f"SET ROLE {role_of('gateway')}"),
]

FORBIDDEN_IN_CORRECTA = [
    *(
        (reader, statement)
        for reader in ("gateway", "renderer")
        for statement in (
            'SELECT "passwordHash" FROM "User"',
            'SELECT * FROM "User"',
            'SELECT u FROM "User" u',
            'SELECT 1 FROM "User" WHERE "passwordHash" IS NULL',
            'SELECT "ssoConfig" FROM "Institution"',
            'SELECT * FROM "Institution"',
            'COPY "User" TO STDOUT',
            'SELECT "action" FROM "AuditLog"',
            'INSERT INTO "AuditLog" ("id", "action") VALUES (\'1\', \'EXPORT_PDF\')',
            'UPDATE "Grade" SET "score" = 20',
            'SELECT "id" FROM "Grade" FOR UPDATE',
            'DELETE FROM "Attempt"',
            'TRUNCATE "Answer"',
            'ALTER TABLE "User" DISABLE ROW LEVEL SECURITY',
        )
    ),
    ("renderer", 'SELECT "role" FROM "User"'),
    ("gateway", 'SELECT "feedback" FROM "Grade"'),
    ("storage", 'SELECT "id" FROM "User"'),
    ("migrations", 'SELECT "id" FROM "User"'),
]


@asynccontextmanager
async def connected(url: str, service: str | None = None) -> AsyncIterator[asyncpg.Connection]:
    """A connection as a service's role, or as the superuser; what is done over it is undone."""
    connection = await asyncpg.connect(as_account(url, role_of(service)) if service else url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        await transaction.rollback()
    finally:
        await connection.close()


async def _runs(connection: asyncpg.Connection, statement: str) -> None:
    """Run a statement with no value for any parameter: rights are checked first."""
    prepared = await connection.prepare(statement)
    with suppress(asyncpg.IntegrityConstraintViolationError):
        await prepared.fetch(*[None] * len(prepared.get_parameters()))


@pytest.fixture(scope="module")
def exports(postgres_url: str, exports_template: str) -> Iterator[str]:
    """A migrated database, which these tests leave as it is."""
    with databases.copy(postgres_url, exports_template) as url:
        yield url


@pytest.fixture(scope="module")
def correcta(postgres_url: str, correcta_template: str) -> Iterator[str]:
    """The sample school, which these tests leave as it is."""
    with databases.copy(postgres_url, correcta_template) as url:
        yield url


@pytest.fixture
def new_database(postgres_url: str) -> Iterator[str]:
    """An empty database."""
    with databases.template(postgres_url, lambda _: None) as name:
        yield databases.url_of(postgres_url, name)


async def test_the_committed_grants_are_what_the_statements_read(correcta: str) -> None:
    assert await written.written(correcta) == written.SCRIPT.read_text(), "make rights"


async def _run(url: str, service: str, statements: Mapping[str, str]) -> None:
    """Run statements without a value for any parameter: rights are checked all the same."""
    for statement in statements.values():
        async with connected(url, service) as connection:
            prepared = await connection.prepare(statement)
            with suppress(asyncpg.IntegrityConstraintViolationError):
                await prepared.fetch(*[None] * len(prepared.get_parameters()))


@pytest.mark.parametrize("service", IN_EXPORTS)
async def test_a_service_may_run_its_statements_in_exports(exports: str, service: str) -> None:
    await _run(exports, service, IN_EXPORTS[service])


@pytest.mark.parametrize("service", IN_CORRECTA)
async def test_a_service_may_run_its_statements_in_correcta(correcta: str, service: str) -> None:
    await _run(correcta, service, IN_CORRECTA[service])


async def test_a_service_has_no_other_right_in_exports(exports: str) -> None:
    async with connected(exports) as connection:
        rows = await connection.fetch(
            """SELECT role, relname, privilege
            FROM pg_class, unnest($1::text[]) role, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) privilege
            WHERE relnamespace = 'exports'::regnamespace AND relkind IN ('r', 'v')
                AND has_any_column_privilege(role, pg_class.oid, privilege)
            UNION ALL
            SELECT role, relname, privilege
            FROM pg_class, unnest($1::text[]) role, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) privilege
            WHERE relnamespace = 'exports'::regnamespace AND relkind IN ('r', 'v')
                AND has_table_privilege(role, pg_class.oid, privilege)""",
            list(OWN_TABLES),
        )
    found: dict[str, dict[str, set[str]]] = {role: {} for role in OWN_TABLES}
    for role, table, privilege in rows:
        found[role].setdefault(table, set()).add(privilege)
    assert found == OWN_TABLES


@pytest.mark.parametrize(("service", "statement"), FORBIDDEN_IN_EXPORTS)
async def test_what_a_service_may_not_do_in_exports(exports: str, service: str, statement: str) -> None:
    async with connected(exports, service) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


@pytest.mark.parametrize(("service", "statement"), FORBIDDEN_IN_CORRECTA)
async def test_what_a_service_may_not_do_in_correcta(correcta: str, service: str, statement: str) -> None:
    async with connected(correcta, service) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_the_gateway_may_add_to_correctas_audit_where_it_is_granted(correcta: str) -> None:
    script = (accounts.FOLDER / "correcta_audit.sql").read_text()
    note = correcta_audit.SQL["note"]
    row = ("1", "EXPORT_PDF", None, None, None, "{}", None)
    async with connected(correcta) as connection:
        await connection.execute(f"{script}; SET ROLE {role_of('gateway')}")
        await connection.execute(note, *row)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch('SELECT "id" FROM "AuditLog"')


def _as(service: str, url: str) -> dict[str, str]:
    """The two URLs of a service whose tables belong to another role."""
    return {"url": as_account(url, role_of(service)), "owner_url": as_account(url, MIGRATIONS)}


async def test_a_service_that_owns_nothing_waits_for_the_owner(new_database: str) -> None:
    for service, migrations in (("gateway", GATEWAY), ("storage", STORAGE)):
        urls = _as(service, new_database)
        with pytest.raises(DatabaseUnavailable, match="at no revision; its owner"):
            await asyncio.to_thread(migrate, urls["url"], migrations)
        await accounts.run(new_database, "exports.sql")
        with pytest.raises(DatabaseUnavailable, match="at no revision; its owner"):
            await asyncio.to_thread(migrate, urls["url"], migrations)
        await asyncio.to_thread(migrate, **urls, migrations=migrations)
        await asyncio.to_thread(migrate, urls["url"], migrations)


@pytest.mark.parametrize("service", ["owner", "gateway"])
async def test_tables_of_a_later_version_are_left_as_they_are(new_database: str, service: str) -> None:
    await accounts.run(new_database, "exports.sql")
    urls = _as("gateway", new_database)
    await asyncio.to_thread(migrate, **urls, migrations=GATEWAY)
    superuser = await asyncpg.connect(new_database)
    await superuser.execute("UPDATE exports.alembic_version_gateway SET version_num = 'later'")
    await superuser.execute(f"GRANT DELETE ON exports.audit TO {role_of('gateway')}")
    await asyncio.to_thread(migrate, urls["url"], GATEWAY, owner_url=urls["owner_url"] if service == "owner" else None)
    assert await superuser.fetchval("SELECT version_num FROM exports.alembic_version_gateway") == "later"
    assert await superuser.fetchval("SELECT has_table_privilege($1, 'exports.audit', 'DELETE')", role_of("gateway"))
    await superuser.close()


async def test_a_right_that_was_given_beside_is_taken_back(new_database: str) -> None:
    await accounts.run(new_database, "exports.sql")
    await asyncio.to_thread(migrate, **_as("gateway", new_database), migrations=GATEWAY)
    superuser = await asyncpg.connect(new_database)
    await superuser.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA exports TO {role_of('gateway')}")
    await superuser.close()
    await asyncio.to_thread(migrate, **_as("gateway", new_database), migrations=GATEWAY)
    async with connected(new_database, "gateway") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM exports.audit")


async def test_tables_of_a_role_before_are_taken_over_with_their_rows(new_database: str) -> None:
    for service in (GATEWAY, STORAGE):
        await asyncio.to_thread(migrate, new_database, service)
    superuser = await asyncpg.connect(new_database)
    await superuser.execute(
        "INSERT INTO exports.audit (action, institution_id, exam_id, export_id) "
        "VALUES ('export.requested', 'i', 'e', gen_random_uuid())"
    )
    await superuser.close()
    for _ in range(2):
        await accounts.run(new_database, "exports.sql")
        await asyncio.to_thread(migrate, **_as("gateway", new_database), migrations=GATEWAY)
        await asyncio.to_thread(migrate, **_as("storage", new_database), migrations=STORAGE)
    async with connected(new_database, "gateway") as connection:
        assert await connection.fetchval("SELECT count(*) FROM exports.audit") == 1
    async with connected(new_database) as connection:
        owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'exports'"
        assert [row[0] for row in await connection.fetch(owners)] == [MIGRATIONS]


async def test_a_role_of_any_name_gets_its_rights(new_database: str) -> None:
    await accounts.run(new_database, "exports.sql")
    superuser = await asyncpg.connect(new_database)
    name = f'Rôle "{uuid4().hex[:8]}"; --'
    quoted = name.replace('"', '""')
    await superuser.execute(f"CREATE ROLE \"{quoted}\" LOGIN PASSWORD 'x'")
    own = urlsplit(new_database)._replace(netloc=f"{quote(name)}:x@{urlsplit(new_database).netloc.rpartition('@')[2]}")
    try:
        owner_url = as_account(new_database, MIGRATIONS)
        await asyncio.to_thread(migrate, own.geturl(), STORAGE, owner_url=owner_url)
        service = await asyncpg.connect(own.geturl())
        assert await service.fetchval("SELECT count(*) FROM exports.stored_file") == 0
        await service.close()
    finally:
        await superuser.execute(f'DROP OWNED BY "{quoted}"; DROP ROLE "{quoted}"')
        await superuser.close()


@pytest.mark.parametrize("service", ["gateway", "storage"])
async def test_the_migrations_run_as_a_process_that_ends(new_database: str, service: str) -> None:
    await accounts.run(new_database, "exports.sql")
    urls = _as(service, new_database)
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": urls["url"], "MIGRATION_DATABASE_URL": urls["owner_url"]}
    command = [sys.executable, "-m", f"services.{service}.migrate"]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, cwd=ROOT, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    await asyncio.to_thread(migrate, urls["url"], {"gateway": GATEWAY, "storage": STORAGE}[service])


def test_psql_runs_the_scripts_as_the_documentation_says(correcta_database_url: str) -> None:
    names = ("MIGRATIONS", "GATEWAY", "RENDERER", "STORAGE")
    passwords = {
        f"{name}_DATABASE_PASSWORD": urlsplit(as_account(correcta_database_url, role_of(name.lower()))).password or ""
        for name in names
    }
    scripts = ("roles.sql", "passwords.sql", "exports.sql", "correcta.sql", "correcta_audit.sql")
    files = [part for script in scripts for part in ("-f", str(accounts.FOLDER / script))]
    done = subprocess.run(
        [str(postgres_program("psql")), "-Xq", "--single-transaction", *files, correcta_database_url],
        env={"PATH": os.environ["PATH"], **passwords},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
