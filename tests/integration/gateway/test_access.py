"""What the matrix of `tests.integration.authorisation` leaves out: forged requests, exports below another exam."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from dev.sample.identity import identifier
from dev.sample.people import ADMIN, DELCOURT, MARCHETTI, PRINCIPAL
from services.gateway.identity import csrf
from tests.integration.authorisation.rights import RIGHTS
from tests.integration.gateway.harness import Harness
from tests.integration.gateway.requests import BASE, EXAM, FOREIGN_EXAM, problem, reached, start

pytestmark = pytest.mark.integration

JOB = str(uuid4())
UNSAFE = sorted(cell for cell in RIGHTS if cell[0] in {"POST", "DELETE"})


def address(path: str, exam: str) -> str:
    return path.format(exam_id=exam, job_id=JOB)


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
