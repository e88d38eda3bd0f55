"""The events of an institution, read again: from the address for services, and from the stream at the broker."""

import asyncio
from datetime import timedelta
from typing import Any

import aio_pika
import asyncpg
import httpx2
import pytest

from contracts.events import ExportCompleted, ExportDownloaded, ExportStarted, Warning
from contracts.http import TokenScope
from contracts.states import WarningCode
from contracts.topology import Exchange, Topology
from dev.sample.people import LAC, MARCHETTI, VAUCLAIR
from services.gateway.relay import FACTS, REQUESTS
from services.gateway.store import Actor, Quota, Store
from services.gateway.tokens.store import TokenStore
from tests.builders import an_export_completed, an_export_failed, an_export_progress
from tests.gateway import an_export, cancelled
from tests.integration.gateway.harness import Harness
from tests.integration.gateway.requests import FOREIGN_EXAM, problem, reached, start
from tests.integration.gateway.test_relay import RecordingSender, left, relay
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

CONTENT = b"%PDF-1.7 rapport de la classe"
WARNINGS = tuple(
    Warning(code=WarningCode.FORMULA_NOT_DRAWN, submission_id=f"s{n}", message=f"Zoé a écrit {n}") for n in range(30)
)


@pytest.fixture
async def service(harness: Harness, pool: asyncpg.Pool) -> httpx2.AsyncClient:
    """A service of the sample's school that may read events."""
    return await reader(harness, pool, VAUCLAIR.id)


async def reader(harness: Harness, pool: asyncpg.Pool, institution: str) -> httpx2.AsyncClient:
    token, _ = await TokenStore(pool).mint(
        institution, "archive", frozenset({TokenScope.EVENTS_READ}), timedelta(days=1), "tests"
    )
    return harness.service(token)


