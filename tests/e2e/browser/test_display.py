"""Every state of every page, in both languages, light and dark, on a phone, a desktop and a very wide screen: axe-core
finds nothing, nothing overflows. Screenshots stay in `.run/screens`.
"""

import re

import pytest
from playwright.async_api import Page, expect

from contracts.states import FailureCode, Format, Phase
from services.gateway.identity import sessions
from tests.e2e.browser.conftest import SessionFactory
from tests.e2e.browser.display import Display, check
from tests.e2e.browser.fake_renderer import FakeRenderer
from tests.e2e.browser.session import BrowserSession, corner, modal

DISPLAYS = (
    Display("desktop", "fr-FR", "light", 1280, 800),
    Display("dark", "fr-FR", "dark", 1280, 800),
    Display("phone", "fr-FR", "light", 320, 640),
    Display("wide", "en-GB", "dark", 3840, 2160),
)
WORDS = {
    "fr": {"cancel": "Annuler l'export", "again": "Relancer l'export", "close": "Fermer", "back": "arrière-plan"},
    "en": {"cancel": "Cancel export", "again": "Start again", "close": "Close", "back": "background"},
}
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(params=DISPLAYS, ids=lambda display: display.name)
def display(request: pytest.FixtureRequest) -> Display:
    """Each display in turn."""
    chosen: Display = request.param
    return chosen


async def open_with(open_session: SessionFactory, display: Display, **options: object) -> BrowserSession:
    """A browser session with this display."""
    size = {"width": display.width, "height": display.height}
    return await open_session(
        locale=display.locale, color_scheme=display.scheme, viewport=size, reduced_motion="reduce", **options
    )


async def press(page: Page, display: Display, word: str) -> None:
    """A button of the component."""
    await modal(page).get_by_role("button", name=WORDS[display.locale[:2]][word]).click()


async def start(renderer: FakeRenderer, page: Page) -> str:
    """The menu's first entry and the dialog's last button."""
    await page.locator("#actions").click()
    await page.locator("[data-format=pdf]").click()
    await page.locator("#go").click()
    await modal(page).wait_for()
    return (await renderer.running_exports())[0]


async def test_pages(open_session: SessionFactory, display: Display) -> None:
    stranger = await open_with(open_session, display, person=None)
    page = await stranger.open("/demo/sign-in")
    await check(page, display, "sign-in")
    session = await open_with(open_session, display)
    page = await session.open("/dashboard")
    await check(page, display, "exams")
    await page.goto("/dashboard/exams/none/grading")
    await check(page, display, "error")


async def test_the_dashboard(open_session: SessionFactory, display: Display) -> None:
    session = await open_with(open_session, display)
    page = await session.open()
    await check(page, display, "grading")
    await page.locator("#rows tr").nth(12).scroll_into_view_if_needed()
    await check(page, display, "table")
    await page.locator("#find").fill("lév")
    await page.locator("#state").select_option("graded")
    await check(page, display, "filtered")
    await page.locator("#find").fill("personne")
    await check(page, display, "none-found")
    await page.locator("#clear").click()
    await page.locator("#actions").click()
    await check(page, display, "menu")
    await page.locator("[data-format=pdf]").click()
    await page.locator("#tree li li input").first.check()
    await check(page, display, "options")
    await page.keyboard.press("Escape")
    await page.locator("#actions").click()
    await page.locator("[data-format=csv]").click()
    await check(page, display, "options-csv")


async def test_an_export(open_session: SessionFactory, renderer: FakeRenderer, display: Display) -> None:
    session = await open_with(open_session, display)
    page = await session.open()
    export_id = await start(renderer, page)
    await check(page, display, "queued")
    for percent, copies in ((12, 1), (44, 17)):
        await renderer.progress(export_id, percent, copies)
        await expect(modal(page)).to_contain_text(f"{copies} / 34")
        await page.wait_for_function("(start) => Date.now() > start + 1100", arg=await page.evaluate("Date.now()"))
    await renderer.progress(export_id, 46, 18)
    await expect(modal(page)).to_contain_text(re.compile("Reste environ|About .* left"))
    await check(page, display, "processing")
    await press(page, display, "back")
    await expect(corner(page)).to_be_visible()
    await check(page, display, "background")
    await corner(page).click()
    await renderer.progress(export_id, 20, 5, attempt=2)
    await expect(modal(page)).to_contain_text("5 / 34")
    await check(page, display, "second-attempt")
    await session.context.set_offline(True)
    await expect(modal(page)).to_contain_text(re.compile("Connexion perdue|Connection lost"))
    await check(page, display, "lost")
    await session.context.set_offline(False)
    await renderer.complete(export_id, warned=3)
    await expect(modal(page)).to_contain_text("66 pages")
    await check(page, display, "completed")


async def test_what_goes_wrong(open_session: SessionFactory, renderer: FakeRenderer, display: Display) -> None:
    session = await open_with(open_session, display)
    page = await session.open()
    export_id = await start(renderer, page)
    await renderer.fail(export_id, FailureCode.RENDER_FAILED, "Le document n'a pas pu être composé. Relancez l'export.")
    await expect(modal(page)).to_contain_text("render_failed")
    await check(page, display, "failed")
    await press(page, display, "again")
    export_id = (await renderer.running_exports())[0]
    await press(page, display, "cancel")
    await expect(modal(page).get_by_role("heading")).to_have_text(re.compile("Export (annulé|cancelled)"))
    await check(page, display, "cancelled")
    await press(page, display, "again")
    export_id = (await renderer.running_exports())[0]
    await renderer.complete(export_id)
    await expect(modal(page)).to_contain_text("66 pages")
    await renderer.expire(export_id)
    await modal(page).get_by_role("link").click()
    await expect(modal(page).get_by_role("heading")).to_have_text(re.compile("Fichier expiré|File expired"))
    await check(page, display, "expired")
    await press(page, display, "again")
    await renderer.running_exports()
    await session.context.clear_cookies(name=sessions.COOKIE)
    await press(page, display, "cancel")
    await expect(modal(page).get_by_role("heading")).to_have_text(re.compile("Session (expirée|ended)"))
    await check(page, display, "session")


async def test_my_exports(open_session: SessionFactory, renderer: FakeRenderer, display: Display) -> None:
    session = await open_with(open_session, display)
    page = await session.open()
    for kind in ("pdf", "zip", "csv", "xlsx", "pdf"):
        await page.evaluate(f"() => document.querySelector('correcta-export').start('{kind}', {{options: {{}}}})")
        export_id = (await renderer.running_exports())[0]
        match kind:
            case "zip":
                await renderer.fail(export_id, FailureCode.STORAGE_FULL, "L'espace de stockage est plein.")
            case "csv":
                await press(page, display, "cancel")
            case "xlsx":
                await renderer.complete(export_id, format=Format.XLSX, filename="Notes.xlsx")
            case _:
                await renderer.complete(export_id, warned=1)
        await expect(modal(page).get_by_role("progressbar")).to_be_hidden()
        await press(page, display, "close")
    export_id = await start(renderer, page)
    await renderer.progress(export_id, 40, 15, phase=Phase.PROCESSING)
    await press(page, display, "back")
    await expect(page.locator("#list li")).to_have_count(6)
    await expect(page.locator("#list")).to_contain_text("15 / 34")
    await page.locator("#exports").scroll_into_view_if_needed()
    await check(page, display, "my-exports")
