"""Exports whose request the broker lost: requested again, once, and no others."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from contracts.topology import Topology
from services.common.broker import BrokerUnavailable
from services.common.declaration import ready_messages
from services.gateway.resending import Resender
from services.gateway.store import Actor, Quota, Store
from tests.builders import an_export_failed, an_export_progress
from tests.gateway import an_export

pytestmark = pytest.mark.integration

SILENCE = timedelta(seconds=60)


class Broker:
    """What the resender knows of the broker, as told by a test."""

    def __init__(self) -> None:
        self.waiting, self.losses, self.now = 0, 0, 1000.0

    async def count(self) -> int:
        return self.waiting

    def resender(self, store: Store) -> Resender:
        return Resender(store, waiting=self.count, losses=lambda: self.losses, silence=SILENCE, clock=lambda: self.now)


async def an_accepted(store: Store, pool: asyncpg.Pool, *, silent: int, active: bool = False) -> UUID:
    """An export whose request has left, not heard of for so many seconds."""
    export = an_export()
    await store.create(export, quota=Quota(1000), actor=Actor())
    await pool.execute("DELETE FROM exports.outbox")
    if active:
        await store.progress([an_export_progress(export_id=export.id)])
    sql = "UPDATE exports.export SET heard_at = now() - $2::interval, requested_at = now() - $2::interval WHERE id = $1"
    await pool.execute(sql, export.id, timedelta(seconds=silent))
    return export.id


async def requested(pool: asyncpg.Pool) -> list[UUID]:
    """The exports whose request waits in the outbox."""
    sql = "SELECT export_id FROM exports.outbox WHERE event_type = 'export.requested.v1'"
    return [row["export_id"] for row in await pool.fetch(sql)]


async def test_a_queued_export_nobody_can_know_of_is_requested_again(store: Store, pool: asyncpg.Pool) -> None:
    lost, fresh = await an_accepted(store, pool, silent=61), await an_accepted(store, pool, silent=5)
    ended = await an_accepted(store, pool, silent=61)
    await store.apply(an_export_failed(export_id=ended))
    await Broker().resender(store).look()
    assert await requested(pool) == [lost]
    body = await pool.fetchval("SELECT body FROM exports.outbox WHERE event_type = 'export.requested.v1'")
    (row,) = await store.read([lost])
    assert body == row.requested().to_json().decode()
    assert fresh != lost


async def test_while_requests_wait_at_the_broker_none_is_taken_for_lost(store: Store, pool: asyncpg.Pool) -> None:
    await an_accepted(store, pool, silent=3000)
    broker = Broker()
    broker.waiting = 1
    await broker.resender(store).look()
    assert await requested(pool) == []


async def test_what_waits_in_the_outbox_is_not_lost(store: Store, pool: asyncpg.Pool) -> None:
    await store.create(an_export(), quota=Quota(1000), actor=Actor())
    await pool.execute("UPDATE exports.export SET heard_at = now() - interval '1 h'")
    await Broker().resender(store).look()
    assert len(await requested(pool)) == 1


async def test_one_that_is_made_in_silence_is_left_alone(store: Store, pool: asyncpg.Pool) -> None:
    await an_accepted(store, pool, silent=3000, active=True)
    broker = Broker()
    resender = broker.resender(store)
    await resender.look()
    broker.now += 3000
    await resender.look()
    assert await requested(pool) == []


async def test_after_a_loss_one_that_was_made_and_is_silent_since_is_requested_again(
    store: Store, pool: asyncpg.Pool
) -> None:
    broker = Broker()
    resender = broker.resender(store)
    await resender.look()
    lost = await an_accepted(store, pool, silent=70, active=True)
    heard = await an_accepted(store, pool, silent=2, active=True)
    broker.losses = 1
    await resender.look()
    assert await requested(pool) == [], "it may still be heard of"
    broker.now += 65
    await resender.look()
    assert await requested(pool) == [lost]
    assert heard != lost


async def test_again_and_again_comes_ever_more_rarely(store: Store, pool: asyncpg.Pool) -> None:
    lost = await an_accepted(store, pool, silent=61)
    broker = Broker()
    gaps = []
    for _ in range(4):
        await broker.resender(store).look()
        assert await requested(pool) == [lost]
        await pool.execute("DELETE FROM exports.outbox")
        waited = 0
        while not await store.unheard(SILENCE, None):
            waited += 30
            for column in ("heard_at", "requested_at"):
                await pool.execute(f"UPDATE exports.export SET {column} = {column} - interval '30 s'")
        gaps.append(waited)
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 4 * gaps[0]


async def test_two_gateways_request_it_once(store: Store, pool: asyncpg.Pool) -> None:
    for _ in range(20):
        await an_accepted(store, pool, silent=61)
    await asyncio.gather(*(Broker().resender(store).look() for _ in range(3)))
    found = await requested(pool)
    assert len(found) == len(set(found)) == 20


async def test_a_broker_that_is_away_says_nothing_about_losses(store: Store, pool: asyncpg.Pool) -> None:
    await an_accepted(store, pool, silent=61)

    async def away() -> int:
        raise BrokerUnavailable("away")

    with pytest.raises(BrokerUnavailable):
        await Resender(store, waiting=away, losses=lambda: 0, silence=SILENCE).look()
    assert await requested(pool) == []


async def test_ready_messages_are_counted_at_the_broker(amqp_url: str, topology: Topology) -> None:
    assert await ready_messages(amqp_url, [topology.requests, topology.retry]) == 0
    with pytest.raises(BrokerUnavailable):
        await ready_messages(amqp_url, [Topology("nobody").requests])