async def read(client: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get("/api/events", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def types(client: httpx2.AsyncClient, **query: Any) -> list[str]:
    return [event["type"] for event in (await read(client, **query))["events"]]


async def told(client: httpx2.AsyncClient, count: int) -> list[dict[str, Any]]:
    """The events, once there are so many."""

    async def there() -> list[dict[str, Any]] | None:
        events: list[dict[str, Any]] = (await read(client))["events"]
        return events if len(events) >= count else None

    found: Any = await wait_until(there)
    return list(found)


async def test_an_export_is_told_from_the_request_to_the_download_with_what_was_asked(
    harness: Harness, service: httpx2.AsyncClient, topology: Topology, amqp_url: str
) -> None:
    teacher = harness.browser()
    job = await start(teacher, json={"options": {"audience": "jury"}})
    await harness.complete(job, CONTENT, warnings=WARNINGS, grades_as_of="2026-01-20T09:59:59.000Z")
    done = await reached(teacher, job, "completed")
    for headers in ({"Range": "bytes=4-"}, {}, {"Range": "bytes=0-"}):
        await teacher.get(done["result"]["downloadUrl"], headers=headers)
    await teacher.head(done["result"]["downloadUrl"])
    events = await told(service, 5)
    assert [event["type"] for event in events] == [
        "export.requested.v1",
        "export.started.v1",
        "export.completed.v1",
        "export.downloaded.v1",
        "export.downloaded.v1",
    ]
    assert [event["sequence"] for event in events] == sorted({event["sequence"] for event in events})
    assert {event["partitionkey"] for event in events} == {event["subject"] for event in events} == {job}
    completed = events[2]["data"]
    assert completed["options"]["audience"] == "jury"
    assert completed["examTitle"]
    assert completed["gradesAsOf"] == "2026-01-20T09:59:59.000Z"
    assert (completed["warningCount"], len(completed["warnings"])) == (30, 20)
    assert "Zoé" not in str(events)
    assert [event["data"]["number"] for event in events[3:]] == [1, 2]
    async with await aio_pika.connect(amqp_url) as link, link.channel() as channel:
        await channel.set_qos(100)
        stream = await channel.get_queue(topology.facts.name)
        messages: asyncio.Queue[Any] = asyncio.Queue()
        await stream.consume(messages.put, arguments={"x-stream-offset": "first"})
        heard = [await asyncio.wait_for(messages.get(), 10) for _ in events]
    assert [message.message_id for message in heard] == [event["id"] for event in events]
    assert [message.headers["cloudEvents:sequence"] for message in heard] == [event["sequence"] for event in events]


async def test_a_reader_that_was_away_misses_nothing_and_nothing_comes_twice(
    harness: Harness, service: httpx2.AsyncClient
) -> None:
    assert await read(service) == {"events": [], "next": "0", "more": False}
    jobs = [await start(harness.browser(), kind) for kind in ("pdf", "zip", "xlsx")]
    await told(service, 3)
    seen: list[str] = []
    page = await read(service, limit=2)
    seen += [event["subject"] for event in page["events"]]
    assert page["more"]
    page = await read(service, after=page["next"])
    seen += [event["subject"] for event in page["events"]]
    assert (sorted(seen), page["more"]) == (sorted(jobs), False)
    assert await read(service, after=page["next"]) == {"events": [], "next": page["next"], "more": False}
    await harness.browser().delete(f"/api/exams/{FOREIGN_EXAM}/export/jobs/{jobs[0]}")
    assert await types(service, after=page["next"]) == []
    assert len(await types(service, type=["export.requested.v1", "export.failed.v1"])) == 3
    skipped = await read(service, type="export.failed.v1", limit=1)
    assert (skipped["events"], skipped["next"]) == ([], page["next"]), "passed over, not to be read again"


async def test_a_service_reads_its_own_institution_alone(
    harness: Harness, service: httpx2.AsyncClient, pool: asyncpg.Pool
) -> None:
    await harness.browser(MARCHETTI).post(f"/api/exams/{FOREIGN_EXAM}/export/pdf", json={})
    foreign = await reader(harness, pool, LAC.id)
    assert len(await told(foreign, 1)) == 1
    assert await read(service) == {"events": [], "next": "0", "more": False}, "not even how many others have"


WRONG: tuple[tuple[dict[str, Any], tuple[int, str]], ...] = (
    ({"after": "-1"}, (400, "invalid_cursor")),
    ({"after": ""}, (400, "invalid_cursor")),
    ({"after": "1e3"}, (400, "invalid_cursor")),
    ({"after": "\N{ARABIC-INDIC DIGIT THREE}"}, (400, "invalid_cursor")),
    ({"after": "9" * 40}, (400, "invalid_cursor")),
    ({"after": "7"}, (400, "unknown_cursor")),
    ({"after": ["0", "0"]}, (400, "repeated_parameter")),
    ({"limit": "0"}, (400, "invalid_limit")),
    ({"limit": "501"}, (400, "invalid_limit")),
    ({"type": "export.progress.v1"}, (400, "unknown_event_type")),
    ({"type": "export.*"}, (400, "unknown_event_type")),
)


async def test_what_is_asked_wrongly_is_said(service: httpx2.AsyncClient) -> None:
    answers = [problem(await service.get("/api/events", params=query)) for query, _ in WRONG]
    assert answers == [expected for _, expected in WRONG]


async def test_a_position_before_what_is_kept_is_gone(
    harness: Harness, service: httpx2.AsyncClient, store: Store, pool: asyncpg.Pool
) -> None:
    for kind in ("pdf", "zip"):
        await start(harness.browser(), kind)
    await told(service, 2)
    await pool.execute("UPDATE exports.event SET published_at = now() - interval '31 days' WHERE position = 1")
    await store.forget_events(timedelta(days=30))
    answer = await service.get("/api/events", params={"after": "0"})
    assert problem(answer) == (410, "cursor_expired")
    assert answer.json()["oldest"] == "1"
    assert len((await read(service, after="1"))["events"]) == len((await read(service))["events"]) == 1
    await store.forget_events(timedelta(0))
    assert problem(await service.get("/api/events", params={"after": "1"})) == (410, "cursor_expired")
    assert await read(service, after="2") == {"events": [], "next": "2", "more": False}


async def test_several_relays_number_each_event_once_without_gaps(store: Store, pool: asyncpg.Pool) -> None:
    exports = [an_export(institution_id=f"inst-{n % 3}", exam_id=f"exam-{n}") for n in range(90)]
    for export in exports:
        await store.create(export, quota=Quota(1000), actor=Actor())
    relays = [relay(pool, RecordingSender()) for _ in range(4)]
    while await left(pool):
        await asyncio.gather(*(each.drain(REQUESTS) for each in relays))
        await asyncio.gather(*(each.drain(FACTS) for each in relays))
    rows = await pool.fetch(
        "SELECT institution_id, array_agg(position ORDER BY position) AS p FROM exports.event GROUP BY 1"
    )
    assert {row["institution_id"]: row["p"] for row in rows} == {f"inst-{n}": list(range(1, 31)) for n in range(3)}


async def test_an_event_that_was_published_twice_keeps_its_position(store: Store, pool: asyncpg.Pool) -> None:
    export = an_export()
    await store.create(export, quota=Quota(10), actor=Actor())
    mine = relay(pool, RecordingSender())
    await mine.drain(REQUESTS)
    row = await pool.fetchrow("SELECT event_id, event_type, body FROM exports.outbox")
    await mine.drain(FACTS)
    await pool.execute(
        "INSERT INTO exports.outbox (event_id, event_type, export_id, body, delivered) VALUES ($1, $2, $3, $4, true)",
        row["event_id"],
        row["event_type"],
        export.id,
        row["body"],
    )
    await mine.drain(FACTS)
    assert await left(pool) == 0
    assert [row["position"] for row in await pool.fetch("SELECT position FROM exports.event")] == [1]


async def bodies(pool: asyncpg.Pool) -> list[str]:
    return [row["event_type"] for row in await pool.fetch("SELECT event_type FROM exports.outbox ORDER BY position")]


async def test_the_start_is_told_once_whether_progress_or_the_end_is_heard_first(
    store: Store, pool: asyncpg.Pool
) -> None:
    slow, quick, failed, given_up = (an_export(exam_id=f"exam-{n}") for n in range(4))
    for export in (slow, quick, failed, given_up):
        await store.create(export, quota=Quota(10), actor=Actor())
    await pool.execute("DELETE FROM exports.outbox")
    for sequence in (1, 2):
        await store.progress([an_export_progress(export_id=slow.id, sequence=sequence, attempt=1)])
    assert await store.apply(an_export_completed(**slow.identity))
    assert await store.apply(an_export_completed(**quick.identity))
    assert await store.apply(an_export_failed(**failed.identity))
    await store.finish(given_up.id, cancelled, Actor())
    await store.progress([an_export_progress(export_id=quick.id, sequence=9, attempt=1)])
    assert await bodies(pool) == [
        ExportStarted.type,
        ExportCompleted.type,
        ExportStarted.type,
        ExportCompleted.type,
        "export.failed.v1",
        "export.cancelled.v1",
    ]


async def test_what_a_renderer_says_was_asked_is_not_believed(store: Store, pool: asyncpg.Pool) -> None:
    export = an_export(exam_title="Algèbre")
    await store.create(export, quota=Quota(10), actor=Actor())
    claim = an_export_completed(**export.identity, exam_title="<script>", options={"audience": "jury"}, warning_count=7)
    assert await store.apply(claim)
    body = await pool.fetchval("SELECT body FROM exports.outbox WHERE event_type = $1", ExportCompleted.type)
    heard = ExportCompleted.model_validate_json(body)
    assert (heard.exam_title, heard.warning_count) == ("Algèbre", 0)
    assert heard.options is not None
    assert heard.options["audience"] == "student"


async def test_subscribers_that_are_stuck_delay_no_download(
    harness: Harness, service: httpx2.AsyncClient, topology: Topology, amqp_url: str
) -> None:
    async with await aio_pika.connect(amqp_url) as link, link.channel() as channel:
        takes_nothing: Any = {"x-max-length": 0, "x-overflow": "reject-publish"}
        full = await channel.declare_queue("", exclusive=True, arguments=takes_nothing)
        await full.bind(topology.exchange(Exchange.FACTS), "#")
        teacher = harness.browser()
        job = await start(teacher)
        await harness.complete(job, CONTENT)
        done = await reached(teacher, job, "completed")
        assert (await teacher.get(done["result"]["downloadUrl"])).content == CONTENT
        assert (await told(service, 4))[-1]["type"] == ExportDownloaded.type
