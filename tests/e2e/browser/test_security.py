"""What students, and sites that are not ours, can't do to a page."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio
from playwright.async_api import expect

from dev.sample import people
from dev.sample.subjects.pourcentages import POURCENTAGES
from tests.e2e.browser.conftest import SessionFactory
from tests.e2e.browser.fake_renderer import FakeRenderer
from tests.e2e.browser.session import BrowserSession, export, heading, modal

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>"\'>\u202e{{7*7}}'
SEATED = """
SELECT u."id", u."name" FROM "User" u JOIN "Attempt" a ON a."studentId" = u."id" WHERE a."examId" = $1
ORDER BY u."name" LIMIT 1
"""


@pytest_asyncio.fixture(loop_scope="session")
async def hostile_student(renderer: FakeRenderer) -> AsyncIterator[str]:
    """A student whose name is an attack: their submission's id."""
    correcta = await asyncpg.connect(renderer.stack.servers.correcta_database_url)
    student = await correcta.fetchrow(SEATED, POURCENTAGES.id)
    await correcta.execute('UPDATE "User" SET "name" = $2 WHERE "id" = $1', student["id"], HOSTILE)
    attempt = 'SELECT "id" FROM "Attempt" WHERE "studentId" = $1 AND "examId" = $2'
    yield str(await correcta.fetchval(attempt, student["id"], POURCENTAGES.id))
    await correcta.execute('UPDATE "User" SET "name" = $2 WHERE "id" = $1', student["id"], student["name"])
    await correcta.close()


async def test_what_students_wrote_stays_text(
    open_session: SessionFactory, renderer: FakeRenderer, hostile_student: str
) -> None:
    session = await open_session(people.MARCHETTI)
    page = await session.open(f"/dashboard/exams/{POURCENTAGES.id}/grading")
    title = await page.title()
    await expect(page.locator("#rows")).to_contain_text(HOSTILE)
    await page.locator("#find").fill("<img")
    await export(page)
    export_id = (await renderer.running_exports())[0]
    warning = {"code": "formula_not_drawn", "submission_id": hostile_student, "message": HOSTILE}
    await renderer.complete(export_id, filename="rapport <b>&'.pdf", warnings=(warning,))
    await expect(heading(page)).to_have_text("Export terminé")
    assert (await modal(page).inner_text()).count(HOSTILE) == 1  # the warning's; a name of ours holds no such sign
    assert await page.locator("#rows img, #rows script, correcta-export img, correcta-export script").count() == 0
    assert await page.title() == title


async def test_pages_say_what_browsers_may_do_with_them(session: BrowserSession) -> None:
    page = await session.context.new_page()
    modules = ("/static/correcta-export.js", "/static/correcta-export/component.js", "/static/correcta-export/fr.json")
    for path in ("/dashboard", "/demo/sign-in", "/dashboard/exams/none/grading", *modules):
        answer = await page.goto(path)
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


async def test_nothing_inline_runs(session: BrowserSession) -> None:
    page = await session.open("/dashboard")
    ran = await page.evaluate("""() => {
        const script = document.createElement("script");
        script.append("window.ran = true");
        document.body.append(script);
        const styled = document.body.appendChild(document.createElement("b"));
        styled.setAttribute("style", "color: rgb(1, 2, 3)");
        return [window.ran ?? false, getComputedStyle(styled).color];
    }""")
    assert ran[0] is False
    assert ran[1] != "rgb(1, 2, 3)"
    assert all(re.search("Content Security Policy|TrustedScript", error) for error in session.errors), session.errors
    assert len(session.errors) >= 2
    session.errors.clear()


async def test_text_can_not_become_markup_whatever_a_script_does(session: BrowserSession) -> None:
    page = await session.open()
    refused = await page.evaluate("""() => {
        const markup = "<b>!</b>", tries = [
            () => { document.body.innerHTML = markup; },
            () => document.body.insertAdjacentHTML("beforeend", markup),
            () => new DOMParser().parseFromString(markup, "text/html"),
            () => document.createRange().createContextualFragment(markup),
            () => document.body.setAttribute("onclick", "alert()"),
            () => { document.createElement("script").src = "/static/dashboard/menu.js"; },
            () => trustedTypes.createPolicy("default", {createHTML: (text) => text}),
        ];
        return tries.map((one) => { try { one(); return ""; } catch (error) { return error.name; } });
    }""")
    assert refused == ["TypeError"] * 7
    assert len(session.errors) == 7
    session.errors.clear()


async def test_nothing_is_kept_that_tells_of_a_student(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await export(page)
    await renderer.complete((await renderer.running_exports())[0], warned=2)
    await expect(heading(page)).to_have_text("Export terminé")
    kept = await page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Valentin" not in kept
    assert "@" not in kept
