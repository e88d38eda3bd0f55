"""Live streams over a real broker and a real server: order, resumption, ends, rights, farewell."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from httpx2 import ServerSentEvent

from contracts.states import Phase
from contracts.topology import Topology
from dev.sample.people import ADMIN, DELCOURT, KABORE, LAC, MARCHETTI, OKONKWO, VAUCLAIR
from services.gateway.__main__ import listener
from services.gateway.settings import GatewaySettings
from services.gateway.store import Actor, Quota, Store
from tests.builders import an_export_failed, an_export_progress
from tests.gateway import an_export
from tests.integration.gateway.harness import Harness, following, running_gateway
from tests.integration.gateway.requests import BASE, EXAM, OWNER, problem, reached, start
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

EVENTS = f"{BASE}/events"


async def rest(frames: AsyncIterator[ServerSentEvent]) -> list[ServerSentEvent]:
    async with asyncio.timeout(10):
        return [frame async for frame in frames]


async def first(frames: AsyncIterator[ServerSentEvent], wanted: Callable[[dict[str, Any]], bool]) -> ServerSentEvent:
    async with asyncio.timeout(10):
        async for frame in frames:
            if frame.event != "alive" and wanted(json.loads(frame.data)):
                return frame
    raise AssertionError("the stream ended")


async def publish_until_received(harness: Harness, job: str, teacher: httpx2.AsyncClient, **values: Any) -> None:
    """Progress, again until the gateway has received it: it may be lost, by design."""

    async def known() -> bool:
        await harness.publisher.publish_unconfirmed(an_export_progress(export_id=job, **values))
        found = (await teacher.get(f"{BASE}/status", params={"jobId": job})).json()
        return bool(found["progress"] == values["percent"])

    await wait_until(known)


async def test_snapshot_progress_and_end_in_order(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    async with following(teacher, EVENTS, params={"jobId": job}) as frames:
        snapshot = await anext(frames)
        data = json.loads(snapshot.data)
        assert (snapshot.event, snapshot.id, data["status"], data["jobId"]) == ("progress", "0", "queued", job)
        await publish_until_received(harness, job, teacher, sequence=1, phase=Phase.LOADING, percent=5, processed=0)
        await publish_until_received(harness, job, teacher, sequence=2, percent=40, processed=4)
        await harness.complete(job, attempt_count=34)
        later = await rest(frames)
    everything = [snapshot, *later]
    assert [frame.event for frame in later][-1] == "completed"
    assert {frame.event for frame in later[:-1]} == {"progress"}
    positions = [int(frame.id) for frame in everything]
    assert positions == sorted(set(positions)), "strictly increasing"
    last = json.loads(later[-1].data)
    assert last["result"]["attemptCount"] == 34
    assert last["position"] == positions[-1]


async def test_progress_arrives_within_half_a_second(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await publish_until_received(harness, job, teacher, sequence=1, percent=10)
    async with following(teacher, EVENTS, params={"jobId": job}) as frames:
        await anext(frames)
        began = time.monotonic()
        await harness.publisher.publish_unconfirmed(an_export_progress(export_id=job, sequence=2, percent=20))
        await first(frames, lambda data: data["progress"] == 20)
        assert time.monotonic() - began < 0.5


async def test_a_client_that_comes_back_gets_only_what_follows(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await publish_until_received(harness, job, teacher, sequence=7, percent=30)
    async with following(teacher, EVENTS, params={"jobId": job}) as frames:
        seen = (await anext(frames)).id
    assert seen == "1000008"
    headers = {"Last-Event-ID": seen}
    async with following(teacher, EVENTS, params={"jobId": job}, headers=headers) as frames:
        await harness.publisher.publish(an_export_failed(**OWNER, export_id=job))
        later = await rest(frames)
    assert [frame.event for frame in later] == ["failed"]
    assert json.loads(later[0].data)["errorCode"] == "no_copies"


async def test_a_client_that_saw_the_end_is_told_not_to_come_back(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await teacher.delete(f"{BASE}/jobs/{job}")
    async with following(teacher, EVENTS, params={"jobId": job}) as frames:
        (end,) = await rest(frames)
    assert end.event == "cancelled"
    answer = await teacher.get(EVENTS, params={"jobId": job}, headers={"Last-Event-ID": end.id})
    assert answer.status_code == 204


@pytest.mark.parametrize("strange", ["", "x", "-1", "1e9", "9" * 40, "١"])
async def test_a_strange_last_event_id_is_no_id(harness: Harness, strange: str) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await teacher.delete(f"{BASE}/jobs/{job}")
    headers = {"Last-Event-ID": strange.encode()}
    async with following(teacher, EVENTS, params={"jobId": job}, headers=headers) as frames:
        assert [frame.event for frame in await rest(frames)] == ["cancelled"]


async def test_a_retried_export_goes_on_in_the_same_stream(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    async with following(teacher, EVENTS, params={"jobId": job}) as frames:
        await publish_until_received(harness, job, teacher, sequence=50, percent=80)
        await publish_until_received(harness, job, teacher, attempt=2, sequence=0, percent=0)
        frame = await first(frames, lambda data: data["attempt"] == 2)
        assert frame.id == "2000001"


async def test_one_connection_follows_all_of_a_users_exports_and_those_to_come(harness: Harness) -> None:
    teacher = harness.browser()
    old = await start(teacher)
    foreign = await start(harness.browser(OKONKWO))
    async with following(teacher, "/api/exports/events") as frames:
        begin, snapshot = await anext(frames), await anext(frames)
        assert (begin.event, json.loads(snapshot.data)["jobId"]) == ("alive", old)
        assert int(begin.id) <= int(snapshot.id)
        new = await start(teacher, "zip")
        data = json.loads((await first(frames, lambda data: data["jobId"] == new)).data)
        assert (data["format"], data["status"], data["examId"]) == ("zip", "queued", EXAM)
        await publish_until_received(harness, new, teacher, sequence=1, percent=10)
        await harness.publisher.publish(an_export_failed(**(OWNER | {"requested_by": OKONKWO.id}), export_id=foreign))
        await harness.complete(old)
        assert (await first(frames, lambda data: data["jobId"] != new)).event == "completed"
        await teacher.delete(f"{BASE}/jobs/{new}")
        assert (await first(frames, lambda data: data["status"] == "cancelled")).event == "cancelled"


async def test_who_looks_at_an_exam_sees_what_colleagues_export_of_it(harness: Harness) -> None:
    teacher, colleague = harness.browser(), harness.browser(OKONKWO)
    early = await start(colleague)
    url = f"/api/exports/events?exam={EXAM}&exam=absent"
    async with following(teacher, url) as frames:
        data = json.loads((await first(frames, lambda data: data["jobId"] == early)).data)
        assert (data["own"], data["status"]) == (False, "queued")
        late = await start(colleague, "zip")
        assert json.loads((await first(frames, lambda data: data["jobId"] == late)).data)["own"] is False
    jobs = (await teacher.get("/api/exports", params={"exam": EXAM})).json()["jobs"]
    assert [(job["jobId"], job["own"], job["requestedByName"]) for job in jobs] == [
        (late, False, OKONKWO.name),
        (early, False, OKONKWO.name),
    ]
    assert (await teacher.get("/api/exports")).json()["jobs"] == []
    foreigner = harness.browser(MARCHETTI)
    assert (await foreigner.get("/api/exports", params={"exam": EXAM})).json()["jobs"] == []
    async with following(foreigner, url) as frames:
        await anext(frames)
        await start(colleague, "xlsx")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(frames)


async def test_a_stream_goes_on_where_it_broke_off(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    old, changed = await start(teacher), await start(teacher, "zip")
    async with following(teacher, "/api/exports/events") as frames:
        cursor = (await first(frames, lambda data: data["jobId"] == changed)).id
    await pool.execute("UPDATE exports.export SET heard_at = now() - interval '10 minutes' WHERE id = $1", old)
    headers = {"Last-Event-ID": cursor}
    given: tuple[dict[str, Any], ...] = ({"headers": headers}, {"params": {"after": cursor}})
    for options in given:
        async with following(teacher, "/api/exports/events", **options) as frames:
            begin, state = await anext(frames), await anext(frames)
            assert (begin.event, json.loads(state.data)["jobId"]) == ("alive", changed)


@pytest.mark.parametrize("cursor", ["1", "x", "-1", "9" * 13, "9" * 40])
async def test_a_cursor_that_is_too_old_or_none_of_ours_begins_anew_and_says_so(harness: Harness, cursor: str) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    async with following(teacher, "/api/exports/events", params={"after": cursor}) as frames:
        begin, snapshot = await anext(frames), await anext(frames)
    assert (begin.event, begin.data, json.loads(snapshot.data)["jobId"]) == ("reset", "{}", job)


async def test_a_stream_follows_so_many_exams_and_no_more(harness: Harness) -> None:
    exams = {"exam": [str(number) for number in range(21)]}
    for url in ("/api/exports/events", "/api/exports"):
        assert problem(await harness.browser().get(url, params=exams)) == (422, "invalid_request")


async def test_the_end_of_an_export_reaches_streams_by_way_of_another_gateway(
    harness: Harness, settings: Callable[..., GatewaySettings], storage_url: str, topology: Topology, amqp_url: str
) -> None:
    with listener("127.0.0.1", 0) as other_sock:
        other_settings = settings(port=other_sock.getsockname()[1])
        async with running_gateway(other_settings, other_sock, storage_url, topology, amqp_url) as other:
            teacher = harness.browser()
            job = await start(teacher)
            async with following(teacher, EVENTS, params={"jobId": job}) as frames:
                await anext(frames)
                answer = await other.program().delete(f"{BASE}/jobs/{job}")
                assert answer.status_code == 200
                assert [frame.event for frame in await rest(frames)] == ["cancelled"]


async def test_a_lost_notification_is_made_up_for(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    async with following(teacher, EVENTS, params={"jobId": job}) as frames:
        await anext(frames)
        async with pool.acquire() as db, db.transaction():
            await db.execute("SET LOCAL session_replication_role = replica")  # no triggers, so no notification
            await db.execute("UPDATE exports.export SET status = 'cancelled', ended_at = now()")
        assert [frame.event for frame in await rest(frames)] == ["cancelled"]


async def test_a_new_export_nobody_was_notified_of_joins_its_owners_stream(
    harness: Harness, store: Store, pool: Any
) -> None:
    teacher = harness.browser()
    async with following(teacher, "/api/exports/events") as frames:
        export = an_export(institution_id=VAUCLAIR.id, requested_by=DELCOURT.id, exam_id=EXAM)
        await pool.execute("ALTER TABLE exports.export DISABLE TRIGGER export_created")
        await store.create(export, quota=Quota(10), actor=Actor())
        await first(frames, lambda data: data["jobId"] == str(export.id))


async def test_streams_recover_when_the_databases_connections_are_cut(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    async with following(teacher, EVENTS, params={"jobId": job}) as frames:
        await anext(frames)
        await pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await harness.publisher.publish(an_export_failed(**OWNER, export_id=job))
        assert [frame.event for frame in await rest(frames)] == ["failed"]


@pytest.fixture
async def watchful(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> AsyncIterator[Harness]:
    """A gateway that looks at sessions all the time, and admits few streams."""
    narrow = settings(stream_recheck_seconds=0.2, streams_per_user=2, streams_per_institution=3)
    async with running_gateway(narrow, sock, storage_url, topology, amqp_url) as running:
        yield running


CHANGES = [
    (DELCOURT, f"""UPDATE "User" SET "archivedAt" = now() WHERE id = '{DELCOURT.id}'""", (403, "account_archived")),
    (OKONKWO, f"""UPDATE "User" SET "institutionId" = '{LAC.id}' WHERE id = '{OKONKWO.id}'""", (401, "not_signed_in")),
    (KABORE, f"""UPDATE "User" SET role = 'STUDENT' WHERE id = '{KABORE.id}'""", (403, "not_a_teacher")),
    (
        ADMIN,
        f"""SET session_replication_role = replica; DELETE FROM "User" WHERE id = '{ADMIN.id}'""",
        (401, "not_signed_in"),
    ),
]


async def test_a_stream_ends_when_its_teacher_is_archived_moves_is_demoted_or_deleted(
    watchful: Harness, correcta_database_url: str
) -> None:
    job = await start(watchful.browser())
    for person, change, expected in CHANGES:
        teacher = watchful.browser(person)
        async with following(teacher, EVENTS, params={"jobId": job}) as frames:
            await anext(frames)
            link = await asyncpg.connect(correcta_database_url)
            await link.execute(change)
            await link.close()
            assert await rest(frames) == []
        assert problem(await teacher.get(EVENTS, params={"jobId": job})) == expected


async def test_a_stream_ends_with_its_session(watchful: Harness) -> None:
    job = await start(watchful.browser())
    brief = watchful.browser(exp=int(time.time()) - 14)  # one second of the clock's tolerance is left
    async with following(brief, EVENTS, params={"jobId": job}) as frames:
        await anext(frames)
        assert await rest(frames) == []
    assert problem(await brief.get(EVENTS, params={"jobId": job})) == (401, "not_signed_in")


async def test_each_user_and_institution_has_its_share_of_streams(watchful: Harness) -> None:
    teacher, colleague = watchful.browser(), watchful.browser(OKONKWO)
    job = await start(teacher)
    options: dict[str, Any] = {"params": {"jobId": job}}
    async with following(teacher, EVENTS, **options) as one, following(teacher, EVENTS, **options) as two:
        await anext(one), await anext(two)
        answer = await teacher.get(EVENTS, **options)
        assert problem(answer) == (429, "too_many_streams")
        assert "retry-after" in answer.headers
        async with following(colleague, EVENTS, **options) as three:
            await anext(three)
            assert problem(await colleague.get(EVENTS, **options)) == (429, "too_many_streams")
            other = watchful.browser(MARCHETTI)
            async with following(other, "/api/exports/events"):
                pass

    async def free() -> bool:
        return len(watchful.hub) == 0

    await wait_until(free)
    async with following(teacher, EVENTS, **options) as again:
        await anext(again)


async def test_head_opens_no_stream(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    answer = await teacher.head(EVENTS, params={"jobId": job})
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert len(harness.hub) == 0


async def until_blank(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The lines of the first frame that is more than a comment."""
    said = False
    async for line in lines:
        if not line and said:
            return
        said = said or (bool(line) and not line.startswith(":"))
        yield line


