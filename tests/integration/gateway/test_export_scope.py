"""`EXPORT_SCOPE=course`: a teacher sees the exams that they wrote or teach a class of, as if there were no other."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from contracts.topology import Topology
from dev.sample.identity import identifier
from dev.sample.model import Group, Person
from dev.sample.people import (
    ADMIN,
    DELCOURT,
    INFORMATICS_CLASSES,
    KABORE,
    MATHS,
    MATHS_CLASSES,
    OKONKWO,
    PHYSICS_CLASSES,
    SAUVAGEOT,
)
from services.gateway.directory import Directory
from services.gateway.settings import GatewaySettings
from services.gateway.store import Actor, Quota, Store
from tests.gateway import an_export
from tests.integration.gateway.harness import Harness, following, running_gateway, states
from tests.integration.gateway.requests import BASE, EXAM, OWNER, problem, reached, start

pytestmark = pytest.mark.integration


@pytest.fixture
async def correcta(correcta_database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Correcta's database, writable."""
    async with asyncpg.create_pool(correcta_database_url, min_size=1, max_size=4) as pool:
        yield pool


async def enrol(correcta: asyncpg.Pool, person: Person, group: Group, role: str = "TEACHER") -> None:
    await correcta.execute(
        'INSERT INTO "Enrollment" ("id", "userId", "classId", "role") VALUES ($1, $2, $3, $4::text::"UserRole")',
        *(str(uuid4()), person.id, group.id, role),
    )


async def aim(correcta: asyncpg.Pool, *groups: Group, by: Person | None = None) -> str:
    """A new exam of the course in mathematics for these classes; its id."""
    await correcta.execute(
        'INSERT INTO "Exam" ("id", "title", "courseId", "classIds", "authorId") VALUES ($1, $2, $3, $4, $5)',
        *((made := str(uuid4())), "Interrogation", MATHS.id, [each.id for each in groups], by.id if by else None),
    )
    return made


M = MATHS_CLASSES


@pytest.mark.parametrize(
    ("teaches", "aimed_at", "seen"),
    [
        pytest.param([M["a"]], [M["a"]], True, id="their class"),
        pytest.param([M["a"]], [M["b"], M["a"]], True, id="one of its classes"),
        pytest.param([M["mpsi"]], [M["a1"]], True, id="a class above it"),
        pytest.param([M["a1"]], [M["mpsi"]], True, id="a subgroup of it"),
        pytest.param([M["a"]], [M["b"]], False, id="the class beside it"),
        pytest.param([M["a"]], [M["pcsi"]], False, id="another class of the course"),
        pytest.param([M["a"]], [], True, id="the whole course's, by naming no class"),
        pytest.param([M["a"]], [M["default"]], True, id="the whole course's, by its hidden class"),
        pytest.param([M["default"]], [M["pcsi"]], True, id="a teacher of the whole course"),
        pytest.param([PHYSICS_CLASSES["t3"], INFORMATICS_CLASSES["default"]], [], False, id="another course's"),
        pytest.param([], [], False, id="a teacher of nothing"),
    ],
)
async def test_whoever_teaches_a_class_of_an_exam_sees_it(
    correcta: asyncpg.Pool, teaches: list[Group], aimed_at: list[Group], seen: bool
) -> None:
    await correcta.execute('DELETE FROM "Enrollment" WHERE "userId" = $1', SAUVAGEOT.id)
    for group in teaches:
        await enrol(correcta, SAUVAGEOT, group)
    exam = await aim(correcta, *aimed_at)
    assert await Directory(correcta).taught([exam, EXAM], SAUVAGEOT.id) >= ({exam} if seen else set())
    assert (exam in await Directory(correcta).taught([exam], SAUVAGEOT.id)) is seen


async def test_an_author_sees_their_exam_and_a_class_of_a_variant_is_the_exams(correcta: asyncpg.Pool) -> None:
    directory = Directory(correcta)
    exam = await aim(correcta, M["a"], by=KABORE)
    assert await directory.taught([exam], KABORE.id) == {exam}
    assert await directory.taught([exam], OKONKWO.id) == set()
    variant = await aim(correcta, M["pcsi"])
    await correcta.execute('UPDATE "Exam" SET "parentExamId" = $1 WHERE "id" = $2', exam, variant)
    assert await directory.taught([exam], OKONKWO.id) == {exam}


