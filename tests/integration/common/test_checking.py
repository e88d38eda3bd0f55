"""`--check` tries what a service is configured with: each fault on its own line, with its variable and no value."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from dev.paths import ROOT

pytestmark = pytest.mark.integration

NOBODY = "127.0.0.1:1"


async def check(service: str, environment: Mapping[str, str], *arguments: str) -> tuple[int, dict[str, str], str]:
    """Run a service's checks: the exit status, the line of each variable, and what stands on standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"services.{service}", *(arguments or ("--check",))),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        written, errors = await process.communicate()
    lines = dict(line.split(": ", 1) for line in written.decode().splitlines())
    assert process.returncode is not None
    return process.returncode, lines, errors.decode()


@pytest.fixture
def environment(amqp_url: str, correcta_database_url: str, tmp_path: Path) -> dict[str, str]:
    """What all services need."""
    return {
        "AMQP_URL": amqp_url,
        "DATABASE_URL": correcta_database_url,
        "CORRECTA_DATABASE_URL": correcta_database_url,
        "STORAGE_URL": f"http://{NOBODY}",
        "STORAGE_ROOT": tmp_path.as_uri(),
        "INTERNAL_TOKEN": "t" * 32,
        "SESSION_SECRET": "secret-of-the-session",
        "WEBHOOK_KEYS": "",
    }


async def test_what_works_and_what_does_not_is_a_line_each(environment: dict[str, str]) -> None:
    code, lines, _ = await check("gateway", environment)
    assert code == 1
    assert lines["AMQP_URL"] == "ok (1 node)"
    assert lines["DATABASE_URL"].startswith("ok (PostgreSQL ")
    assert lines["CORRECTA_DATABASE_URL"].startswith("ok (PostgreSQL ")
    assert "warning: it may write" in lines["CORRECTA_DATABASE_URL"]
    assert lines["STORAGE_URL"].startswith("ConnectError")


async def test_all_is_well(environment: dict[str, str]) -> None:
    code, lines, errors = await check("storage", environment)
    assert (code, errors) == (0, "")
    assert lines["STORAGE_ROOT"] == "ok (writable)"


async def test_a_right_that_is_missing_is_named_with_its_statement(environment: dict[str, str]) -> None:
    url = environment["CORRECTA_DATABASE_URL"]
    owner = await asyncpg.connect(url)
    role = f"checked_{os.getpid()}"
    await owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'once'")
    await owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    await owner.execute(f'REVOKE SELECT ON "Course" FROM {role}')
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    try:
        other = urlunsplit(parts._replace(netloc=f"{role}:once@{place}"))
        code, lines, _ = await check("renderer", environment | {"CORRECTA_DATABASE_URL": other})
        assert code == 1
        assert lines["CORRECTA_DATABASE_URL"] == "statement exams: permission denied for table Course"
    finally:
        await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        await owner.close()


async def test_no_value_is_told(environment: dict[str, str]) -> None:
    secret = "x" * 20
    wrong = {
        "AMQP_URL": f"amqp://user:{secret}@{NOBODY}/",
        "DATABASE_URL": f"postgresql://user:{secret}@{NOBODY}/db",
        "CORRECTA_DATABASE_URL": f"postgresql://user:{secret}@{NOBODY}/db",
    }
    code, lines, errors = await check("gateway", environment | wrong)
    assert code == 1
    assert {*wrong} <= {*lines}
    assert not any("ok" in line for line in lines.values())
    assert secret not in str(lines) + errors


async def test_another_argument_is_refused(environment: dict[str, str]) -> None:
    code, _, errors = await check("gateway", environment, "--chekc")
    assert (code, errors.split()[0]) == (2, "usage:")
