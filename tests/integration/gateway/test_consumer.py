"""What comes back from a real broker: twice, late, unreadable, impossible. Every export ends, every message leaves."""

import asyncio
import json
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from contracts.envelope import Envelope, source_of
from contracts.events import AnyEvent
from contracts.states import ExportStatus
from contracts.topology import Queue
from services.gateway.consumer import Consumer
from services.gateway.metrics import Metrics
from services.gateway.store import Actor, Quota, Store
from services.gateway.stream import Hub
from tests.builders import AS_OF, a_stored_file, an_export_completed, an_export_failed, an_export_progress
from tests.gateway import an_export
from tests.integration.gateway.harness import Harness
from tests.integration.gateway.requests import BASE, reached, start, status
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


async def put(url: str, queue: Queue, body: bytes, **headers: str) -> None:
    """Any message at all, straight into a queue."""
    named = {name.replace("_", ":"): value for name, value in headers.items()}
    async with await aio_pika.connect(url) as link:
        message = aio_pika.Message(body, headers=dict(named), content_type="application/json")
        await (await link.channel()).default_exchange.publish(message, routing_key=queue.name)


async def empty(url: str, queue: Queue) -> None:
    """Return once nothing is left in a queue, delivered or not: what is unacknowledged would come back to it."""
    async with await aio_pika.connect(url) as link:
        channel = await link.channel()

        async def nothing() -> bool:
            declared = await channel.declare_queue(queue.name, passive=True)
            return declared.declaration_result.message_count == 0

        await wait_until(nothing)