async def test_an_enrolment_as_a_student_teaches_nothing_and_a_circle_of_classes_ends(correcta: asyncpg.Pool) -> None:
    directory = Directory(correcta)
    exam = await aim(correcta, M["a"])
    await enrol(correcta, SAUVAGEOT, M["a"], "STUDENT")
    assert await directory.taught([exam], SAUVAGEOT.id) == set()
    await correcta.execute('UPDATE "Class" SET "parentId" = $1 WHERE "id" = $2', M["a1"].id, M["mpsi"].id)
    assert await directory.taught([exam], DELCOURT.id) == {exam}


@pytest.fixture
async def narrowed(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> AsyncIterator[Harness]:
    """A gateway with `EXPORT_SCOPE=course` that rechecks its streams at once."""
    values = settings(export_scope="course", stream_recheck_seconds=0.05)
    async with running_gateway(values, sock, storage_url, topology, amqp_url) as running:
        yield running


async def finished(harness: Harness, person: Person) -> tuple[str, str]:
    """Id and address of a finished export of `EXAM` that somebody asked for."""
    teacher = harness.browser(person)
    job = await start(teacher)
    await harness.complete(job, filename=f"{job}.pdf", owner=OWNER | {"requested_by": person.id})
    return job, str((await reached(teacher, job, "completed"))["result"]["downloadUrl"])


async def test_an_exam_out_of_scope_answers_like_an_absent_one(narrowed: Harness) -> None:
    job, url = await finished(narrowed, DELCOURT)
    outsider, absent = narrowed.browser(SAUVAGEOT), identifier("exam", "there is no such exam")
    paths = (
        "export/jobs",
        f"export/status?jobId={job}",
        f"export/events?jobId={job}",
        "export/csv",
        url.partition(EXAM)[2][1:],
    )
    for path in paths:
        one, other = [await outsider.get(f"/api/exams/{exam}/{path}") for exam in (EXAM, absent)]
        assert (problem(one), one.content) == ((404, "exam_not_found"), other.content)
    for method, path in (("POST", "export/pdf"), ("DELETE", f"export/jobs/{job}")):
        answer = await outsider.request(method, f"/api/exams/{EXAM}/{path}")
        assert problem(answer) == (404, "exam_not_found")
    pages = [(await outsider.get(f"/dashboard/exams/{exam}/grading")) for exam in (EXAM, absent)]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].text.replace(EXAM, "") == pages[1].text.replace(absent, "")
    for person in (OKONKWO, ADMIN):
        assert (await narrowed.browser(person).get(url)).status_code == 200


async def test_the_dashboard_shows_the_exams_in_scope(narrowed: Harness) -> None:
    shown = {}
    for person in (DELCOURT, SAUVAGEOT, ADMIN):
        page = (await narrowed.browser(person).get("/dashboard")).text
        shown[person.key] = {key for key in ("mathematiques", "physique-chimie") if identifier("exam", key) in page}
    assert shown == {
        DELCOURT.key: {"mathematiques"},
        SAUVAGEOT.key: {"physique-chimie"},
        ADMIN.key: {"mathematiques", "physique-chimie"},
    }


async def test_whoever_no_longer_teaches_an_exam_loses_its_exports_everywhere(
    narrowed: Harness, correcta: asyncpg.Pool, store: Store
) -> None:
    teacher = narrowed.browser(OKONKWO)
    job, url = await finished(narrowed, OKONKWO)
    running = await start(teacher)
    async with (
        following(teacher, "/api/exports/events") as all_of_them,
        following(teacher, f"{BASE}/events", params={"jobId": running}) as one,
    ):
        told = states(all_of_them)
        assert {(await anext(told))["jobId"] for _ in range(2)} == {job, running}
        assert (await anext(one)).event == "progress"
        await correcta.execute('DELETE FROM "Enrollment" WHERE "userId" = $1', OKONKWO.id)
        assert [frame async for frame in one] == []
        assert (await teacher.get("/api/exports")).json() == {"jobs": []}
        assert problem(await teacher.get(url)) == (404, "exam_not_found")
        assert problem(await teacher.get(f"/api/exports/{job}/file")) == (404, "export_not_found")
        own = identifier("exam", "mathematiques-a-venir")
        for exam_id in (EXAM, own):
            await store.create(
                an_export(institution_id=MATHS.school.id, exam_id=exam_id, requested_by=OKONKWO.id),
                quota=Quota(10),
                actor=Actor(),
            )
        assert (await anext(told))["examId"] == own
