"""The interface as Correcta's client and its teachers use it, over real servers."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import aio_pika
import asyncpg
import pytest

from contracts.envelope import parse
from contracts.http import STATES_HEADER
from contracts.states import FailureCode, Format, Phase
from contracts.topology import Topology
from dev.sample.identity import identifier
from dev.sample.people import ADMIN, DELCOURT, LAC_CLASSES, MARCHETTI, MATHS_CLASSES, OKONKWO
from services.gateway.settings import GatewaySettings
from tests.builders import an_export_failed, an_export_progress
from tests.integration.gateway.harness import Harness, following, running_gateway
from tests.integration.gateway.requests import BASE, FOREIGN_EXAM, OWNER, problem, reached, start, status
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


async def test_the_flow_of_correctas_client(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    assert await status(teacher, job) == {
        "status": "queued",
        "progress": 0,
        "phase": "queued",
        "processed": 0,
        "total": 0,
        "attempt": 0,
    }
    event = an_export_progress(export_id=job, percent=45, processed=17, total=34)

    async def active() -> dict[str, Any] | None:
        await harness.publisher.publish_unconfirmed(event)
        found = await status(teacher, job)
        return found if found["status"] == "active" else None

    found = await wait_until(active)
    assert found == {
        "status": "active",
        "progress": 45,
        "phase": Phase.PROCESSING,
        "processed": 17,
        "total": 34,
        "attempt": 1,
    }
    await harness.complete(job, b"%PDF tout", "Rapport été « DS ».pdf", attempt_count=34)
    found = await reached(teacher, job, "completed")
    assert found["result"].keys() == {
        "filename",
        "size",
        "sha256",
        "attemptCount",
        "pages",
        "downloadUrl",
        "expiresAt",
        "warnings",
    }
    assert (found["progress"], found["phase"], found["result"]["attemptCount"]) == (100, "complete", 34)
    answer = await teacher.get(found["result"]["downloadUrl"])
    assert (answer.status_code, answer.content) == (200, b"%PDF tout")
    assert await wait_until(lambda: pool.fetchval("SELECT count(*) = 0 FROM exports.outbox"))


async def test_the_request_reaches_renderers_once_with_everything_asked(harness: Harness, amqp_url: str) -> None:
    group = MATHS_CLASSES["a"].id
    body = {"classIds": [group, group], "options": {"audience": "anonymous", "duplex": True, "language": "en"}}
    job = await start(harness.browser(), "xlsx", json=body)
    async with await aio_pika.connect(amqp_url) as link:
        queue = await (await link.channel()).get_queue(harness.topology.small_requests.name)
        message = await wait_until(lambda: queue.get(fail=False))
        assert message is not None
        event = parse(message.headers, message.body).event
        assert event.model_dump(include={"format", "class_ids"}) == {"format": Format.XLSX, "class_ids": (group,)}
        assert str(event.export_id) == job
        assert message.delivery_mode == 2
        await message.ack()
        assert await queue.get(fail=False) is None


@pytest.mark.parametrize("kind", ["pdf", "zip", "csv", "xlsx"])
async def test_every_format_starts_the_same_way(harness: Harness, kind: str) -> None:
    await start(harness.program(), kind)
    await start(harness.program(), kind, json=None)


async def test_a_failure_is_told_in_the_teachers_language(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await harness.publisher.publish(an_export_failed(**OWNER, export_id=job, message="Texte d'un inconnu."))
    found = await reached(teacher, job, "failed")
    assert (found["error"], found["errorCode"]) == ("Aucune copie à exporter.", "no_copies")
    teacher.headers["Accept-Language"] = "de, en;q=0.8, fr;q=0.3"
    assert (await status(teacher, job))["error"] == "There are no copies to export."


FRENCH = "Aucune copie à exporter."


async def test_an_address_may_name_the_language_in_place_of_a_header(harness: Harness) -> None:
    teacher = harness.browser()
    teacher.headers["Accept-Language"] = "fr-FR, fr;q=0.9"
    job = await start(teacher)
    await harness.publisher.publish(an_export_failed(**OWNER, export_id=job, message="Texte d'un inconnu."))
    await reached(teacher, job, "failed")
    for lang, sentence in (("en", "There are no copies to export."), ("fr", FRENCH), ("xx", FRENCH)):
        one = (await teacher.get(f"{BASE}/status", params={"jobId": job, "lang": lang})).json()
        lists = [(await teacher.get(url, params={"lang": lang})).json() for url in (f"{BASE}/jobs", "/api/exports")]
        for url in (f"{BASE}/events?jobId={job}&lang={lang}", f"/api/exports/events?lang={lang}"):
            async with following(teacher, url) as frames:
                states = [json.loads((await anext(frames)).data) for _ in range(1 if "jobId" in url else 2)]
                assert states[-1]["error"] == sentence
        assert [one["error"], *(each["jobs"][0]["error"] for each in lists)] == [sentence] * 3
    absent = await teacher.get(f"{BASE}/status", params={"jobId": "none", "lang": "en"})
    assert (absent.json()["error"], absent.headers["content-language"]) == ("This export can't be found.", "en")
    ended = await teacher.delete(f"{BASE}/jobs/{job}", params={"lang": "en"})
    assert ended.json()["error"] == "This export has already ended."


async def test_bad_input_has_stable_codes_and_starts_nothing(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    foreign_class = next(iter(LAC_CLASSES.values())).id
    cases: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"content": b"{"}, (400, "invalid_json")),
        ({"content": b"\xff"}, (400, "invalid_json")),
        ({"content": b'"\\ud800"'}, (400, "invalid_json")),
        ({"content": b"[" * 20_000}, (400, "invalid_json")),
        ({"content": b"NaN"}, (400, "invalid_json")),
        ({"json": []}, (422, "invalid_request")),
        ({"content": b"null"}, (422, "invalid_request")),
        ({"json": {"classId": "x"}}, (422, "invalid_request")),
        ({"json": {"classIds": "x"}}, (422, "invalid_request")),
        ({"json": {"classIds": {}}}, (422, "invalid_request")),
        ({"json": {"classIds": [1]}}, (422, "invalid_request")),
        ({"json": {"classIds": ["unknown"]}}, (422, "class_not_found")),
        ({"json": {"classIds": ["\0"]}}, (422, "class_not_found")),
        ({"json": {"classIds": [""]}}, (422, "class_not_found")),
        ({"json": {"classIds": [foreign_class]}}, (422, "class_not_found")),
        ({"json": {"options": {"duplexx": True}}}, (422, "unknown_option")),
        ({"json": {"options": {"duplex": "yes"}}}, (422, "invalid_option")),
        ({"json": {"options": {"audience": "everyone"}}}, (422, "invalid_option")),
        ({"json": {"options": []}}, (422, "invalid_request")),
        ({"content": b" " * (64 * 1024 + 1)}, (413, "body_too_large")),
        ({"json": {}, "headers": {"Idempotency-Key": ""}}, (400, "invalid_idempotency_key")),
        ({"json": {}, "headers": {"Idempotency-Key": "k" * 201}}, (400, "invalid_idempotency_key")),
    ]
    for request, expected in cases:
        assert problem(await teacher.post(f"{BASE}/pdf", **request)) == expected, request
    assert await pool.fetchval("SELECT count(*) FROM exports.export") == 0


async def test_a_body_sent_in_pieces_is_capped_too(harness: Harness) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 1024

    answer = await harness.browser().post(f"{BASE}/pdf", content=endless())
    assert problem(answer) == (413, "body_too_large")


async def test_unknown_addresses_jobs_and_methods(harness: Harness) -> None:
    teacher = harness.browser()
    assert problem(await teacher.get(f"{BASE}/status")) == (400, "missing_job_id")
    for job in (str(uuid4()), "1", "../../etc/passwd", "\0"):
        answer = await teacher.get(f"{BASE}/status", params={"jobId": job})
        assert problem(answer) == (404, "export_not_found")
        answer = await teacher.get(f"{BASE}/events", params={"jobId": job})
        assert problem(answer) == (404, "export_not_found")
    assert problem(await teacher.delete(f"{BASE}/jobs/{uuid4()}")) == (404, "export_not_found")
    assert problem(await teacher.post(f"{BASE}/docx", json={})) == (404, "not_found")
    assert problem(await teacher.put(f"{BASE}/pdf", json={})) == (405, "method_not_allowed")
    assert problem(await teacher.get(f"{BASE}/download/rapport.pdf")) == (404, "export_not_found")
    for name in ("..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00b", "%ff"):
        answer = await teacher.get(f"{BASE}/download/{name}")
        assert answer.status_code == 404
    assert problem(await teacher.get("/api/exams/a%00b/export/jobs")) == (404, "exam_not_found")


async def test_a_double_click_with_one_key_makes_one_export(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    headers = {"Idempotency-Key": "clic-1"}
    jobs = await asyncio.gather(*(start(teacher, headers=headers) for _ in range(5)))
    assert len(set(jobs)) == 1
    answer = await teacher.post(f"{BASE}/zip", json={}, headers=headers)
    assert problem(answer) == (422, "idempotency_key_reused")
    colleague = harness.browser(OKONKWO)
    assert await start(colleague, headers=headers) != jobs[0]
    assert await pool.fetchval("SELECT count(*) FROM exports.export") == 2


async def test_the_institutions_twenty_first_export_waits_its_turn(harness: Harness) -> None:
    for person in (DELCOURT, ADMIN):
        teacher = harness.browser(person)
        for _ in range(10):
            await start(teacher)
    answer = await harness.browser(OKONKWO).post(f"{BASE}/pdf", json={})
    assert problem(answer) == (429, "too_many_exports")
    assert int(answer.headers["retry-after"]) > 0
    other = await harness.browser(MARCHETTI).post(f"/api/exams/{FOREIGN_EXAM}/export/pdf", json={})
    assert other.status_code == 202


async def test_correctas_client_sees_every_export_end(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await teacher.delete(f"{BASE}/jobs/{job}")
    assert (await status(teacher, job))["status"] == "cancelled"
    for said in ("", "some"):
        answer = await teacher.get(f"{BASE}/status", params={"jobId": job}, headers={STATES_HEADER: said})
        told = answer.json()
        assert (told["status"], told["errorCode"]) == ("failed", "export_cancelled")
        assert told["error"] == "L'export a été annulé."
        assert STATES_HEADER in answer.headers["vary"]


async def test_a_promise_is_kept_and_no_file_is_begun_beyond_it(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> None:
    few = settings(documents_per_institution=2, sheets_per_institution=1, requester_share_percent=100)
    async with running_gateway(few, sock, storage_url, topology, amqp_url) as harness:
        teacher, colleague = harness.browser(), harness.browser(OKONKWO)
        job = await start(teacher)
        await harness.complete(job)
        promised = (await reached(teacher, job, "completed"))["result"]
        sheet = await start(colleague, "csv")
        for kind in ("csv", "xlsx"):
            assert problem(await colleague.post(f"{BASE}/{kind}", json={})) == (429, "too_many_files")
        await start(colleague, "zip")
        refused = await colleague.post(f"{BASE}/pdf", json={})
        assert problem(refused) == (429, "too_many_files")
        assert 3000 < int(refused.headers["retry-after"]) <= 3600
        assert (await teacher.get(promised["downloadUrl"])).status_code == 200
        await colleague.delete(f"{BASE}/jobs/{sheet}")
        await start(colleague, "xlsx")
        other = await harness.browser(MARCHETTI).post(f"/api/exams/{FOREIGN_EXAM}/export/pdf", json={})
        assert other.status_code == 202


async def test_nobody_uses_up_their_institutions_quota(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> None:
    few = settings(exports_per_institution=3, documents_per_institution=6)
    async with running_gateway(few, sock, storage_url, topology, amqp_url) as harness:
        teacher, colleague = harness.browser(), harness.browser(OKONKWO)
        jobs = [await start(teacher) for _ in range(2)]
        refused = await teacher.post(f"{BASE}/pdf", json={})
        assert problem(refused) == (429, "too_many_own_exports")
        assert refused.headers["retry-after"] == "30"
        await start(colleague, "csv")
        assert problem(await teacher.post(f"{BASE}/pdf", json={})) == (429, "too_many_exports")
        for job in jobs:
            await harness.complete(job, filename=f"{job}.pdf")
            await reached(teacher, job, "completed")
        last = await start(teacher)
        await harness.complete(last, filename=f"{last}.pdf")
        await reached(teacher, last, "completed")
        refused = await teacher.post(f"{BASE}/pdf", json={}, headers={"Accept-Language": "en"})
        assert problem(refused) == (429, "too_many_own_files")
        assert refused.json()["error"].startswith("You already keep as many files as you may.")
        assert 3000 < int(refused.headers["retry-after"]) <= 3600
        await start(teacher, "csv")
        await start(colleague)


async def test_lists_hold_the_callers_own_exports(harness: Harness) -> None:
    teacher = harness.browser()
    first, second = await start(teacher), await start(teacher, "csv", json={"options": {"order": "score"}})
    await start(harness.browser(OKONKWO))
    jobs = (await teacher.get(f"{BASE}/jobs")).json()["jobs"]
    assert [job["jobId"] for job in jobs] == [second, first]
    assert jobs[0]["options"]["order"] == "score"
    assert jobs[0]["examTitle"].startswith("Devoir surveillé n° 4")
    assert [job["jobId"] for job in (await teacher.get("/api/exports")).json()["jobs"]] == [second, first]
    other = f"/api/exams/{identifier('exam', 'mathematiques-a-venir')}/export/jobs"
    assert (await teacher.get(other)).json() == {"jobs": []}


async def test_cancel_has_one_winner(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    answer = await teacher.delete(f"{BASE}/jobs/{job}")
    assert (answer.status_code, answer.json()["status"], answer.json()["jobId"]) == (200, "cancelled", job)
    assert (await teacher.delete(f"{BASE}/jobs/{job}")).status_code == 200
    await harness.complete(job)
    done = await start(teacher)
    await harness.complete(done)
    await reached(teacher, done, "completed")
    assert (await status(teacher, job))["status"] == "cancelled"
    answer = await teacher.delete(f"{BASE}/jobs/{done}")
    assert problem(answer) == (409, "export_already_ended")
    assert answer.json()["exportStatus"] == "completed"


async def test_probes_and_description(harness: Harness) -> None:
    nobody = harness.nobody()
    assert (await nobody.get("/healthz")).json() == {"status": "alive"}

    async def ready() -> bool:
        return bool((await nobody.get("/readyz")).json()["status"] == "ready")

    await wait_until(ready)
    await start(harness.browser())
    metrics = (await nobody.get("/metrics")).text
    assert 'gateway_request_seconds_count{method="POST",route="start_pdf",status="202"} 1.0' in metrics
    assert (await nobody.get("/openapi.json")).json()["openapi"].startswith("3.1")
    assert "export.downloaded.v1" in (await nobody.get("/asyncapi.json")).json()["channels"]
    assert "/api/exams/{examId}/export/status" in (await nobody.get("/openapi.html")).text
    assert "export.downloaded.v1" in (await nobody.get("/asyncapi.html")).text


async def test_every_answer_carries_the_security_headers(harness: Harness) -> None:
    for path in ("/healthz", "/nowhere", f"{BASE}/jobs", "/dashboard"):
        headers = (await harness.browser().get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


async def test_a_request_no_renderer_survived_ends_as_crashed(harness: Harness, amqp_url: str) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    async with await aio_pika.connect(amqp_url) as link:
        channel = await link.channel()
        message = aio_pika.Message(b"\xff not json", headers={"cloudEvents:subject": job, "x-attempt": "2"})
        await channel.default_exchange.publish(message, routing_key=harness.topology.dead.name)
    found = await reached(teacher, job, "failed")
    assert found["errorCode"] == FailureCode.RENDERER_CRASHED
    assert found["attempt"] == 2
