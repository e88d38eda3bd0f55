"""Files on their way to the browser: through the gateway, out of a real storage, to those who may."""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote, unquote

import aio_pika
import asyncpg
import httpx2
import pytest
from aio_pika.abc import AbstractIncomingMessage

from contracts.envelope import parse
from contracts.events import ExportRequested
from contracts.states import FailureCode, Format
from contracts.topology import Topology
from dev.plain_http import TRUST_NOBODY
from dev.sample.people import LAC_CLASSES, MARCHETTI, MATHS_CLASSES, OKONKWO
from services.gateway.settings import GatewaySettings
from tests.builders import an_export_failed
from tests.gateway import an_export, expired
from tests.integration.gateway.harness import TOKEN, Harness, following, running_gateway
from tests.integration.gateway.requests import BASE, EXAM, FOREIGN_EXAM, OWNER, problem, reached, start, status
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

CONTENT = os.urandom(200_000)
NAME = "Rapport « été » – Ωmega 中文.pdf"


async def finished(
    harness: Harness, client: httpx2.AsyncClient, name: str = NAME, content: bytes = CONTENT
) -> dict[str, Any]:
    job = await start(client)
    await harness.complete(job, content, name)
    result: dict[str, Any] = (await reached(client, job, "completed"))["result"]
    return {**result, "jobId": job}


async def test_a_file_arrives_whole_with_its_name_and_digest(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    result = await finished(harness, teacher)
    answer = await teacher.get(result["downloadUrl"])
    assert hashlib.sha256(answer.content).hexdigest() == result["sha256"]
    assert int(answer.headers["content-length"]) == result["size"] == len(CONTENT)
    assert answer.headers["etag"] == f'"{result["sha256"]}"'
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["accept-ranges"] == "bytes"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename=\"Rapport ete mega .pdf\"; filename*=UTF-8''")
    assert unquote(disposition.rpartition("''")[2]) == NAME
    rows = await pool.fetch("SELECT actor_id, ip_address FROM exports.audit WHERE action = 'export.downloaded'")
    assert [row["ip_address"] for row in rows] == ["127.0.0.1"]


async def test_ranges_resumption_and_caching_go_by_the_digest(harness: Harness) -> None:
    teacher = harness.browser()
    result = await finished(harness, teacher)
    url, tag = result["downloadUrl"], f'"{result["sha256"]}"'
    part = await teacher.get(url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, CONTENT[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(CONTENT)}"
    assert part.headers["etag"] == tag
    tail = await teacher.get(url, headers={"Range": "bytes=199990-", "If-Range": tag})
    assert (tail.status_code, tail.content) == (206, CONTENT[199_990:])
    changed = await teacher.get(url, headers={"Range": "bytes=199990-", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, CONTENT)
    beyond = await teacher.get(url, headers={"Range": "bytes=200000-"})
    assert problem(beyond) == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(CONTENT)}"
    same = await teacher.get(url, headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    head = await teacher.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(CONTENT)), b"")


async def test_many_readers_at_once_each_get_every_byte(harness: Harness) -> None:
    teacher = harness.browser()
    result = await finished(harness, teacher)
    answers = await asyncio.gather(*(teacher.get(result["downloadUrl"]) for _ in range(10)))
    assert all(answer.content == CONTENT for answer in answers)


async def test_a_name_alone_opens_nothing(harness: Harness) -> None:
    result = await finished(harness, harness.browser())
    path = f"download/{quote(NAME)}"
    stranger = harness.browser(MARCHETTI)
    assert problem(await stranger.get(result["downloadUrl"])) == (404, "exam_not_found")
    own = await stranger.get(f"/api/exams/{FOREIGN_EXAM}/export/{path}")
    assert problem(own) == (404, "export_not_found")
    assert (await harness.browser(OKONKWO).get(result["downloadUrl"])).status_code == 200


