"""« Mes exports »: several at once over one connection, and what can be done about each."""

from playwright.async_api import Locator, Page, expect

from contracts.states import FailureCode, Format
from tests.e2e.browser.conftest import SessionFactory
from tests.e2e.browser.fake_renderer import FakeRenderer
from tests.e2e.browser.session import BrowserSession, button, export, heading, modal

UNSEEN = """(unseen) => {
    Object.defineProperty(document, "hidden", {configurable: true, get: () => unseen});
    document.dispatchEvent(new Event("visibilitychange", {bubbles: true}));
}"""
NOTIFICATIONS = """
    window.notified = [];
    window.Notification = class { constructor(title, options) { window.notified.push([title, options]); } };
    window.Notification.permission = "granted";
"""
TABS = 8
"""More than a browser has connections for one site."""
START = "(kind) => document.querySelector('correcta-export').start(kind)"


async def start(page: Page, renderer: FakeRenderer, kind: str, running: int = 1) -> str:
    """One more export, in the background: its id."""
    await page.evaluate(START, kind)
    export_id = (await renderer.running_exports(running))[-1]
    await button(page, "Continuer en arrière-plan").click()
    return export_id


def line(page: Page, kind: str) -> Locator:
    """The line of an export of this format."""
    return page.locator("#list li", has=page.get_by_text(kind, exact=True))


async def test_several_live_over_one_connection(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    made = [await start(page, renderer, kind, place) for place, kind in enumerate(("pdf", "zip", "csv", "xlsx"), 1)]
    for place, export_id in enumerate(made):
        await renderer.progress(export_id, 20 + place, 10 + place)
    for place, kind in enumerate(("PDF", "ZIP", "CSV", "XLSX")):
        await expect(line(page, kind)).to_contain_text(f"{10 + place} / 34")
        await expect(line(page, kind)).to_contain_text("Devoir surveillé n° 4")
    await renderer.complete(made[3], format=Format.XLSX, filename="notes.xlsx")
    await expect(line(page, "XLSX")).to_contain_text("1,2\u00a0Mo · Disponible encore")
    assert session.asked("GET", "/events") == 1
    first = page.locator("#list li").first
    await expect(first).to_contain_text("XLSX")


async def test_cancel_download_and_again(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await start(page, renderer, "pdf")
    await line(page, "PDF").get_by_role("button", name="Annuler").click()
    await expect(line(page, "PDF")).to_contain_text("L'export a été annulé.")
    await line(page, "PDF").get_by_role("button", name="Relancer").click()
    export_id = (await renderer.running_exports())[0]
    await renderer.complete(export_id)
    await button(page, "Fermer").click()
    done = line(page, "PDF").first
    async with page.expect_download() as waiting:
        await done.get_by_role("button", name="Télécharger").click()
    assert (await waiting.value).suggested_filename.startswith("Rapport – Devoir surveillé n° 4")
    await page.route("**/download/**", lambda route: route.fulfill(status=410))
    await done.get_by_role("button", name="Télécharger").click()
    await expect(done).to_contain_text("Fichier expiré")
    await expect(done.get_by_role("button", name="Relancer")).to_be_visible()


async def test_details_of_an_export_that_ended(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await start(page, renderer, "pdf")
    await renderer.complete(export_id, warned=1)
    await expect(line(page, "PDF")).to_contain_text("1 avertissement")
    await page.reload()
    await line(page, "PDF").get_by_role("button", name="Détails").click()
    await expect(heading(page)).to_have_text("Export terminé")
    await expect(modal(page)).to_contain_text("Agathe Valentin")


async def test_a_failure_tells_why(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await start(page, renderer, "zip")
    await renderer.fail(
        export_id, FailureCode.STORAGE_FULL, "L'espace de stockage est plein. Prévenez l'administrateur."
    )
    await expect(line(page, "ZIP")).to_contain_text("L'espace de stockage est plein.")


async def test_what_another_tab_starts_appears(open_session: SessionFactory, renderer: FakeRenderer) -> None:
    session = await open_session()
    first, second = await session.open(), await session.open()
    await export(first)
    await expect(line(second, "PDF")).to_contain_text("En attente…")
    export_id = (await renderer.running_exports())[0]
    await renderer.complete(export_id)
    await expect(line(second, "PDF")).to_contain_text("66 pages")


async def test_tabs_nobody_looks_at_take_no_connection_from_the_one_in_sight(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    first = page = await session.open()
    for _ in range(TABS):
        await page.evaluate(UNSEEN, arg=True)
        page = await session.open()
    await export(page)
    await renderer.running_exports()
    await first.evaluate(UNSEEN, arg=False)
    await expect(line(first, "PDF")).to_contain_text("En attente…")


async def test_out_of_sight_a_running_export_is_followed_to_its_end(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    page = await session.open()
    export_id = await start(page, renderer, "pdf")
    await page.evaluate(UNSEEN, arg=True)
    await renderer.complete(export_id)
    await expect(line(page, "PDF")).to_contain_text("66 pages")
    await page.evaluate(UNSEEN, arg=False)
    await page.evaluate(UNSEEN, arg=True)
    await page.evaluate(UNSEEN, arg=False)
    await start(page, renderer, "csv")
    await expect(line(page, "CSV")).to_contain_text("En attente…")


async def test_an_end_that_nobody_looks_at_is_told_by_title_and_notification(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    await session.context.add_init_script(NOTIFICATIONS)
    page = await session.open()
    title = await page.title()
    await export(page)
    export_id = (await renderer.running_exports())[0]
    await page.evaluate(UNSEEN, True)
    await renderer.complete(export_id)
    await expect(page).to_have_title(f"Export terminé – {title}")
    told = await page.evaluate("notified")
    assert {(name, options["tag"]) for name, options in told} == {("Export terminé", export_id)}
    await page.evaluate(UNSEEN, False)
    assert await page.title() == title


async def test_an_end_that_somebody_looks_at_is_told_on_the_page_alone(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    await session.context.add_init_script(NOTIFICATIONS)
    page = await session.open()
    title = await page.title()
    await export(page)
    await renderer.complete((await renderer.running_exports())[0])
    await expect(heading(page)).to_have_text("Export terminé")
    assert (await page.title(), await page.evaluate("notified")) == (title, [])
