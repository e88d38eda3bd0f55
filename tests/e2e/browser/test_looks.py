"""Every state of every page, in both languages, light and dark, on a phone, a desk and a wall: axe-core finds nothing,
nothing runs over the edge. Pictures stay in `.run/screens`.
"""

import re

import pytest
from playwright.async_api import Page, expect

from contracts.states import FailureCode, Format, Phase
from services.gateway import sessions
from tests.e2e.browser.conftest import SeatedAt
from tests.e2e.browser.desk import Desk, corner, modal
from tests.e2e.browser.looks import Look, look
from tests.e2e.browser.stage import Stage

LOOKS = (
    Look("desk", "fr-FR", "light", 1280, 800),
    Look("night", "fr-FR", "dark", 1280, 800),
    Look("phone", "fr-FR", "light", 320, 640),
    Look("wall", "en-GB", "dark", 3840, 2160),
)
WORDS = {
    "fr": {"cancel": "Annuler l'export", "again": "Relancer l'export", "close": "Fermer", "back": "arrière-plan"},
    "en": {"cancel": "Cancel export", "again": "Start again", "close": "Close", "back": "background"},
}
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(params=LOOKS, ids=lambda view: view.name)
def view(request: pytest.FixtureRequest) -> Look:
    """One way of looking."""
    chosen: Look = request.param
    return chosen


async def sit(seated: SeatedAt, view: Look, **options: object) -> Desk:
    """At a screen of this kind."""
    size = {"width": view.width, "height": view.height}
    return await seated(locale=view.locale, color_scheme=view.scheme, viewport=size, reduced_motion="reduce", **options)


async def press(page: Page, view: Look, word: str) -> None:
    """A button of the component."""
    await modal(page).get_by_role("button", name=WORDS[view.locale[:2]][word]).click()


async def start(stage: Stage, page: Page) -> str:
    """The menu's first entry and the dialog's last button."""
    await page.locator("#actions").click()
    await page.locator("[data-format=pdf]").click()
    await page.locator("#go").click()
    await modal(page).wait_for()
    return (await stage.running())[0]


async def test_pages(seated: SeatedAt, view: Look) -> None:
    stranger = await sit(seated, view, person=None)
    page = await stranger.open("/demo/sign-in")
    await look(page, view, "sign-in")
    desk = await sit(seated, view)
    page = await desk.open("/dashboard")
    await look(page, view, "exams")
    await page.goto("/dashboard/exams/none/grading")
    await look(page, view, "error")


async def test_the_dashboard(seated: SeatedAt, view: Look) -> None:
    desk = await sit(seated, view)
    page = await desk.open()
    await look(page, view, "grading")
    await page.locator("#rows tr").nth(12).scroll_into_view_if_needed()
    await look(page, view, "table")
    await page.locator("#find").fill("lév")
    await page.locator("#state").select_option("GRADED")
    await look(page, view, "filtered")
    await page.locator("#find").fill("personne")
    await look(page, view, "none-found")
    await page.locator("#clear").click()
    await page.locator("#actions").click()
    await look(page, view, "menu")
    await page.locator("[data-format=pdf]").click()
    await page.locator("#tree li li input").first.check()
    await look(page, view, "options")
    await page.keyboard.press("Escape")
    await page.locator("#actions").click()
    await page.locator("[data-format=csv]").click()
    await look(page, view, "options-csv")


async def test_an_export(seated: SeatedAt, stage: Stage, view: Look) -> None:
    desk = await sit(seated, view)
    page = await desk.open()
    export_id = await start(stage, page)
    await look(page, view, "queued")
    for percent, copies in ((12, 1), (44, 17)):
        await stage.progress(export_id, percent, copies)
        await expect(modal(page)).to_contain_text(f"{copies} / 34")
        await page.wait_for_function("(start) => Date.now() > start + 1100", arg=await page.evaluate("Date.now()"))
    await stage.progress(export_id, 46, 18)
    await expect(modal(page)).to_contain_text(re.compile("Reste environ|About .* left"))
    await look(page, view, "processing")
    await press(page, view, "back")
    await expect(corner(page)).to_be_visible()
    await look(page, view, "background")
    await corner(page).click()
    await stage.progress(export_id, 20, 5, attempt=2)
    await expect(modal(page)).to_contain_text("5 / 34")
    await look(page, view, "second-attempt")
    await desk.context.set_offline(True)
    await expect(modal(page)).to_contain_text(re.compile("Connexion perdue|Connection lost"))
    await look(page, view, "lost")
    await desk.context.set_offline(False)
    await stage.complete(export_id, warned=3)
    await expect(modal(page)).to_contain_text("66 pages")
    await look(page, view, "completed")


async def test_what_goes_wrong(seated: SeatedAt, stage: Stage, view: Look) -> None:
    desk = await sit(seated, view)
    page = await desk.open()
    export_id = await start(stage, page)
    await stage.fail(export_id, FailureCode.RENDER_FAILED, "Le document n'a pas pu être composé. Relancez l'export.")
    await expect(modal(page)).to_contain_text("render_failed")
    await look(page, view, "failed")
    await press(page, view, "again")
    export_id = (await stage.running())[0]
    await press(page, view, "cancel")
    await expect(modal(page).get_by_role("heading")).to_have_text(re.compile("Export (annulé|cancelled)"))
    await look(page, view, "cancelled")
    await press(page, view, "again")
    export_id = (await stage.running())[0]
    await stage.complete(export_id)
    await expect(modal(page)).to_contain_text("66 pages")
    await stage.expire(export_id)
    await modal(page).get_by_role("link").click()
    await expect(modal(page).get_by_role("heading")).to_have_text(re.compile("Fichier expiré|File expired"))
    await look(page, view, "expired")
    await press(page, view, "again")
    await stage.running()
    await desk.context.clear_cookies(name=sessions.COOKIE)
    await press(page, view, "cancel")
    await expect(modal(page).get_by_role("heading")).to_have_text(re.compile("Session (expirée|ended)"))
    await look(page, view, "session")


async def test_my_exports(seated: SeatedAt, stage: Stage, view: Look) -> None:
    desk = await sit(seated, view)
    page = await desk.open()
    for kind in ("pdf", "zip", "csv", "xlsx", "pdf"):
        await page.evaluate(f"() => document.querySelector('correcta-export').start('{kind}', {{options: {{}}}})")
        export_id = (await stage.running())[0]
        match kind:
            case "zip":
                await stage.fail(export_id, FailureCode.STORAGE_FULL, "L'espace de stockage est plein.")
            case "csv":
                await press(page, view, "cancel")
            case "xlsx":
                await stage.complete(export_id, format=Format.XLSX, filename="Notes.xlsx")
            case _:
                await stage.complete(export_id, warned=1)
        await expect(modal(page).get_by_role("progressbar")).to_be_hidden()
        await press(page, view, "close")
    export_id = await start(stage, page)
    await stage.progress(export_id, 40, 15, phase=Phase.PROCESSING)
    await press(page, view, "back")
    await expect(page.locator("#list li")).to_have_count(6)
    await expect(page.locator("#list")).to_contain_text("15 / 34")
    await page.locator("#exports").scroll_into_view_if_needed()
    await look(page, view, "my-exports")
