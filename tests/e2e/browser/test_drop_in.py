"""Correcta's own client, unmodified, on the whole stack: what it sends, reads, and where it goes. Ours beside it."""

import csv
import hashlib
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pikepdf
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Response, expect

from dev.sample import people
from dev.stack.services import Stack
from tests.e2e.browser.session import API, BrowserSession, export, heading, modal

CLIENT = """async (examId) => {
    const csrf = document.cookie.split("; ").find((row) => row.startsWith("correcta-csrf=")).split("=")[1];
    const started = await fetch(`/api/exams/${examId}/export/pdf`, {
        method: "POST",
        headers: {"Content-Type": "application/json", "x-csrf-token": csrf},
        body: JSON.stringify({}),
    });
    const {jobId} = await started.json();
    const seen = [];
    await new Promise((done) => {
        const timer = setInterval(async () => {
            const answer = await fetch(`/api/exams/${examId}/export/status?jobId=${jobId}`);
            if (!answer.ok) return;
            const {status, progress, phase, result, error} = await answer.json();
            seen.push({status, progress, phase, result, error});
            if (status === "completed" || status === "failed") { clearInterval(timer); done(); }
        }, 1000);
    });
    return seen;
}"""
PHASES = ["queued", "loading", "processing", "generating", "saving", "complete"]

pytestmark = pytest.mark.timeout(180)


@pytest_asyncio.fixture(loop_scope="session")
async def teacher_session(stack: Stack, chromium: Browser) -> AsyncIterator[BrowserSession]:
    """A teacher signed in at the whole stack, a real renderer included."""
    async with BrowserSession.open_in(chromium, stack) as session:
        await session.sign_in(people.OKONKWO)
        yield session


async def test_correctas_client_from_post_to_file(teacher_session: BrowserSession, tmp_path: Path) -> None:
    page = await teacher_session.open()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if "/export/" in answer.url else None)
    seen = await page.evaluate(CLIENT, API.split("/")[3])
    started, *polls = [answer for answer in answers if "/pdf" in answer.url or "/status" in answer.url]
    assert started.request.post_data == "{}"
    assert started.status == 202
    job = await started.json()
    assert job == {"jobId": str(UUID(job["jobId"])), "status": "queued"}
    assert all(answer.status == 200 for answer in polls)
    assert {each["status"] for each in seen[:-1]} <= {"queued", "active"}
    assert [each["progress"] for each in seen] == sorted(each["progress"] for each in seen)
    places = [PHASES.index(each["phase"]) for each in seen]
    assert places == sorted(places)
    last = seen[-1]
    assert (last["status"], last["progress"], last["phase"], last.get("error")) == ("completed", 100, "complete", None)
    result = last["result"]
    assert re.fullmatch(r".+\.pdf", result["filename"])
    assert result["attemptCount"] >= 34
    async with page.expect_download() as waiting:
        await page.evaluate("(url) => { window.location.href = url; }", result["downloadUrl"])
    download = await waiting.value
    assert download.suggested_filename == result["filename"]
    await download.save_as(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").stat().st_size == result["size"]
    assert page.url.endswith("/grading")


async def test_correctas_failures_carry_an_error_as_text(teacher_session: BrowserSession) -> None:
    page = await teacher_session.open()
    told = await page.evaluate("""async () => {
        const csrf = document.cookie.split("; ").find((row) => row.startsWith("correcta-csrf=")).split("=")[1];
        const headers = {"Content-Type": "application/json", "x-csrf-token": csrf};
        const answers = [
            await fetch("/api/exams/none/export/pdf", {method: "POST", headers, body: "{}"}),
            await fetch("/api/exams/none/export/status?jobId=1"),
        ];
        return Promise.all(answers.map(async (answer) => [answer.status, (await answer.json()).error]));
    }""")
    assert told == [[404, "Cet examen est introuvable."]] * 2


async def test_correctas_link_to_the_grades(teacher_session: BrowserSession, tmp_path: Path) -> None:
    page = await teacher_session.open()
    await page.evaluate(
        "(href) => document.querySelector('main').append(Object.assign(document.createElement('a'), "
        "{href, textContent: 'les notes'}))",
        f"{API}/csv",
    )
    async with page.expect_download(timeout=60_000) as waiting:
        await page.get_by_role("link", name="les notes").click()
    download = await waiting.value
    await download.save_as(tmp_path / "notes.csv")
    text = (tmp_path / "notes.csv").read_text("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text), delimiter=";")
    assert head[:3] == ["Etudiant", "Email", "Q1"]
    assert {"Total", "Maximum"} <= set(head)
    assert len(rows) >= 37


async def test_ours_makes_a_report_that_opens(teacher_session: BrowserSession, tmp_path: Path) -> None:
    page = await teacher_session.open()
    await export(page)
    await expect(heading(page)).to_have_text("Export terminé", timeout=120_000)
    sha256 = re.search(r"[0-9a-f]{64}", await modal(page).locator("code").text_content() or "")
    async with page.expect_download() as waiting:
        await modal(page).get_by_role("link", name="Télécharger").click()
    path = tmp_path / "report.pdf"
    await (await waiting.value).save_as(path)
    assert sha256 is not None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256[0]
    with pikepdf.open(path) as pdf:
        assert f"{len(pdf.pages)} pages" in await modal(page).inner_text()
    storage = json.loads(await page.evaluate("() => JSON.stringify(localStorage)"))
    assert not any("correcta-export {" in name for name in storage)