async def test_every_outcome_ten_times_and_shuffled_changes_the_row_once(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    done = await harness.complete(job)
    await reached(teacher, job, "completed")
    late: list[AnyEvent] = [an_export_failed(export_id=job), done, an_export_progress(export_id=job)]
    await asyncio.gather(*(harness.publisher.publish(event) for event in late * 10))
    other = await start(teacher)
    await harness.publisher.publish(an_export_failed(export_id=other))
    await reached(teacher, other, "failed")
    assert (await status(teacher, job))["status"] == "completed"
    sql = "SELECT action FROM exports.audit WHERE export_id = $1 ORDER BY id"
    actions = [row["action"] for row in await pool.fetch(sql, UUID(job))]
    assert actions == ["export.requested", "export.completed"]


async def test_an_unreadable_outcome_ends_its_export_and_blocks_nobody(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    bodies = [b"", b"{", b"\xff", b"[]", b'{"exportId": 5}']
    for body in bodies:
        job = await start(teacher)
        headers = {"cloudEvents_subject": job, "cloudEvents_type": "export.completed.v1"}
        await put(amqp_url, harness.topology.outcomes, body, **headers)
        assert (await reached(teacher, job, "failed"))["errorCode"] == "internal"


async def test_messages_about_nothing_are_dropped(harness: Harness, amqp_url: str) -> None:
    for queue in (harness.topology.outcomes, harness.topology.dead):
        await put(amqp_url, queue, b"?")
        await put(amqp_url, queue, b"{}", cloudEvents_subject="not an id")
        await put(amqp_url, queue, b"{}", cloudEvents_subject=str(uuid4()), cloudEvents_type="export.unknown.v9")
    await harness.publisher.publish(an_export_failed(export_id=uuid4()))
    teacher = harness.browser()
    job = await start(teacher)
    await harness.publisher.publish(an_export_failed(export_id=job))
    await reached(teacher, job, "failed")
    for queue in (harness.topology.outcomes, harness.topology.dead):
        await empty(amqp_url, queue)


async def test_an_outcome_no_row_can_hold_ends_its_export(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await harness.publisher.publish(an_export_completed(export_id=job, file=a_stored_file(filename="a\0b.pdf")))
    assert (await reached(teacher, job, "failed"))["errorCode"] == "internal"


async def test_a_request_given_up_is_announced_to_everybody(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    async with await aio_pika.connect(amqp_url) as link:
        channel = await link.channel()
        mine = await channel.declare_queue(exclusive=True)
        await mine.bind(harness.topology.exchange, routing_key="export.failed.v1")
        job = await start(teacher)
        await put(amqp_url, harness.topology.dead, b"{}", cloudEvents_subject=job)
        message = await wait_until(lambda: mine.get(fail=False))
        assert message is not None
        assert message.headers["cloudEvents:subject"] == job
        assert b"renderer_crashed" in message.body
        await message.ack()
    assert (await reached(teacher, job, "failed"))["errorCode"] == "renderer_crashed"


async def test_progress_is_written_once_a_flush_and_only_the_latest(store: Store, pool: asyncpg.Pool) -> None:
    export = an_export()
    await store.create(export, quota=Quota(1), actor=Actor())
    consumer = Consumer(store, Hub(), Metrics(CollectorRegistry()))
    for sequence in (1, 3, 2):
        consumer.buffer_progress(an_export_progress(export_id=export.id, sequence=sequence, percent=10 * sequence))
    assert (await store.read([export.id]))[0].status is ExportStatus.QUEUED
    await consumer.flush()
    (row,) = await store.read([export.id])
    assert (row.status, row.sequence, row.percent) == (ExportStatus.ACTIVE, 3, 30)
    before = await pool.fetchval("SELECT xmin::text FROM exports.export")
    await consumer.flush()
    assert await pool.fetchval("SELECT xmin::text FROM exports.export") == before, "nothing new, nothing written"


async def put_event(url: str, queue: Queue, event: AnyEvent, **changed: object) -> None:
    """An event whose body a newer version has changed, straight into a queue."""
    value = json.loads(event.to_json()) | changed
    headers = {name.replace(":", "_"): text for name, text in envelope_of(event).headers().items()}
    await put(url, queue, json.dumps(value).encode(), **headers)


def envelope_of(event: AnyEvent) -> Envelope:
    return Envelope(id=uuid4(), source=source_of("renderer"), time=AS_OF, event=event)


async def test_the_words_of_a_newer_renderer_change_no_end(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    outcomes = harness.topology.outcomes
    job = await start(teacher)
    await put_event(amqp_url, harness.topology.progress, an_export_progress(export_id=job), phase="sealing")

    async def sealing() -> bool:
        return bool((await status(teacher, job))["phase"] != "queued")

    await wait_until(sealing)
    warnings = [{"code": "seal_missing", "submissionId": None, "message": "Sans sceau."}]
    await put_event(amqp_url, outcomes, an_export_completed(export_id=job), warnings=warnings)
    result = (await reached(teacher, job, "completed"))["result"]
    assert result["warnings"] == warnings
    other = await start(teacher)
    await put_event(amqp_url, outcomes, an_export_failed(export_id=other), code="seal_refused", message="Sceau refusé.")
    ended = await reached(teacher, other, "failed")
    assert (ended["errorCode"], ended["error"]) == ("seal_refused", "Sceau refusé.")
    english = await teacher.get(f"{BASE}/status", params={"jobId": other, "lang": "en"})
    assert english.json()["error"].startswith("An unexpected error")
    counted = (await teacher.get("/metrics")).text
    for kind in ("phase", "warning", "failure"):
        assert f'gateway_unknown_total{{kind="{kind}"}} 1.0' in counted


async def test_an_event_of_an_unknown_type_is_passed_over(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    for queue in (harness.topology.outcomes, harness.topology.progress):
        await put(amqp_url, queue, b"{}", cloudEvents_subject=job, cloudEvents_type="export.sealed.v1")
    await empty(amqp_url, harness.topology.outcomes)

    async def both_counted() -> bool:
        return 'gateway_unknown_total{kind="event"} 2.0' in (await teacher.get("/metrics")).text

    await wait_until(both_counted)
    assert (await status(teacher, job))["status"] == "queued"
    await harness.publisher.publish(an_export_completed(export_id=job))
    await reached(teacher, job, "completed")
