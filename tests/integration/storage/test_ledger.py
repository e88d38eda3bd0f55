"""On the real database: whose file, until when, and who may touch its bytes."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from contracts.owner import Owner
from services.common.database import make_pool
from services.storage.errors import StorageUnavailable
from services.storage.keys import Key
from services.storage.ledger import FileRecord, Ledger
from tests.integration.storage.conftest import RETENTION, a_description, sha256
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


def a_key() -> Key:
    return Key(uuid4(), sha256(uuid4().bytes))


async def nothing(*_: Any) -> None:
    """Bytes that are not this test's concern."""


async def stored(ledger: Ledger, key: Key | None = None, *, institution: str = "school-1") -> Key:
    key = key or a_key()
    await ledger.deposit(key, a_description(Owner(institution, "exam-1", "teacher-1")), 7, nothing)
    return key


async def overdue(pool: asyncpg.Pool, *keys: Key) -> None:
    await pool.execute(
        "UPDATE exports.stored_file SET expires_at = now() WHERE key = ANY($1)", [str(key) for key in keys]
    )


async def live(ledger: Ledger, *keys: Key) -> list[bool]:
    records = [await ledger.find(key) for key in keys]
    return [record is not None and record.live for record in records]


async def announced(ledger: Ledger) -> list[Key]:
    heard: list[FileRecord] = []

    async def hear(record: FileRecord) -> None:
        heard.append(record)

    while await ledger.announce_next(hear):
        pass
    return [record.key for record in heard]


async def test_a_deposit_is_found_again_with_all_it_said(ledger: Ledger) -> None:
    key = a_key()
    expires_at = await ledger.deposit(key, a_description(), 7, nothing)
    record = await ledger.find(key)
    assert record is not None
    assert (record.key, record.size, record.filename, record.live) == (key, 7, "Relevé de notes – 2nde B.pdf", True)
    assert record.owner == Owner("school-1", "exam-1", "teacher-1")
    assert record.expires_at == expires_at == record.stored_at + RETENTION


async def test_a_file_whose_bytes_failed_is_not_recorded(ledger: Ledger) -> None:
    async def fail() -> None:
        raise StorageUnavailable("device gone")

    key = a_key()
    with pytest.raises(StorageUnavailable, match="device gone"):
        await ledger.deposit(key, a_description(), 7, fail)
    assert await ledger.find(key) is None


async def test_time_over_ends_a_file_at_once_even_before_any_round(ledger: Ledger, pool: asyncpg.Pool) -> None:
    key = await stored(ledger)
    await overdue(pool, key)
    assert await live(ledger, key) == [False]
    assert await ledger.expire_due() == 1
    assert await ledger.expire_due() == 0
    assert await announced(ledger) == [key]


async def test_a_promised_file_stays_however_many_come_after_it(ledger: Ledger, pool: asyncpg.Pool) -> None:
    promised = await stored(ledger)
    later = [await stored(ledger) for _ in range(60)]
    await overdue(pool, *later[:2])
    assert await ledger.expire_due() == 2
    assert all(await live(ledger, promised, *later[2:]))


async def test_the_same_file_again_starts_its_time_over_and_revives_it(ledger: Ledger, pool: asyncpg.Pool) -> None:
    key = await stored(ledger)
    await overdue(pool, key)
    await ledger.expire_due()
    await announced(ledger)
    await stored(ledger, key)
    assert await live(ledger, key) == [True]
    assert await ledger.expire_due() == 0
    assert await ledger.removable(10) == []
    assert not await ledger.remove(key, nothing)


async def test_each_file_is_announced_by_one_instance(ledger: Ledger, pool: asyncpg.Pool) -> None:
    keys = [await stored(ledger) for _ in range(30)]
    await overdue(pool, *keys)
    counts = await asyncio.gather(*(ledger.expire_due() for _ in range(4)))
    assert sum(counts) == 30
    heard = await asyncio.gather(*(announced(ledger) for _ in range(4)))
    assert sorted(str(key) for keys_of_one in heard for key in keys_of_one) == sorted(map(str, keys))


async def test_a_slow_announcement_holds_back_nobody_else(ledger: Ledger, pool: asyncpg.Pool) -> None:
    first, second = await stored(ledger), await stored(ledger)
    await overdue(pool, first)
    await ledger.expire_due()
    await overdue(pool, second)
    await ledger.expire_due()
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_: FileRecord) -> None:
        begun.set()
        await may_end.wait()

    slowly = asyncio.create_task(ledger.announce_next(slow))
    await begun.wait()
    try:
        async with asyncio.timeout(5):
            assert await announced(ledger) == [second]
    finally:
        may_end.set()
    assert await slowly