async def test_a_stopping_gateway_says_when_to_come_back(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    async with teacher.stream("GET", EVENTS, params={"jobId": job}) as answer:
        lines = answer.aiter_lines()
        async with asyncio.timeout(10):
            (retry,) = [line async for line in until_blank(lines) if line.startswith("retry:")]
            began = time.monotonic()
            harness.hub.close()
            farewell = [line async for line in lines if line]
    assert time.monotonic() - began < 1
    assert 1000 <= int(retry.removeprefix("retry:")) < 2000, "within the second that a drain takes"
    assert farewell == [": au revoir"]
    assert problem(await teacher.get(EVENTS, params={"jobId": job})) == (503, "streams_unavailable")
    assert (await reached(teacher, job, "queued"))["status"] == "queued", "everything else goes on"


async def test_who_waits_is_told_the_place_and_the_time_left(harness: Harness, pool: asyncpg.Pool) -> None:
    """By the status, the list and the stream: the others' exports count, too, and what exports took lately."""
    teacher = harness.browser()
    before = await start(teacher, "csv")
    job = await start(teacher)
    await pool.execute(
        "UPDATE exports.export SET status = 'active', percent = 50, begun_at = now() - interval '10 s' WHERE id = $1",
        UUID(before),
    )

    async def told(wanted: dict[str, int | None]) -> bool:
        found = (await teacher.get(f"{BASE}/status", params={"jobId": job})).json()
        return {name: found.get(name) for name in wanted} == wanted

    await wait_until(lambda: told({"queuePosition": 1, "etaSeconds": None}), 15)
    async with following(teacher, EVENTS, forecasts=True, params={"jobId": job}) as frames:
        frame = await first(frames, lambda data: "jobs" in data)
        assert frame.event == "forecast"
        assert json.loads(frame.data) == {"jobs": [{"jobId": job, "queuePosition": 1}]}
    listed = {each["jobId"]: each for each in (await teacher.get(f"{BASE}/jobs")).json()["jobs"]}
    assert listed[job]["queuePosition"] == 1
    assert "queuePosition" not in listed[before]
    assert 8 <= listed[before]["etaSeconds"] <= 25
