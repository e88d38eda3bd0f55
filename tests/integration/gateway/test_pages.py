"""The dashboard and the demo's door, over the sample school."""

import html
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import dev.sample
from contracts.graded_exam import GradedExam
from contracts.topology import Topology
from dev.sample.identity import identifier
from dev.sample.people import ARCHIVED, DELCOURT, MARCHETTI, STUDENTS
from services.gateway.identity import csrf, sessions
from services.gateway.settings import GatewaySettings
from tests.integration.gateway.harness import Harness, running_gateway
from tests.integration.gateway.requests import EXAM, FOREIGN_EXAM, start

pytestmark = pytest.mark.integration

SAMPLE = GradedExam.model_validate_json(
    (Path(dev.sample.__file__).parent / "exams" / "mathematiques.json").read_bytes()
)
GRADING = f"/dashboard/exams/{EXAM}/grading"


@pytest.fixture
async def demo(
    settings: Callable[..., GatewaySettings], sock: Any, storage_url: str, topology: Topology, amqp_url: str
) -> AsyncIterator[Harness]:
    """A gateway in demo mode."""
    async with running_gateway(settings(demo=True), sock, storage_url, topology, amqp_url) as running:
        yield running


async def test_the_grading_page_names_every_student(harness: Harness) -> None:
    answer = await harness.browser().get(GRADING)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    names = [row.student.name for row in SAMPLE.submissions] + [student.name for student in SAMPLE.absent]
    names += [student.name for student in SAMPLE.not_handed_in]
    assert len(names) == 40
    page = html.unescape(answer.text)
    assert [name for name in names if name not in page] == []


async def test_who_began_only_and_who_answered_another_variant_are_said_to(harness: Harness) -> None:
    page = html.unescape((await harness.browser().get(GRADING)).text)
    assert '<span class="state not_handed_in">1 non rendue</span>' in page
    assert page.count('data-state="not_handed_in"') == 1
    common = identifier("exam", "mathematiques-commun")
    page = html.unescape((await harness.browser().get(f"/dashboard/exams/{common}/grading")).text)
    assert page.count(" data-variant>") == 1
    assert "variante « Devoir commun" in page


async def test_pages_are_for_teachers_of_the_institution_and_errors_are_pages(harness: Harness) -> None:
    for client, path, status in (
        (harness.nobody(), GRADING, 401),
        (harness.browser(STUDENTS[0]), GRADING, 403),
        (harness.browser(MARCHETTI), GRADING, 404),
        (harness.browser(), f"/dashboard/exams/{FOREIGN_EXAM}/grading", 404),
    ):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


async def test_the_front_page_lists_the_institutions_exams_only(harness: Harness) -> None:
    page = (await harness.browser(MARCHETTI).get("/dashboard")).text
    assert FOREIGN_EXAM in page
    assert EXAM not in page


async def test_a_page_gives_a_csrf_cookie_to_those_without(harness: Harness) -> None:
    teacher = harness.browser()
    assert csrf.COOKIE not in (await teacher.get("/dashboard")).cookies
    teacher.cookies.delete(csrf.COOKIE)
    cookie = (await teacher.get("/dashboard")).headers["set-cookie"]
    assert cookie.startswith(f"{csrf.COOKIE}=")
    assert "SameSite=lax" in cookie
    assert "HttpOnly" not in cookie, "the page's script reads it"


async def test_the_demo_leads_to_its_door_and_back(demo: Harness) -> None:
    visitor = demo.nobody()
    sent = await visitor.get(GRADING)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/demo/sign-in?next={GRADING}")
    door = await visitor.get(sent.headers["location"])
    assert "Solène Marchetti" in door.text
    assert ARCHIVED.name not in door.text
    assert STUDENTS[0].name not in door.text
    chosen = {"userId": DELCOURT.id, "next": GRADING}
    assert DELCOURT.id in door.text
    entered = await visitor.post("/demo/sign-in", data=chosen, headers={"Origin": demo.url})
    assert (entered.status_code, entered.headers["location"]) == (303, GRADING)
    cookies = entered.headers.get_list("set-cookie")
    (session,) = [cookie for cookie in cookies if cookie.startswith(sessions.COOKIE)]
    assert "HttpOnly" in session
    assert (await visitor.get(GRADING)).status_code == 200
    visitor.headers.update({"Origin": demo.url, csrf.HEADER: visitor.cookies[csrf.COOKIE]})
    await start(visitor)
    left = await visitor.post("/demo/sign-out")
    assert left.status_code == 303
    assert (await visitor.get("/api/exports")).status_code == 401


async def test_the_demos_door_opens_to_its_own_forms_and_for_teachers_only(demo: Harness) -> None:
    visitor = demo.nobody()
    data = {"userId": DELCOURT.id, "next": "//evil.example"}
    for headers in ({}, {"Origin": "https://evil.example"}):
        assert (await visitor.post("/demo/sign-in", data=data, headers=headers)).status_code == 403
    own = {"Origin": demo.url}
    entered = await visitor.post("/demo/sign-in", data=data, headers=own)
    assert entered.headers["location"] == "/dashboard"
    for nobody in (STUDENTS[0].id, ARCHIVED.id, "", identifier("user", "nobody")):
        answer = await demo.nobody().post("/demo/sign-in", data={"userId": nobody}, headers=own)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers or sessions.COOKIE not in answer.headers["set-cookie"]