async def test_an_announcement_that_failed_is_made_again(ledger: Ledger, pool: asyncpg.Pool) -> None:
    key = await stored(ledger)
    await overdue(pool, key)
    await ledger.expire_due()

    async def fail(_: FileRecord) -> None:
        raise ConnectionError("the broker is gone")

    with pytest.raises(StorageUnavailable):
        await ledger.announce_next(fail)
    assert await ledger.removable(10) == []
    assert await announced(ledger) == [key]
    assert await ledger.removable(10) == [key]


async def test_bytes_go_only_after_the_announcement_and_once(ledger: Ledger, pool: asyncpg.Pool) -> None:
    key = await stored(ledger)
    deleted: list[Key] = []

    async def delete(gone: Key) -> None:
        deleted.append(gone)

    assert not await ledger.remove(key, delete)
    await overdue(pool, key)
    await ledger.expire_due()
    assert not await ledger.remove(key, delete)
    await announced(ledger)
    assert await ledger.remove(key, delete)
    assert not await ledger.remove(key, delete)
    assert deleted == [key]


async def test_a_deposit_waits_for_a_removal_of_the_same_key_so_its_bytes_survive(
    ledger: Ledger, pool: asyncpg.Pool
) -> None:
    key = await stored(ledger)
    await overdue(pool, key)
    await ledger.expire_due()
    await announced(ledger)
    steps: list[str] = []
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def delete(_: Key) -> None:
        begun.set()
        await may_end.wait()
        steps.append("deleted")

    async def publish() -> None:
        steps.append("published")

    removing = asyncio.create_task(ledger.remove(key, delete))
    await begun.wait()
    depositing = asyncio.create_task(ledger.deposit(key, a_description(), 7, publish))
    try:
        await wait_until(lambda: waiting_for_a_lock(pool), 5)
    finally:
        may_end.set()
    await removing
    await depositing
    assert steps == ["deleted", "published"]
    assert await live(ledger, key) == [True]


async def waiting_for_a_lock(pool: asyncpg.Pool) -> bool:
    found = await pool.fetchval(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return bool(found)


async def test_a_removal_leaves_alone_what_is_being_deposited(ledger: Ledger) -> None:
    key = a_key()
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def publish() -> None:
        begun.set()
        await may_end.wait()

    depositing = asyncio.create_task(ledger.deposit(key, a_description(), 7, publish))
    await begun.wait()
    assert await ledger.unknown([key]) == [key]
    assert not await ledger.remove_unknown(key, nothing)
    may_end.set()
    await depositing
    assert await ledger.unknown([key]) == []
    assert not await ledger.remove_unknown(key, nothing)


async def test_bytes_that_came_back_after_their_deletion_are_unknown(ledger: Ledger) -> None:
    key = await stored(ledger)
    assert await ledger.retire(key)
    assert await ledger.unknown([key]) == []
    assert await ledger.remove(key, nothing)
    assert await ledger.unknown([key, a_key()]) != []
    assert key in await ledger.unknown([key])


async def test_a_file_retired_on_request_is_not_announced(ledger: Ledger) -> None:
    key = await stored(ledger)
    assert await ledger.retire(key)
    assert await ledger.retire(key)
    assert await live(ledger, key) == [False]
    assert await announced(ledger) == []
    assert await ledger.removable(10) == [key]
    assert not await ledger.retire(a_key())


async def test_rows_are_forgotten_long_after_their_bytes(ledger: Ledger, pool: asyncpg.Pool) -> None:
    key, young = await stored(ledger), await stored(ledger)
    for gone in (key, young):
        await ledger.retire(gone)
        await ledger.remove(gone, nothing)
    await pool.execute(
        "UPDATE exports.stored_file SET deleted_at = now() - interval '31 days' WHERE key = $1", str(key)
    )
    await ledger.forget(timedelta(days=30))
    assert await ledger.find(key) is None
    assert await ledger.find(young) is not None


async def test_totals_count_live_files(ledger: Ledger) -> None:
    await stored(ledger)
    await ledger.retire(await stored(ledger))
    assert await ledger.totals() == (1, 7)


async def test_a_database_that_is_away_or_not_ready_is_unavailable(postgres_url: str) -> None:
    for dsn in ("postgresql://nobody@127.0.0.1:1/none", postgres_url):
        pool = await make_pool(dsn)
        with pytest.raises(StorageUnavailable):
            await Ledger(pool, retention=RETENTION).ping()
        await pool.close()
