"""The relay on a real outbox and a real broker: at least once, under one id, whatever fails in between."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import aio_pika
import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from contracts.envelope import parse, source_of
from contracts.events import ExportRequested
from contracts.topology import Exchange, Role, Topology
from services.common.broker import BrokerUnavailable, Publisher, Unroutable, make_broker
from services.common.signing import Signer
from services.gateway.metrics import Metrics
from services.gateway.relay import FACTS, REQUESTS, Relay
from services.gateway.store import Actor, Quota, Store
from tests.builders import an_export_completed, an_export_failed
from tests.gateway import an_export, cancelled
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


class RecordingSender:
    """A fake `Sender` that confirms, refuses or is away, as told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Exchange]] = []
        self.bodies: list[bytes] = []
        self.away = False
        self.refused: set[tuple[str, Exchange]] = set()
        self.before_confirm: Callable[[], Awaitable[None]] | None = None

    async def send(
        self,
        headers: Mapping[str, str],
        body: bytes,
        *,
        type: str,
        message_id: str,
        exchange: Exchange,
        routing_key: str | None = None,
    ) -> None:
        if self.away:
            raise BrokerUnavailable("away")
        if (type, exchange) in self.refused:
            raise Unroutable("no queue")
        self.sent.append((type, message_id, exchange))
        self.bodies.append(body)
        assert headers["cloudEvents:id"] == message_id
        if self.before_confirm:
            await self.before_confirm()


def relay(pool: asyncpg.Pool, sender: Any, ahead: int = 1000) -> Relay:
    return Relay(pool, sender, Metrics(CollectorRegistry()), ahead)


async def drain(pool: asyncpg.Pool, sender: Any) -> tuple[int, int]:
    """A batch of each step; how many rows each took."""
    mine = relay(pool, sender)
    return await mine.drain(REQUESTS), await mine.drain(FACTS)


async def fill(store: Store, count: int) -> list[UUID]:
    exports = [an_export() for _ in range(count)]
    for export in exports:
        await store.create(export, quota=Quota(1000), actor=Actor())
    return [export.id for export in exports]