async def test_an_expired_file_is_gone_and_says_so(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    event = await harness.complete(job, CONTENT, NAME)
    url = (await reached(teacher, job, "completed"))["result"]["downloadUrl"]
    await harness.storages_publisher.publish(expired(an_export(id=event.export_id, **OWNER), event.file.key))
    found = await reached(teacher, job, "expired")
    assert (found["errorCode"], "result" in found) == ("export_expired", False)
    assert problem(await teacher.get(url)) == (410, "export_expired")
    async with following(teacher, f"{BASE}/events", params={"jobId": job}) as frames:
        assert [frame.event async for frame in frames] == ["expired"]


async def test_a_file_storage_no_longer_has_is_gone_before_its_expiry_is_announced(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    event = await harness.complete(job, CONTENT, NAME)
    url = (await reached(teacher, job, "completed"))["result"]["downloadUrl"]
    async with httpx2.AsyncClient(trust_env=False, verify=TRUST_NOBODY) as storage:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await storage.delete(f"{harness.storage_url}/files/{event.file.key}", headers=headers)
        assert answer.status_code == 204
    assert problem(await teacher.get(url)) == (410, "export_expired")


HOSTILE_KEYS = ("../metrics", "..%2fmetrics", "%2e%2e%2fmetrics", "%252e%252e%252fmetrics", "/metrics", "http://x/y")


async def test_a_key_in_the_row_never_is_an_address(harness: Harness, pool: asyncpg.Pool) -> None:
    """A row of version 1 may hold whatever a message said."""
    teacher = harness.browser()
    result = await finished(harness, teacher)
    for key in HOSTILE_KEYS:
        await pool.execute("UPDATE exports.export SET file_key = $1", key)
        assert (await teacher.get(result["downloadUrl"])).content == CONTENT
    for sha256 in ("../../metrics", "%2e%2e%2fmetrics", "AB" * 32):
        await pool.execute("UPDATE exports.export SET file_sha256 = $1", sha256)
        assert problem(await teacher.get(result["downloadUrl"])) == (410, "export_expired")


async def test_a_row_of_another_owner_does_not_have_the_file(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    result = await finished(harness, teacher)
    await pool.execute("UPDATE exports.export SET requested_by = 'somebody-else'")
    assert problem(await teacher.get(result["downloadUrl"])) == (410, "export_expired")


async def test_a_file_of_another_size_than_the_rows_is_not_passed_on(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    result = await finished(harness, teacher)
    await pool.execute("UPDATE exports.export SET file_size = file_size - 1")
    for headers in ({}, {"Range": "bytes=0-9"}):
        assert problem(await teacher.get(result["downloadUrl"], headers=headers)) == (503, "storage_unavailable")


class FakeRenderer:
    """Answers each request as it comes; the test says how."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.seen: list[ExportRequested] = []
        self.content = b"\xef\xbb\xbfEtudiant;Email\r\n"

    async def on_request(self, message: AbstractIncomingMessage) -> None:
        async with message.process():
            event = parse(message.headers, message.body).event
            assert isinstance(event, ExportRequested)
            self.seen.append(event)
            await self.harness.complete(event.export_id, self.content, "notes.csv", Format.CSV)


@pytest.fixture
async def renderer(harness: Harness, amqp_url: str) -> AsyncIterator[FakeRenderer]:
    """A renderer that completes every request."""
    made = FakeRenderer(harness)
    async with await aio_pika.connect(amqp_url) as link:
        queue = await (await link.channel()).get_queue(harness.topology.small_requests.name)
        await queue.consume(made.on_request)
        yield made


async def test_the_csv_link_gives_the_file_itself(harness: Harness, renderer: FakeRenderer) -> None:
    group = MATHS_CLASSES["a"].id
    began = time.monotonic()
    answer = await harness.browser().get(f"{BASE}/csv", params={"classId": group})
    assert time.monotonic() - began < 3
    assert (answer.status_code, answer.content) == (200, renderer.content)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="notes.csv"' in answer.headers["content-disposition"]
    (event,) = renderer.seen
    assert (event.format, event.class_ids, event.exam_id) == (Format.CSV, (group,), EXAM)


async def test_the_csv_link_refuses_what_a_start_refuses(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    foreign = next(iter(LAC_CLASSES.values())).id
    for group in (foreign, "unknown", "\0", ""):
        answer = await teacher.get(f"{BASE}/csv", params={"classId": group})
        assert problem(answer) == (422, "class_not_found")
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert problem(await teacher.get(f"{BASE}/csv", headers=embedded)) == (403, "csrf_refused")
    assert await pool.fetchval("SELECT count(*) FROM exports.export") == 0


async def test_a_failed_csv_tells_why(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    asking = asyncio.create_task(teacher.get(f"{BASE}/csv"))
    job = await wait_until(lambda: pool.fetchval("SELECT id FROM exports.export"))
    await harness.publisher.publish(an_export_failed(**OWNER, export_id=job))
    assert problem(await asking) == (422, "no_copies")
    asking = asyncio.create_task(teacher.get(f"{BASE}/csv"))
    sql = "SELECT id FROM exports.export WHERE status = 'queued'"
    job = await wait_until(lambda: pool.fetchval(sql))
    await harness.publisher.publish(an_export_failed(**OWNER, export_id=job, code=FailureCode.STORAGE_UNAVAILABLE))
    answer = await asking
    assert problem(answer) == (503, "storage_unavailable")
    assert answer.headers["retry-after"] == "10"


async def test_a_slow_csv_is_no_file_and_a_second_click_finds_it_once(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> None:
    hasty = settings(direct_download_seconds=0.3)
    async with running_gateway(hasty, sock, storage_url, topology, amqp_url) as harness:
        teacher = harness.browser()
        answer = await teacher.get(f"{BASE}/csv")
        body = answer.json()
        assert problem(answer) == (503, "export_still_running")
        assert int(answer.headers["retry-after"]) > 0
        assert (await teacher.get(body["statusUrl"])).json()["status"] == "queued"
        again = (await teacher.get(f"{BASE}/csv")).json()
        assert again["jobId"] == body["jobId"]
        await harness.complete(body["jobId"], b"a;b", "n.csv", Format.CSV)
        await reached(teacher, body["jobId"], "completed")
        colleagues = await harness.browser(OKONKWO).get(f"{BASE}/csv")
        assert colleagues.json()["jobId"] != body["jobId"]
        second = await teacher.get(f"{BASE}/csv")
        assert (second.status_code, second.content) == (200, b"a;b")
        assert (await teacher.get(f"{BASE}/csv")).json()["jobId"] != body["jobId"], "grades may have changed"


async def test_without_storage_downloads_wait_and_everything_else_goes_on(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> None:
    nowhere = settings(storage_url="http://127.0.0.1:9")
    async with running_gateway(nowhere, sock, storage_url, topology, amqp_url, whole=False) as harness:
        teacher = harness.browser()
        job = await start(teacher)
        await harness.complete(job, CONTENT, NAME)
        url = (await reached(teacher, job, "completed"))["result"]["downloadUrl"]
        answer = await teacher.get(url)
        assert problem(answer) == (503, "storage_unavailable")
        assert answer.headers["retry-after"] == "2"
        ready = await harness.nobody().get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert (await status(teacher, job))["status"] == "completed"
