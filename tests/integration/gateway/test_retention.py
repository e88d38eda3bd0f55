"""What time does to exports, by the database's clock."""

from datetime import timedelta

import asyncpg
import pytest

from contracts.states import ExportStatus, FailureCode
from services.gateway.retention import Policy, sweep
from services.gateway.store import Actor, Quota, Store
from tests.builders import AS_OF, a_stored_file, an_export_completed, an_export_failed
from tests.gateway import an_export, cancelled

pytestmark = pytest.mark.integration


async def test_a_sweep_ends_what_is_late_and_forgets_what_is_long_gone(store: Store, pool: asyncpg.Pool) -> None:
    names = ("fresh", "silent", "failed", "stopped", "done", "lapsed", "gone")
    exports = {name: an_export() for name in names}
    for export in exports.values():
        await store.create(export, quota=Quota(100), actor=Actor())
    await pool.execute("DELETE FROM exports.outbox")
    for name in ("failed", "gone"):
        await store.apply(an_export_failed(export_id=exports[name].id))
    await store.finish(exports["stopped"].id, cancelled, Actor("user-1"))
    await store.apply(an_export_completed(export_id=exports["done"].id))
    await store.apply(
        an_export_completed(export_id=exports["lapsed"].id, file=a_stored_file(exports["lapsed"].id, expires_at=AS_OF))
    )
    await pool.execute("DELETE FROM exports.outbox")
    await pool.execute(
        "UPDATE exports.export SET heard_at = now() - interval '3 h' WHERE id = $1", exports["silent"].id
    )
    old = [exports[name].id for name in ("failed", "stopped", "gone")]
    await pool.execute("UPDATE exports.export SET ended_at = now() - interval '25 h' WHERE id = ANY($1)", old)
    gone = "UPDATE exports.export SET status = 'expired', expired_at = now() - interval '40 d' WHERE id = $1"
    await pool.execute(gone, exports["gone"].id)

    await sweep(store, Policy())

    statuses = {row.id: row.status for row in await store.read([export.id for export in exports.values()])}
    assert {name: statuses.get(export.id) for name, export in exports.items()} == {
        "fresh": ExportStatus.QUEUED,
        "silent": ExportStatus.FAILED,
        "failed": ExportStatus.EXPIRED,
        "stopped": ExportStatus.EXPIRED,
        "done": ExportStatus.COMPLETED,
        "lapsed": ExportStatus.EXPIRED,
        "gone": None,
    }
    (silent,) = await store.read([exports["silent"].id])
    assert silent.failure_code is FailureCode.TIMED_OUT
    announced = await pool.fetch("SELECT event_type FROM exports.outbox ORDER BY event_type")
    assert [row["event_type"] for row in announced] == ["export.expired.v1"] * 3 + ["export.failed.v1"]


async def test_two_sweeps_at_once_end_each_export_once(store: Store, pool: asyncpg.Pool) -> None:
    export = an_export()
    await store.create(export, quota=Quota(1), actor=Actor())
    await store.apply(an_export_failed(export_id=export.id))
    at_once = Policy(failed_age=timedelta(0))
    await sweep(store, at_once)
    await sweep(store, at_once)
    sql = "SELECT count(*) FROM exports.outbox WHERE event_type = 'export.expired.v1'"
    assert await pool.fetchval(sql) == 1