async def undelivered(pool: asyncpg.Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM exports.outbox WHERE NOT delivered")
    return count


async def left(pool: asyncpg.Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM exports.outbox")
    return count


async def test_events_leave_in_order_and_then_the_outbox_is_empty(store: Store, pool: asyncpg.Pool) -> None:
    (export_id,) = await fill(store, 1)
    await store.finish(export_id, cancelled, Actor("user-1"))
    sender = RecordingSender()
    assert await drain(pool, sender) == (2, 1)
    assert await drain(pool, sender) == (0, 1)
    asked, given_up = "export.requested.v1", "export.cancelled.v1"
    assert [(kind, exchange) for kind, _, exchange in sender.sent] == [
        (asked, Exchange.REQUESTS),
        (given_up, Exchange.REQUESTS),
        (asked, Exchange.FACTS),
        (given_up, Exchange.FACTS),
    ]
    assert len({message_id for _, message_id, _ in sender.sent}) == 2
    assert await left(pool) == 0
    assert await drain(pool, sender) == (0, 0)


async def test_what_a_renderer_reads_is_what_was_asked(
    store: Store, pool: asyncpg.Pool, topology: Topology, amqp_url: str
) -> None:
    export = an_export(class_ids=("c1",))
    await store.create(export, quota=Quota(1), actor=Actor())
    trace = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    await pool.execute("UPDATE exports.outbox SET trace = $1", json.dumps(trace))
    broker = make_broker(amqp_url)
    await broker.connect()
    assert await drain(pool, Publisher(broker, topology, Role.GATEWAY, Signer())) == (1, 1)
    async with await aio_pika.connect(amqp_url) as link:
        queue = await (await link.channel()).get_queue(topology.requests.name)
        message = await wait_until(lambda: queue.get(fail=False))
        assert message is not None
        await message.ack()
    await broker.stop()
    sent = parse(message.headers, message.body)
    assert (sent.event, sent.source) == (export.requested(), source_of("gateway"))
    assert message.headers["traceparent"] == trace["traceparent"]
    assert message.routing_key == ExportRequested.type
    assert message.delivery_mode == 2


async def test_a_broker_that_is_away_costs_nothing_and_what_it_confirmed_is_not_sent_again(
    store: Store, pool: asyncpg.Pool
) -> None:
    await fill(store, 3)
    sender = RecordingSender()

    async def leave_after_one() -> None:
        if len(sender.sent) > 1:
            sender.sent.pop()
            raise BrokerUnavailable("gone meanwhile")

    sender.before_confirm = leave_after_one
    with pytest.raises(BrokerUnavailable):
        await relay(pool, sender).drain(REQUESTS)
    assert (len(sender.sent), await undelivered(pool)) == (1, 2)
    sender.before_confirm = None
    await relay(pool, sender).drain(REQUESTS)
    assert await undelivered(pool) == 0
    assert len(set(sender.sent)) == len(sender.sent) == 3


async def test_a_crash_before_the_mark_sends_again_under_the_same_id(store: Store, pool: asyncpg.Pool) -> None:
    await fill(store, 1)
    sender = RecordingSender()

    async def crash() -> None:
        raise SystemError

    sender.before_confirm = crash
    with pytest.raises(SystemError):
        await relay(pool, sender).drain(REQUESTS)
    assert await undelivered(pool) == 1
    sender.before_confirm = None
    await relay(pool, sender).drain(REQUESTS)
    first, second = sender.sent
    assert first == second
    assert sender.bodies[0] == sender.bodies[1]


async def test_an_unroutable_event_is_parked_and_blocks_nobody(store: Store, pool: asyncpg.Pool) -> None:
    (export_id,) = await fill(store, 1)
    await store.finish(export_id, cancelled, Actor())
    await fill(store, 1)
    sender = RecordingSender()
    sender.refused = {("export.cancelled.v1", Exchange.REQUESTS)}
    await relay(pool, sender).drain(REQUESTS)
    assert [kind for kind, _, _ in sender.sent] == ["export.requested.v1"] * 2
    sql = "SELECT attempts, retry_at > now() + interval '0.5 s' AS parked FROM exports.outbox WHERE NOT delivered"
    assert dict(await pool.fetchrow(sql)) == {"attempts": 1, "parked": True}
    await relay(pool, sender).drain(REQUESTS)
    assert dict(await pool.fetchrow(sql))["attempts"] == 1, "not before its time"
    await pool.execute("UPDATE exports.outbox SET retry_at = now()")
    sender.refused = set()
    await relay(pool, sender).drain(REQUESTS)
    assert await undelivered(pool) == 0


async def test_parking_backs_off_to_a_minute_and_no_further(store: Store, pool: asyncpg.Pool) -> None:
    await fill(store, 1)
    await pool.execute("UPDATE exports.outbox SET attempts = 1000")
    sender = RecordingSender()
    sender.refused = {("export.requested.v1", Exchange.REQUESTS)}
    await relay(pool, sender).drain(REQUESTS)
    wait = await pool.fetchval("SELECT extract(epoch FROM retry_at - now())::float8 FROM exports.outbox")
    assert 50 < wait <= 60


async def test_two_relays_never_send_the_same_row_at_once(store: Store, pool: asyncpg.Pool) -> None:
    ids = await fill(store, 120)
    sender = RecordingSender()

    async def linger() -> None:
        await pool.execute("SELECT 1")

    sender.before_confirm = linger
    relays = [relay(pool, sender) for _ in range(3)]
    while await left(pool):
        await asyncio.gather(*(each.drain(step) for each in relays for step in (REQUESTS, FACTS)))
    assert len(sender.sent) == len(set(sender.sent)) == 2 * len(ids)


async def test_of_one_export_everybody_is_told_in_order_whoever_relays(store: Store, pool: asyncpg.Pool) -> None:
    (export_id,) = await fill(store, 1)
    await store.apply(an_export_completed(export_id=export_id))
    slow, quick = RecordingSender(), RecordingSender()
    held, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        held.set()
        await go_on.wait()

    await relay(pool, quick).drain(REQUESTS)
    slow.before_confirm = hold
    first = asyncio.create_task(relay(pool, slow).drain(FACTS))
    await held.wait()
    assert await relay(pool, quick).drain(FACTS) == 0, "its request is being told"
    go_on.set()
    assert await first == 1
    assert [await relay(pool, quick).drain(FACTS) for _ in range(2)] == [1, 1]
    kinds = [kind for kind, _, _ in slow.sent + quick.sent[1:]]
    assert kinds == ["export.requested.v1", "export.started.v1", "export.completed.v1"]


async def test_a_fact_that_waits_for_its_confirm_holds_up_no_request(store: Store, pool: asyncpg.Pool) -> None:
    sender = RecordingSender()

    async def wait_for_ever() -> None:
        if sender.sent[-1][2] is Exchange.FACTS:
            await asyncio.Event().wait()

    sender.before_confirm = wait_for_ever
    mine = relay(pool, sender)
    running = asyncio.create_task(mine.run())
    for count in range(1, 4):
        await fill(store, 1)
        mine.wake()
        await wait_until(lambda: sum(each is Exchange.REQUESTS for _, _, each in sender.sent) == count, 1.0)  # noqa: B023
    running.cancel()


async def test_what_a_newer_version_wrote_is_left_to_it(store: Store, pool: asyncpg.Pool) -> None:
    await fill(store, 1)
    await pool.execute("UPDATE exports.outbox SET event_type = 'export.sealed.v1'")
    assert await drain(pool, RecordingSender()) == (0, 0)
    assert await left(pool) == 1


async def test_one_relays_held_rows_do_not_hold_up_the_other(store: Store, pool: asyncpg.Pool) -> None:
    await fill(store, 51)
    slow, quick = RecordingSender(), RecordingSender()
    held, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        held.set()
        await go_on.wait()

    slow.before_confirm = hold
    first = asyncio.create_task(relay(pool, slow).drain(REQUESTS))
    await held.wait()
    assert await relay(pool, quick).drain(REQUESTS) == 1, "the row beyond the first one's batch"
    go_on.set()
    assert await first == 50
    assert await undelivered(pool) == 0


async def test_running_relays_are_stirred_by_new_work(store: Store, pool: asyncpg.Pool) -> None:
    sender = RecordingSender()
    mine = relay(pool, sender)
    running = asyncio.create_task(mine.run())
    await fill(store, 60)
    mine.wake()
    await wait_until(lambda: len(sender.sent) == 120, 1.0)
    sender.away = True
    await fill(store, 1)
    mine.wake()
    sender.away = False
    await wait_until(lambda: len(sender.sent) == 122)
    running.cancel()


async def test_the_clock_of_an_export_starts_when_its_request_leaves(store: Store, pool: asyncpg.Pool) -> None:
    (waited, ended) = await fill(store, 2)
    await store.apply(an_export_failed(export_id=ended))
    await pool.execute("UPDATE exports.export SET heard_at = now() - interval '3 h'")
    await relay(pool, RecordingSender()).drain(REQUESTS)
    sql = "SELECT id FROM exports.export WHERE heard_at > now() - interval '1 min'"
    assert [row["id"] for row in await pool.fetch(sql)] == [waited]


async def test_the_backlog_is_measured(store: Store, pool: asyncpg.Pool) -> None:
    mine = relay(pool, RecordingSender())
    assert await mine.backlog() == (0, 0.0)
    await fill(store, 2)
    await pool.execute("UPDATE exports.outbox SET created_at = now() - interval '90 s'")
    rows, age = await mine.backlog()
    assert rows == 2
    assert 90 <= age < 100


async def test_institutions_take_turns(store: Store, pool: asyncpg.Pool) -> None:
    """However many exports one of them starts; one that is begun makes room for the next."""
    many = [an_export(institution_id="large", copies=100) for _ in range(9)]
    few = [an_export(institution_id="small", copies=100) for _ in range(2)]
    for export in (*many, *few):
        await store.create(export, quota=Quota(1000), actor=Actor())
    sender = RecordingSender()
    mine = relay(pool, sender, ahead=3)
    assert await mine.drain(REQUESTS) == 5
    asked = [json.loads(body)["institutionId"] for body in sender.bodies]
    assert sorted(asked) == ["large", "large", "large", "small", "small"]
    assert await mine.drain(REQUESTS) == 0
    assert (await mine.backlog())[0] == 5, "delivered, and not yet told; those that wait for their turn do not count"

    await pool.execute("UPDATE exports.export SET status = 'active' WHERE id = $1", many[0].id)
    await store.finish(many[1].id, cancelled, Actor("user-1"))
    assert await mine.drain(REQUESTS) == 3, "two more requests, and the cancellation"
    assert [json.loads(body)["exportId"] for body in sender.bodies[5:]].count(str(many[3].id)) == 1
    left_over = relay(pool, sender, ahead=100)
    assert await left_over.drain(REQUESTS) == 4
