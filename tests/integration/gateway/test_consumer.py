"""What comes back from a real broker: twice, late, unreadable, impossible. Every export ends, every message leaves."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import asyncpg
import httpx2
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from contracts.envelope import Envelope, source_of
from contracts.events import AnyEvent
from contracts.states import ExportStatus
from contracts.topology import MAX_ATTEMPTS, Exchange, Queue
from services.gateway.consumer import Consumer
from services.gateway.metrics import Metrics
from services.gateway.store import Actor, Quota, Store
from services.gateway.stream import Hub
from tests.builders import (
    AS_OF,
    a_stored_file,
    an_export_completed,
    an_export_failed,
    an_export_progress,
    an_export_requested,
)
from tests.gateway import an_export, expired
from tests.integration.gateway.harness import Harness
from tests.integration.gateway.requests import BASE, OWNER, reached, start, status
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
    late: list[AnyEvent] = [an_export_failed(**OWNER, export_id=job), done, an_export_progress(export_id=job)]
    await asyncio.gather(*(harness.publisher.publish(event) for event in late * 10))
    other = await start(teacher)
    await harness.publisher.publish(an_export_failed(**OWNER, export_id=other))
    await reached(teacher, other, "failed")
    assert (await status(teacher, job))["status"] == "completed"
    sql = "SELECT action FROM exports.audit WHERE export_id = $1 ORDER BY id"
    actions = [row["action"] for row in await pool.fetch(sql, UUID(job))]
    assert actions == ["export.requested", "export.completed"]


async def test_an_unreadable_outcome_changes_nothing_whoever_its_subject_is(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    headers = {"cloudEvents_subject": job, "cloudEvents_type": "export.completed.v1"}
    for body in (b"", b"{", b"\xff", b"[]", b'{"exportId": 5}'):
        await put(amqp_url, harness.topology.outcomes, body, **headers)
    await refused(teacher, "unreadable", 5)
    assert (await status(teacher, job))["status"] == "queued"
    await harness.complete(job)
    await reached(teacher, job, "completed")


async def refused(client: httpx2.AsyncClient, reason: str, times: int = 1) -> None:
    """Return once so many messages were refused for a reason."""
    line = f'gateway_messages_refused_total{{reason="{reason}"}} {times}.0'

    async def counted() -> bool:
        return line in (await client.get("/metrics")).text

    await wait_until(counted)


async def test_messages_about_nothing_are_dropped(harness: Harness, amqp_url: str) -> None:
    for queue in (harness.topology.outcomes, harness.topology.dead):
        await put(amqp_url, queue, b"?")
        await put(amqp_url, queue, b"{}", cloudEvents_subject="not an id")
        await put(amqp_url, queue, b"{}", cloudEvents_subject=str(uuid4()), cloudEvents_type="export.unknown.v9")
    await harness.publisher.publish(an_export_failed(**OWNER, export_id=uuid4()))
    teacher = harness.browser()
    job = await start(teacher)
    await harness.publisher.publish(an_export_failed(**OWNER, export_id=job))
    await reached(teacher, job, "failed")
    for queue in (harness.topology.outcomes, harness.topology.dead):
        await empty(amqp_url, queue)


async def test_a_name_no_row_can_hold_is_cleaned(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    file = a_stored_file(job, filename="../a\0b\u202efdp.pdf", content_type="text/html")
    await harness.publisher.publish(an_export_completed(**(OWNER | {"export_id": job, "file": file})))
    result = (await reached(teacher, job, "completed"))["result"]
    assert result["filename"] == "-abfdp.pdf"


FORGERIES: dict[str, dict[str, Any]] = {
    "institution": {"institution_id": "another"},
    "exam": {"exam_id": "another"},
    "requester": {"requested_by": "another"},
    "format": {"format": "zip"},
    "attempt": {"attempt": MAX_ATTEMPTS + 1},
}


@pytest.mark.parametrize("reason", FORGERIES)
async def test_a_completion_that_is_not_its_rows_own_changes_nothing(harness: Harness, reason: str) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    claim = OWNER | {"export_id": job} | FORGERIES[reason]
    await harness.publisher.publish(an_export_completed(**claim))
    await refused(teacher, reason)
    if reason != "format":
        await harness.publisher.publish(an_export_failed(**claim))
        await refused(teacher, reason, 2)
    assert (await status(teacher, job))["status"] == "queued"


async def test_a_file_that_is_not_the_exports_own_is_never_served(harness: Harness) -> None:
    teacher = harness.browser()
    job, other = await start(teacher), uuid4()
    for key in (f"{other}/{'ab' * 32}", "../metrics", f"{job}/{'cd' * 32}", f"{job}/../{other}/{'ab' * 32}", ""):
        file = a_stored_file(job, key=key)
        await harness.publisher.publish(an_export_completed(**(OWNER | {"export_id": job, "file": file})))
    await refused(teacher, "key", 5)
    assert (await status(teacher, job))["status"] == "queued"
    await harness.storages_publisher.publish(expired(an_export(**(OWNER | {"id": UUID(job)})), None))
    await refused(teacher, "key", 6)


async def test_a_dead_letter_that_is_not_its_exports_request_ends_nothing(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    dead = harness.topology.dead
    foreign = an_export_requested(**(OWNER | {"export_id": job, "institution_id": "another"}))
    await put_event(amqp_url, dead, foreign)
    await refused(teacher, "institution")
    await put_event(amqp_url, dead, an_export_progress(export_id=job))
    await refused(teacher, "type")
    assert (await status(teacher, job))["status"] == "queued"
    await put_event(amqp_url, dead, an_export_requested(**(OWNER | {"export_id": job})))
    assert (await reached(teacher, job, "failed"))["errorCode"] == "renderer_crashed"


async def heard(harness: Harness, amqp_url: str, job: str, last: str) -> list[tuple[str, str, int]]:
    """Type, id and sequence of what a subscriber was told of an export, up to its last event."""
    async with await aio_pika.connect(amqp_url) as link:
        channel = await link.channel()
        mine = await channel.get_queue(f"{harness.topology.namespace}.subscriber")
        found: list[tuple[str, str, int]] = []
        while not found or found[-1][0] != last:
            message = await wait_until(lambda: mine.get(fail=False, no_ack=True))
            assert message is not None
            told = {name: str(message.headers[f"cloudEvents:{name}"]) for name in ("type", "id", "sequence", "subject")}
            if told["subject"] == job:
                found.append((told["type"], told["id"], int(told["sequence"])))
        return found


@pytest_asyncio.fixture
async def subscriber(harness: Harness, amqp_url: str) -> AsyncIterator[None]:
    """A queue of another service, bound to every fact but progress."""
    async with await aio_pika.connect(amqp_url) as link:
        channel = await link.channel()
        mine = await channel.declare_queue(f"{harness.topology.namespace}.subscriber")
        for kind in ("requested", "completed", "failed", "cancelled", "expired"):
            await mine.bind(harness.topology.exchange(Exchange.FACTS), f"export.{kind}.v1")
        yield
        await mine.delete(if_unused=False, if_empty=False)


@pytest.mark.usefixtures("subscriber")
async def test_of_a_cancelled_export_everybody_hears_that_it_was_cancelled_and_nothing_else(
    harness: Harness, amqp_url: str
) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    assert (await teacher.delete(f"{BASE}/jobs/{job}")).status_code == 200
    done = await harness.complete(job)
    await harness.publisher.publish(an_export_failed(**OWNER, export_id=job))
    await harness.publisher.publish(done)
    await empty(amqp_url, harness.topology.outcomes)
    marker = await start(teacher)
    await harness.complete(marker)
    told = await heard(harness, amqp_url, marker, "export.completed.v1")
    assert [kind for kind, _, _ in told] == ["export.requested.v1", "export.completed.v1"]
    # Whatever was told of the first had to come before.
    assert (await status(teacher, job))["status"] == "cancelled"


@pytest.mark.usefixtures("subscriber")
async def test_everybody_hears_one_end_in_the_order_of_its_sequence(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    done = await harness.complete(job)
    second = done.model_copy(update={"file": a_stored_file(job, sha256="cd" * 32), "attempt": 2})
    for event in (done, second, an_export_failed(**OWNER, export_id=job)):
        await harness.publisher.publish(event)
    await reached(teacher, job, "completed")
    assert (await teacher.delete(f"{BASE}/jobs/{job}")).status_code == 409
    await harness.storages_publisher.publish(expired(an_export(**(OWNER | {"id": UUID(job)})), done.file.key))
    told = await heard(harness, amqp_url, job, "export.expired.v1")
    assert [kind for kind, _, _ in told] == ["export.requested.v1", "export.completed.v1", "export.expired.v1"]
    assert len({identity for _, identity, _ in told}) == 3
    sequences = [sequence for _, _, sequence in told]
    assert sequences == sorted(set(sequences))


async def test_a_poisoned_progress_event_costs_no_other_export_its_progress(
    store: Store, pool: asyncpg.Pool, harness: Harness, amqp_url: str
) -> None:
    teacher = harness.browser()
    poisoned, other = await start(teacher), await start(teacher, "zip")
    progress = harness.topology.progress
    for name, value in (("sequence", 2**40), ("processed", 2**31), ("attempt", 2**31 - 1), ("attempt", 3)):
        await put_event(amqp_url, progress, an_export_progress(export_id=poisoned), **{name: value})
    await put_event(amqp_url, progress, an_export_progress(export_id=other))
    await reached(teacher, other, "active")
    assert (await status(teacher, poisoned))["status"] == "queued"


async def test_one_row_that_cannot_be_written_costs_no_other_its_progress(store: Store) -> None:
    good, bad = an_export(), an_export()
    for export in (good, bad):
        await store.create(export, quota=Quota(2), actor=Actor())
    unwritable = an_export_progress(export_id=bad.id).model_copy(update={"sequence": 2**40})
    await store.progress([unwritable, an_export_progress(export_id=good.id)])
    statuses = {row.id: row.status for row in await store.read([good.id, bad.id])}
    assert statuses == {good.id: ExportStatus.ACTIVE, bad.id: ExportStatus.QUEUED}


async def test_a_request_given_up_is_announced_to_everybody(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    async with await aio_pika.connect(amqp_url) as link:
        channel = await link.channel()
        mine = await channel.declare_queue(exclusive=True)
        await mine.bind(harness.topology.exchange(Exchange.FACTS), routing_key="export.failed.v1")
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
    await put_event(amqp_url, outcomes, an_export_completed(**OWNER, export_id=job), warnings=warnings)
    result = (await reached(teacher, job, "completed"))["result"]
    assert result["warnings"] == warnings
    other = await start(teacher)
    await put_event(
        amqp_url, outcomes, an_export_failed(**OWNER, export_id=other), code="seal_refused", message="Sceau refusé."
    )
    ended = await reached(teacher, other, "failed")
    assert ended["errorCode"] == "seal_refused"
    assert ended["error"].startswith("Une erreur inattendue"), "never a message's own words"
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
    await harness.publisher.publish(an_export_completed(**OWNER, export_id=job))
    await reached(teacher, job, "completed")
