"""Who may what: every address, every method, every kind of caller. An address without an entry here fails."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from starlette.routing import Mount, Route

from contracts.states import Format
from dev.sample.identity import identifier
from dev.sample.people import (
    ADMIN,
    ARCHIVED,
    DELCOURT,
    MARCHETTI,
    PLATFORM_ADMIN,
    PRINCIPAL,
    PROCTOR,
    STUDENTS,
    VAUCLAIR,
)
from services.common.metrics import make_registry
from services.gateway import csrf
from services.gateway.app import routes
from services.gateway.settings import GatewaySettings
from tests.integration.gateway.harness import Harness
from tests.integration.gateway.requests import BASE, EXAM, FOREIGN_EXAM, problem, reached, start

pytestmark = pytest.mark.integration

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/"),
}
DEMO = {("GET", "/demo/sign-in"), ("POST", "/demo/sign-in"), ("POST", "/demo/sign-out")}
OF_CALLER = {("GET", "/api/exports"), ("GET", "/api/exports/events"), ("GET", "/dashboard")}
OF_EXAM = {
    *(("POST", f"/api/exams/{{exam_id}}/export/{kind}") for kind in Format),
    ("GET", "/api/exams/{exam_id}/export/csv"),
    ("GET", "/api/exams/{exam_id}/export/status"),
    ("GET", "/api/exams/{exam_id}/export/events"),
    ("GET", "/api/exams/{exam_id}/export/jobs"),
    ("GET", "/api/exams/{exam_id}/export/download/{filename}"),
    ("DELETE", "/api/exams/{exam_id}/export/jobs/{job_id}"),
    ("GET", "/dashboard/exams/{exam_id}/grading"),
}
JOB = str(uuid4())
STUDENT = next(person for person in STUDENTS if person.school == VAUCLAIR)
ABSENT_EXAM = identifier("exam", "there is no such exam")


def address(path: str, exam: str) -> str:
    return path.format(exam_id=exam, filename="Rapport.pdf", job_id=JOB) + f"?jobId={JOB}"


def test_every_address_is_in_this_files_tables(settings: Callable[..., GatewaySettings]) -> None:
    found = {
        (method, route.path)
        for route in routes(settings(demo=True), make_registry())
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert found == OPEN | DEMO | OF_CALLER | OF_EXAM
    mounts = [route.path for route in routes(settings(), make_registry()) if isinstance(route, Mount)]
    assert mounts == ["/static"]


async def answers(client: httpx.AsyncClient, cells: set[tuple[str, str]], exam: str = EXAM) -> set[int]:
    found = set()
    for method, path in sorted(cells):
        async with client.stream(method, address(path, exam)) as answer:
            found.add(answer.status_code)
    return found


async def test_without_a_good_session_nothing_is_answered(harness: Harness) -> None:
    now = int(time.time())
    strangers = {
        "nobody": harness.nobody(),
        "expired": harness.browser(exp=now - 60),
        "expired program": harness.program(exp=now - 60),
        "unknown user": harness.browser(id="nobody"),
        "moved": harness.browser(institutionId=MARCHETTI.school.id if MARCHETTI.school else None),
        "nul": harness.browser(id="\0"),
    }
    for name, client in strangers.items():
        assert await answers(client, OF_CALLER | OF_EXAM) == {401}, name
    assert problem(await strangers["nobody"].get("/api/exports")) == (401, "not_signed_in")


async def test_only_teachers_whose_account_is_open_are_let_in(harness: Harness) -> None:
    refused = {
        "student": harness.browser(STUDENT),
        "proctor": harness.browser(PROCTOR),
        "archived": harness.browser(ARCHIVED),
        "student who claims to teach": harness.browser(STUDENT, role="TEACHER"),
        "teacher whose session says student": harness.browser(role="STUDENT"),
    }
    for name, client in refused.items():
        assert await answers(client, OF_CALLER | OF_EXAM) == {403}, name
    assert problem(await refused["student"].get("/api/exports")) == (403, "not_a_teacher")
    assert problem(await refused["archived"].get("/api/exports")) == (403, "account_archived")


async def test_a_foreign_exam_and_an_absent_one_are_indistinguishable(harness: Harness) -> None:
    for person, foreign in ((DELCOURT, FOREIGN_EXAM), (ADMIN, FOREIGN_EXAM), (MARCHETTI, EXAM), (PLATFORM_ADMIN, EXAM)):
        client = harness.browser(person)
        for method, path in sorted(OF_EXAM):
            one = await client.request(method, address(path, foreign))
            other = await client.request(method, address(path, ABSENT_EXAM))
            assert one.status_code == other.status_code == 404, (person.name, method, path)
            assert one.content == other.content
            dull = {"date", "content-length", "set-cookie"}
            assert {*one.headers} - dull == {*other.headers} - dull


async def test_every_teacher_role_may_export_in_its_own_institution(harness: Harness) -> None:
    await start(harness.browser(DELCOURT))
    await start(harness.browser(ADMIN))
    answer = await harness.browser(PRINCIPAL).post(f"/api/exams/{FOREIGN_EXAM}/export/pdf", json={})
    assert answer.status_code == 202


async def test_an_export_is_found_only_under_its_own_exam(harness: Harness) -> None:
    teacher = harness.browser()
    job = await start(teacher)
    await harness.complete(job, b"%PDF", "Rapport.pdf")
    await reached(teacher, job, "completed")
    other = f"/api/exams/{identifier('exam', 'mathematiques-a-venir')}/export"
    for path in (f"status?jobId={job}", f"events?jobId={job}", "download/Rapport.pdf"):
        assert problem(await teacher.get(f"{other}/{path}")) == (404, "export_not_found")
    assert problem(await teacher.delete(f"{other}/jobs/{job}")) == (404, "export_not_found")
    stranger = harness.browser(MARCHETTI)
    for path in (f"status?jobId={job}", f"events?jobId={job}", "download/Rapport.pdf"):
        assert problem(await stranger.get(f"/api/exams/{FOREIGN_EXAM}/export/{path}")) == (404, "export_not_found")


UNSAFE = sorted(cell for cell in OF_EXAM if cell[0] != "GET")


async def test_unsafe_requests_of_a_browser_must_come_from_the_site(harness: Harness, pool: asyncpg.Pool) -> None:
    teacher = harness.browser()
    forged: list[dict[str, Any]] = [
        {"headers": {csrf.HEADER: ""}},
        {"headers": {csrf.HEADER: "guess"}},
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Origin": "", "Referer": "https://evil.example/"}},
        {"headers": {"Origin": "", "Host": "evil.example"}},
    ]
    for method, path in UNSAFE:
        for request in forged:
            answer = await teacher.request(method, address(path, EXAM), **request)
            assert problem(answer) == (403, "csrf_refused"), (method, path, request)
    without_cookie = harness.browser()
    without_cookie.cookies.delete(csrf.COOKIE)
    assert problem(await without_cookie.post(f"{BASE}/pdf", json={})) == (403, "csrf_refused")
    by_referer = {"Origin": "", "Referer": f"{harness.url}/dashboard/exams/{EXAM}/grading"}
    assert (await teacher.post(f"{BASE}/pdf", json={}, headers=by_referer)).status_code == 202
    assert await pool.fetchval("SELECT count(*) FROM exports.export") == 1


async def test_a_program_with_a_bearer_token_needs_no_csrf_proof(harness: Harness) -> None:
    job = await start(harness.program())
    assert (await harness.program().delete(f"{BASE}/jobs/{job}")).status_code == 200


async def test_the_demos_doors_are_shut_otherwise(harness: Harness) -> None:
    for method, path in sorted(DEMO):
        assert (await harness.browser().request(method, path)).status_code == 404
