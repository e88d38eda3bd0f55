"""Expiry on the real database and a real folder: each step may be the last one a process takes."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from contracts.envelope import parse
from contracts.events import AnyEvent, ExportExpired
from contracts.owner import Owner
from contracts.topology import Role, Topology
from services.common.broker import BrokerUnavailable, Publisher, make_broker
from services.common.signing import Signer
from services.storage.disk import Disk
from services.storage.errors import StorageUnavailable
from services.storage.expiry import Expiry
from services.storage.files import Files
from services.storage.keys import Key
from services.storage.ledger import Ledger
from services.storage.metrics import Metrics
from services.storage.policy import RetentionPolicy
from services.storage.ranges import Slice
from tests.integration.storage.conftest import a_description, sha256
from tests.queues import take
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

POLICY = RetentionPolicy(ledger_age=timedelta(days=30), interval=0.05, sweep_interval=0.05)


class FakePublisher:
    """A broker that confirms everything, until told to be away."""

    def __init__(self) -> None:
        self.events: list[tuple[AnyEvent, UUID | None]] = []
        self.away = False

    async def publish(self, event: AnyEvent, *, id: UUID | None = None) -> None:
        await asyncio.sleep(0)
        self.events.append((event, id))
        if self.away:
            raise BrokerUnavailable("away")


class FailingDisk(Disk):
    """A disk on which a number of deletions fail."""

    failures = 0

    async def delete(self, key: Key) -> None:
        if self.failures:
            self.failures -= 1
            raise StorageUnavailable("device gone")
        await super().delete(key)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[FailingDisk]:
    disk = FailingDisk(tmp_path)
    yield disk
    await disk.close()


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


def an_expiry(files: Files, ledger: Ledger, publisher: FakePublisher, **policy: int) -> Expiry:
    wanted = RetentionPolicy(**(vars(POLICY) | policy))
    return Expiry(files, ledger, publisher, wanted, Metrics(CollectorRegistry()))


@pytest.fixture
def expiry(disk: FailingDisk, ledger: Ledger, publisher: FakePublisher) -> Expiry:
    return an_expiry(disk, ledger, publisher)


async def stored(disk: Disk, ledger: Ledger, institution: str = "school-1") -> Key:
    body = uuid4().bytes
    key = Key(uuid4(), sha256(body))
    incoming = await disk.receive()
    await incoming.write(body)
    described = a_description(Owner(institution, "exam-1", "teacher-1"))
    await ledger.deposit(key, described, len(body), lambda: disk.publish(incoming, key))
    return key


async def overdue(pool: asyncpg.Pool) -> None:
    await pool.execute("UPDATE exports.stored_file SET expires_at = now()")


async def there(disk: Disk, key: Key) -> bool:
    found = await disk.open(key, Slice(0, 0))
    if found is not None:
        await found.close()
    return found is not None


async def test_a_round_ends_what_is_due_and_says_so(
    expiry: Expiry, disk: Disk, ledger: Ledger, publisher: FakePublisher, pool: asyncpg.Pool
) -> None:
    key = await stored(disk, ledger)
    await overdue(pool)
    young = await stored(disk, ledger)
    await expiry.round()
    record = await ledger.find(key)
    assert record is not None
    assert record.expired_at is not None
    assert [event for event, _ in publisher.events] == [
        ExportExpired(
            export_id=key.export_id,
            institution_id="school-1",
            exam_id="exam-1",
            requested_by="teacher-1",
            key=str(key),
            expired_at=record.expired_at,
        )
    ]
    assert not await there(disk, key)
    assert await there(disk, young)


async def test_no_number_of_files_ends_one_before_its_time(expiry: Expiry, disk: Disk, ledger: Ledger) -> None:
    keys = [await stored(disk, ledger) for _ in range(60)]
    await expiry.round()
    assert all([await there(disk, key) for key in keys])


async def test_a_broker_away_keeps_the_bytes_ends_the_file_and_loses_no_announcement(
    expiry: Expiry, disk: Disk, ledger: Ledger, publisher: FakePublisher, pool: asyncpg.Pool
) -> None:
    key = await stored(disk, ledger)
    await overdue(pool)
    publisher.away = True
    with pytest.raises(BrokerUnavailable):
        await expiry.round()
    record = await ledger.find(key)
    assert record is not None
    assert not record.live
    assert await there(disk, key)
    publisher.away = False
    await expiry.round()
    assert not await there(disk, key)
    (first, first_id), (second, second_id) = publisher.events
    assert (first, first_id) == (second, second_id)


async def test_a_device_that_fails_is_asked_again(
    expiry: Expiry, disk: FailingDisk, ledger: Ledger, publisher: FakePublisher, pool: asyncpg.Pool
) -> None:
    key = await stored(disk, ledger)
    await overdue(pool)
    disk.failures = 1
    with pytest.raises(StorageUnavailable):
        await expiry.round()
    assert await there(disk, key)
    await expiry.round()
    assert not await there(disk, key)
    assert len(publisher.events) == 1


async def test_a_crash_between_deleting_and_noting_it_is_picked_up(
    expiry: Expiry, disk: Disk, ledger: Ledger, pool: asyncpg.Pool
) -> None:
    key = await stored(disk, ledger)
    await overdue(pool)
    await disk.delete(key)
    await expiry.round()
    assert await ledger.removable(10) == []


async def test_several_instances_announce_each_file_once(
    disk: Disk, ledger: Ledger, publisher: FakePublisher, pool: asyncpg.Pool
) -> None:
    keys = [await stored(disk, ledger) for _ in range(40)]
    await overdue(pool)
    instances = [an_expiry(disk, ledger, publisher) for _ in range(3)]
    await asyncio.gather(*(instance.round() for instance in instances))
    await instances[0].round()
    assert sorted(str(event.export_id) for event, _ in publisher.events) == sorted(str(key.export_id) for key in keys)
    assert not any([await there(disk, key) for key in keys])


async def test_the_sweep_removes_what_no_row_stands_for_once_it_is_old(
    expiry: Expiry, disk: Disk, ledger: Ledger, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    kept, orphan, young = [await stored(disk, ledger) for _ in range(3)]
    gone = [str(orphan), str(young)]
    await pool.execute("DELETE FROM exports.stored_file WHERE key = ANY($1)", gone)
    for key in (kept, orphan):
        age(tmp_path / str(key), hours=2)
    await expiry.sweep()
    assert [await there(disk, key) for key in (kept, orphan, young)] == [True, False, True]


async def test_bytes_that_a_power_cut_brought_back_are_swept(
    expiry: Expiry, disk: Disk, ledger: Ledger, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    key = await stored(disk, ledger)
    await overdue(pool)
    await expiry.round()
    (tmp_path / key.folder).mkdir()
    (tmp_path / str(key)).write_bytes(b"back")
    age(tmp_path / str(key), hours=2)
    await expiry.sweep()
    assert not await there(disk, key)


def age(path: Path, *, hours: float) -> None:
    moment = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
    os.utime(path, (moment, moment))


async def test_the_loop_survives_failures_and_works_on(
    expiry: Expiry, disk: FailingDisk, ledger: Ledger, publisher: FakePublisher, pool: asyncpg.Pool
) -> None:
    key = await stored(disk, ledger)
    await overdue(pool)
    publisher.away, disk.failures = True, 1
    running = asyncio.create_task(expiry.run())
    await wait_until(lambda: publisher.events)
    publisher.away = False
    await wait_until(lambda: gone(disk, key))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def gone(disk: Disk, key: Key) -> bool:
    return not await there(disk, key)


async def test_the_event_reaches_the_gateways_queue(
    disk: Disk, ledger: Ledger, pool: asyncpg.Pool, amqp_url: str, topology: Topology
) -> None:
    key = await stored(disk, ledger)
    await overdue(pool)
    broker = make_broker(amqp_url)
    await broker.start()
    publisher = Publisher(broker, topology, Role.STORAGE, Signer())
    await Expiry(disk, ledger, publisher, POLICY, Metrics(CollectorRegistry())).round()
    await broker.stop()
    message = await take(amqp_url, topology.outcomes.name)
    event = parse(message.headers, message.body).event
    assert isinstance(event, ExportExpired)
    assert event.key == str(key)
    assert not await there(disk, key)
