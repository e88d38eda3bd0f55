"""The store against a real PostgreSQL: guards, quota, idempotency, names, retention."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.events import Warning
from contracts.options import Audience, ReportOptions
from contracts.states import ExportStatus, FailureCode, Format, Phase, WarningCode
from services.gateway.claims import ClaimRefused
from services.gateway.errors import IdempotencyKeyReused, TooManyExports, TooManyOwnExports
from services.gateway.exports import Export, failed
from services.gateway.store import Actor, Created, Quota, Store
from tests.builders import AS_OF, a_stored_file, an_export_completed, an_export_failed, an_export_progress
from tests.gateway import an_export, cancelled, expired

pytestmark = pytest.mark.integration

TEACHER = Actor("user-1", "192.0.2.7")
AGE = timedelta(hours=1)


async def create(store: Store, export: Export | None = None, **options: Any) -> Created:
    values: dict[str, Any] = {"quota": Quota(20), "actor": TEACHER}
    return await store.create(export or an_export(), **(values | options))


async def created(store: Store, **overrides: Any) -> Export:
    return (await create(store, an_export(**overrides))).export


async def reread(store: Store, export: Export) -> Export:
    return (await store.read([export.id]))[0]


async def outbox(pool: asyncpg.Pool) -> list[str]:
    return [row["event_type"] for row in await pool.fetch("SELECT event_type FROM exports.outbox ORDER BY position")]


async def audited(pool: asyncpg.Pool, export_id: UUID) -> list[tuple[str, str | None]]:
    rows = await pool.fetch("SELECT action, actor_id FROM exports.audit WHERE export_id = $1 ORDER BY id", export_id)
    return [(row["action"], row["actor_id"]) for row in rows]


async def test_a_created_export_its_event_and_its_audit_are_there_together(store: Store, pool: asyncpg.Pool) -> None:
    export = an_export(
        class_ids=("c1", "c2"), format=Format.ZIP, options=ReportOptions(audience=Audience.JURY, duplex=True)
    )
    assert await create(store, export) == Created(export)
    assert await store.find("inst-1", "exam-1", export.id) == export
    assert await outbox(pool) == ["export.requested.v1"]
    assert await audited(pool, export.id) == [("export.requested", "user-1")]


async def test_nothing_is_found_from_another_institution_or_exam(store: Store) -> None:
    export = await created(store)
    assert await store.find("inst-2", "exam-1", export.id) is None
    assert await store.find("inst-1", "exam-2", export.id) is None
    await store.apply(an_export_completed(export_id=export.id))
    assert await store.find_file("inst-1", "exam-1", "rapport.pdf") is not None
    assert await store.find_file("inst-2", "exam-1", "rapport.pdf") is None
    assert await store.find_file("inst-1", "exam-2", "rapport.pdf") is None


async def test_the_same_key_means_the_same_export(store: Store, pool: asyncpg.Pool) -> None:
    first = await create(store, key="k")
    again = await create(store, key="k")
    assert (again.export.id, again.replayed) == (first.export.id, True)
    assert await outbox(pool) == ["export.requested.v1"]


async def test_the_same_key_for_another_request_is_refused(store: Store) -> None:
    await create(store, key="k")
    with pytest.raises(IdempotencyKeyReused):
        await create(store, an_export(format=Format.CSV), key="k")


async def test_a_key_is_the_users_own(store: Store) -> None:
    exports = [
        await create(store, an_export(**scope), key="k")
        for scope in ({}, {"requested_by": "user-2"}, {"institution_id": "inst-2"})
    ]
    assert not any(made.replayed for made in exports)


async def test_ten_requests_at_once_with_one_key_make_one_export(store: Store, pool: asyncpg.Pool) -> None:
    made = await asyncio.gather(*(create(store, an_export(), key="k") for _ in range(10)))
    assert len({one.export.id for one in made}) == 1
    assert sum(not one.replayed for one in made) == 1
    assert await outbox(pool) == ["export.requested.v1"]


async def test_requests_at_once_never_pass_the_quota(store: Store, pool: asyncpg.Pool) -> None:
    results = await asyncio.gather(*(create(store, quota=Quota(3)) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(result, TooManyExports) for result in results) == 7
    assert await pool.fetchval("SELECT count(*) FROM exports.export") == 3
    await create(store, an_export(institution_id="inst-2"), quota=Quota(3))


@pytest.mark.parametrize(("number", "percent", "share"), [(20, 50, 10), (3, 50, 2), (1, 1, 1), (7, 100, 7)])
def test_a_requesters_share_is_rounded_up(number: int, percent: int, share: int) -> None:
    assert Quota(number, share_percent=percent).share(number) == share


async def test_requests_at_once_never_pass_the_requesters_share(store: Store) -> None:
    quota = Quota(3, share_percent=50)
    results = await asyncio.gather(*(create(store, quota=quota) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(result, TooManyOwnExports) for result in results) == 8
    await create(store, an_export(requested_by="user-2"), quota=quota)


async def test_an_ended_export_leaves_room(store: Store) -> None:
    export = await created(store)
    with pytest.raises(TooManyExports):
        await create(store, quota=Quota(1))
    await store.apply(an_export_failed(export_id=export.id))
    await create(store, quota=Quota(1))


async def test_a_running_twin_is_reused_only_when_asked_and_only_while_it_runs(store: Store) -> None:
    first = await created(store)
    assert not (await create(store)).replayed
    assert (await create(store, reuse=True)).replayed
    other_user = await create(store, an_export(requested_by="user-2"), reuse=True)
    assert not other_user.replayed
    await store.apply(an_export_failed(export_id=first.id))
    assert not (await create(store, an_export(format=Format.CSV), reuse=True)).replayed


async def test_progress_moves_forward_only(store: Store) -> None:
    export = await created(store)
    await store.progress([an_export_progress(export_id=export.id, sequence=5, percent=60, processed=6)])
    await store.progress([an_export_progress(export_id=export.id, sequence=4, percent=50, processed=5)])
    row = await reread(store, export)
    assert (row.status, row.phase, row.percent, row.processed, row.sequence) == ("active", "processing", 60, 6, 5)
    await store.progress([an_export_progress(export_id=export.id, sequence=6, percent=10, processed=1)])
    assert (await reread(store, export)).percent == 60
    await store.progress([an_export_progress(export_id=export.id, attempt=2, sequence=0, percent=0, processed=0)])
    row = await reread(store, export)
    assert (row.attempt, row.percent, row.processed) == (2, 0, 0)


async def test_progress_of_many_exports_is_written_at_once_and_skips_ended_and_unknown_ones(store: Store) -> None:
    running, ended = await created(store), await created(store)
    await store.apply(an_export_failed(export_id=ended.id))
    await store.progress([an_export_progress(export_id=one) for one in (running.id, ended.id, uuid4())])
    assert (await reread(store, running)).status is ExportStatus.ACTIVE
    assert (await reread(store, ended)).status is ExportStatus.FAILED


async def test_completion_keeps_file_copies_and_warnings(store: Store, pool: asyncpg.Pool) -> None:
    export = await created(store)
    warning = Warning(code=WarningCode.IMAGE_UNAVAILABLE, submission_id="s", message="Image absente")
    event = an_export_completed(
        export_id=export.id, attempt=2, file=a_stored_file(export.id, expires_at=AS_OF + AGE), warnings=(warning,)
    )
    assert await store.apply(event)
    row = await reread(store, export)
    assert (row.status, row.phase, row.percent, row.attempt) == (ExportStatus.COMPLETED, Phase.COMPLETE, 100, 2)
    assert (row.attempt_count, row.processed, row.total, row.warnings) == (2, 2, 2, (warning,))
    assert row.file is not None
    assert (row.file.key, row.file.sha256, row.file.expires_at) == (event.file.key, event.file.sha256, AS_OF + AGE)
    assert await outbox(pool) == ["export.requested.v1", "export.started.v1", "export.completed.v1"]
    assert await audited(pool, export.id) == [("export.requested", "user-1"), ("export.completed", None)]


async def test_the_first_end_wins(store: Store, pool: asyncpg.Pool) -> None:
    export = await created(store)
    assert await store.apply(an_export_failed(export_id=export.id))
    assert not await store.apply(an_export_completed(export_id=export.id))
    assert not await store.apply(an_export_failed(export_id=export.id, code=FailureCode.INTERNAL))
    row = await reread(store, export)
    assert (row.status, row.failure_code, row.file) == (ExportStatus.FAILED, FailureCode.NO_COPIES, None)
    assert await audited(pool, export.id) == [("export.requested", "user-1"), ("export.failed", None)]


async def test_cancel_and_completion_at_once_have_one_winner(store: Store, pool: asyncpg.Pool) -> None:
    for _ in range(10):
        export = await created(store)
        (_, cancelling), completing = await asyncio.gather(
            store.finish(export.id, cancelled, TEACHER), store.apply(an_export_completed(export_id=export.id))
        )
        assert cancelling != completing
        row = await reread(store, export)
        assert row.status is (ExportStatus.CANCELLED if cancelling else ExportStatus.COMPLETED)
        await pool.execute("DELETE FROM exports.outbox")


async def test_a_cancel_is_announced_and_audited_once(store: Store, pool: asyncpg.Pool) -> None:
    export = await created(store)
    after, won = await store.finish(export.id, cancelled, TEACHER)
    assert won
    assert after is not None
    assert after.status is ExportStatus.CANCELLED
    again, won = await store.finish(export.id, cancelled, TEACHER)
    assert (again, won) == (after, False)
    assert await outbox(pool) == ["export.requested.v1", "export.cancelled.v1"]
    assert await audited(pool, export.id) == [("export.requested", "user-1"), ("export.cancelled", "user-1")]


async def test_ending_an_unknown_export_does_nothing(store: Store, pool: asyncpg.Pool) -> None:
    assert await store.finish(uuid4(), cancelled, TEACHER) == (None, False)
    assert await outbox(pool) == []


async def test_two_files_of_one_exam_never_share_a_name(store: Store) -> None:
    first, second, elsewhere = await created(store), await created(store), await created(store, exam_id="exam-2")
    for export in (first, second, elsewhere):
        file = a_stored_file(export.id, filename="Rapport.pdf")
        await store.apply(an_export_completed(export_id=export.id, exam_id=export.exam_id, file=file))
    names = [(await reread(store, export)).file for export in (first, second, elsewhere)]
    assert [file.filename for file in names if file] == [
        "Rapport.pdf",
        f"Rapport-{str(second.id)[:8]}.pdf",
        "Rapport.pdf",
    ]
    found = await store.find_file("inst-1", "exam-1", f"Rapport-{str(second.id)[:8]}.pdf")
    assert found is not None
    assert found.id == second.id


async def test_completions_at_once_with_one_name_all_end_up_stored(store: Store) -> None:
    exports = [await created(store) for _ in range(4)]
    event = an_export_completed
    results = await asyncio.gather(
        *(store.apply(event(export_id=one.id, file=a_stored_file(one.id, filename="R.pdf"))) for one in exports)
    )
    assert all(results)
    files = [(await reread(store, one)).file for one in exports]
    assert len({file.filename for file in files if file}) == 4


async def test_only_the_rows_own_file_expires_it_and_warnings_go_with_it(store: Store) -> None:
    export = await created(store)
    warning = Warning(code=WarningCode.IMAGE_UNAVAILABLE, message="Image de Zoé absente")
    event = an_export_completed(export_id=export.id, warnings=(warning,))
    await store.apply(event)
    assert not await store.apply(expired(export, f"{export.id}/{'cd' * 32}"))
    for key in ("another/key", None):
        with pytest.raises(ClaimRefused):
            await store.apply(expired(export, key))
    assert await store.apply(expired(export, event.file.key))
    row = await reread(store, export)
    assert (row.status, row.warnings) == (ExportStatus.EXPIRED, ())


async def test_recent_lists_the_users_own_newest_first(store: Store) -> None:
    old = await created(store, requested_at=AS_OF - AGE)
    new = await created(store, exam_id="exam-2")
    await created(store, requested_by="user-2")
    await created(store, institution_id="inst-2")
    assert [one.id for one in await store.recent("inst-1", "user-1")] == [new.id, old.id]
    assert [one.id for one in await store.recent("inst-1", "user-1", exam_id="exam-1")] == [old.id]
    assert len(await store.recent("inst-1", "user-1", limit=1)) == 1


async def test_silent_exports_are_overdue_unless_their_request_still_waits(store: Store, pool: asyncpg.Pool) -> None:
    waiting, silent, lively = [await created(store) for _ in range(3)]
    await pool.execute("DELETE FROM exports.outbox WHERE export_id <> $1", waiting.id)
    await pool.execute("UPDATE exports.export SET heard_at = now() - interval '3 h' WHERE id <> $1", lively.id)
    assert await store.overdue(timedelta(hours=2)) == [silent.id]
    await store.finish(silent.id, lambda export: failed(export, FailureCode.TIMED_OUT, "Trop tard.", AS_OF), Actor())
    assert (await reread(store, silent)).failure_code is FailureCode.TIMED_OUT
    assert await store.overdue(timedelta(hours=2)) == []


async def test_ends_without_a_file_leave_by_age_and_number_of_an_institution(store: Store, pool: asyncpg.Pool) -> None:
    mine = [await created(store) for _ in range(3)]
    other = await created(store, institution_id="inst-2")
    for export in (*mine, other):
        await store.apply(an_export_failed(**export.identity))
    assert await store.without_file(timedelta(hours=24), 3) == []
    assert await store.without_file(timedelta(hours=24), 2) == [mine[0].id]
    await pool.execute("UPDATE exports.export SET ended_at = now() - interval '25 h' WHERE id = $1", other.id)
    assert await store.without_file(timedelta(hours=24), 100) == [other.id]


async def test_a_file_whose_time_ended_long_ago_is_found_without_an_announcement(store: Store) -> None:
    late, timely = await created(store), await created(store)
    await store.apply(an_export_completed(export_id=late.id, file=a_stored_file(late.id, expires_at=AS_OF)))
    await store.apply(an_export_completed(export_id=timely.id))
    assert await store.lapsed(timedelta(minutes=5)) == [late.id]


async def test_expired_exports_are_forgotten_in_the_end(store: Store, pool: asyncpg.Pool) -> None:
    export = await created(store)
    await store.apply(an_export_failed(export_id=export.id))
    await store.finish(export.id, expired, Actor())
    await store.delete_expired(timedelta(days=30))
    assert await store.read([export.id])
    await pool.execute("UPDATE exports.export SET expired_at = now() - interval '31 d'")
    await store.delete_expired(timedelta(days=30))
    assert await store.read([export.id]) == []


async def test_followers_are_told_of_new_and_ended_exports_and_the_relay_of_its_work(
    store: Store, database_url: str
) -> None:
    notified: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    link = await asyncpg.connect(database_url)
    for channel in ("exports_changed", "exports_outbox"):
        await link.add_listener(channel, lambda _c, _p, name, payload: notified.put_nowait((name, payload)))
    export = await created(store)
    assert {await notified.get(), await notified.get()} == {
        ("exports_changed", f"{export.id} user-1 exam-1 inst-1"),
        ("exports_outbox", ""),
    }
    await store.apply(an_export_failed(export_id=export.id))
    assert await notified.get() == ("exports_changed", f"{export.id} user-1 exam-1 inst-1")
    await link.close()
