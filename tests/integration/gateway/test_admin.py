"""What operators ask, as a process of its own with the gateway's environment, on a real database."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.states import ExportStatus
from dev.paths import ROOT
from dev.stack.accounts import as_account, role_of
from services.gateway.store import Actor, Quota, Store
from tests.builders import an_export_completed, an_export_failed
from tests.gateway import an_export

pytestmark = pytest.mark.integration

Admin = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
def admin(database_url: str) -> Admin:
    """Runs the command to its end."""
    environment = {
        "PATH": os.environ["PATH"],
        "AMQP_URL": "amqp://nobody:x@127.0.0.1:1/",
        "DATABASE_URL": as_account(database_url, role_of("gateway")),
        "CORRECTA_DATABASE_URL": as_account(database_url, role_of("gateway")),
        "STORAGE_URL": "http://127.0.0.1:1",
        "INTERNAL_TOKEN": "t" * 16,
        "SESSION_SECRET": "s" * 16,
    }

    async def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "services.gateway.admin", *arguments]
        return await asyncio.to_thread(
            subprocess.run, command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60
        )

    return run


async def test_the_whole_story_of_an_export(store: Store, pool: asyncpg.Pool, admin: Admin) -> None:
    export = an_export()
    await store.create(export, quota=Quota(1), actor=Actor("user-1", "192.0.2.7"))
    await store.apply(an_export_completed(export_id=export.id))
    told = json.loads((await admin("export", str(export.id), "--json")).stdout)
    assert told["export"]["status"] == ExportStatus.COMPLETED
    types = ["export.requested.v1", "export.started.v1", "export.completed.v1"]
    assert [row["type"] for row in told["outbox"]] == types
    assert [(row["action"], row["actor"], row["ip"]) for row in told["audit"]] == [
        ("export.requested", "user-1", "192.0.2.7"),
        ("export.completed", None, None),
    ]
    text = (await admin("export", str(export.id))).stdout
    assert "status  completed" in text
    assert "audit: 2" in text
    assert "events: 0" in text


async def test_an_export_that_nobody_knows(admin: Admin) -> None:
    for command in (("export", str(uuid4())), ("again", str(uuid4()), "--by", "Claire")):
        done = await admin(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("There is no export of this id")


async def test_parked_events_are_listed_and_released(store: Store, pool: asyncpg.Pool, admin: Admin) -> None:
    export = an_export()
    await store.create(export, quota=Quota(1), actor=Actor())
    assert (await admin("parked")).stdout == ""
    await pool.execute("UPDATE exports.outbox SET attempts = 3, retry_at = now() + interval '1 min'")
    listed = await admin("parked", "--release")
    assert str(export.id) in listed.stdout
    assert listed.stderr == "Released: 1\n"
    assert await pool.fetchval("SELECT retry_at <= now() FROM exports.outbox")


async def test_retention_now(store: Store, pool: asyncpg.Pool, admin: Admin) -> None:
    export = an_export()
    await store.create(export, quota=Quota(1), actor=Actor())
    await pool.execute("DELETE FROM exports.outbox")
    await pool.execute("UPDATE exports.export SET heard_at = now() - interval '3 h'")
    done = await admin("retention")
    assert (done.returncode, done.stdout) == (0, "")
    (row,) = await store.read([export.id])
    assert row.status is ExportStatus.FAILED


async def test_an_export_that_was_given_up_is_made_again_as_another(
    store: Store, pool: asyncpg.Pool, admin: Admin
) -> None:
    export = an_export(class_ids=("class-1",), exam_title="Algèbre", copies=3)
    await store.create(export, quota=Quota(1), actor=Actor("user-1"))
    running = await admin("again", str(export.id), "--by", "Claire")
    assert (running.returncode, running.stdout) == (2, "")
    await store.apply(an_export_failed(export_id=export.id))
    done = await admin("again", str(export.id), "--by", "Claire")
    assert done.returncode == 0, done.stderr
    (made,) = await store.read([UUID(done.stdout.strip())])
    assert (made.status, made.requested_by, made.fingerprint()) == (ExportStatus.QUEUED, "user-1", export.fingerprint())
    assert (made.class_ids, made.exam_title, made.copies) == (("class-1",), "Algèbre", 3)
    noted = await pool.fetch("SELECT action, actor_id, export_id FROM exports.audit ORDER BY id")
    assert [tuple(row) for row in noted[-2:]] == [
        ("export.requested", "operator:Claire", made.id),
        ("export.requested_again", "operator:Claire", export.id),
    ]


async def test_tokens_are_minted_here_too(admin: Admin) -> None:
    listed = await admin("tokens", "list")
    assert (listed.returncode, listed.stdout) == (0, ""), listed.stderr
