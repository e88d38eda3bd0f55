"""What may happen to a page while its export runs: left, opened twice, cut off, signed out; its gateway killed. The
export is found again, nothing shown goes back, nothing is asked for twice.
"""

import re
import signal

import pytest
from playwright.async_api import Page, Route, expect

from dev.sample import people
from services.gateway.identity import sessions
from tests.e2e.browser.conftest import SessionFactory
from tests.e2e.browser.fake_renderer import FakeRenderer
from tests.e2e.browser.session import GRADING, BrowserSession, bar, button, corner, export, heading, modal, settled
from tests.waiting import wait_until

CUT_OFF = '{"jobs": [{"jobId": "'
"""How an answer begins whose rest was lost on its way."""


async def begin(page: Page, renderer: FakeRenderer) -> str:
    """An export of which 12 copies are done: its id."""
    await export(page)
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34")
    return export_id


async def test_a_reload_finds_the_dialog_as_it_was(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await page.reload()
    await expect(modal(page)).to_be_visible()
    await expect(bar(page)).to_have_attribute("value", "35")
    await button(page, "Continuer en arrière-plan").click()
    await page.reload()
    await expect(corner(page)).to_contain_text("35")
    await expect(modal(page)).to_be_hidden()
    await renderer.complete(export_id)
    await expect(corner(page)).to_contain_text("Export terminé")
    assert session.asked("POST", "/export/") == 1


async def test_after_a_reload_escape_leaves_it_in_the_corner(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await begin(page, renderer)
    await page.reload()
    await expect(modal(page)).to_contain_text("12 / 34")
    for _ in range(2):
        await page.keyboard.press("Escape")
        await expect(modal(page)).to_be_hidden()
        await corner(page).click()
        await expect(modal(page)).to_be_visible()


async def test_what_ended_while_the_page_was_away_is_shown(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await page.goto("about:blank")
    await renderer.complete(export_id)
    await renderer.running_exports(0)
    await page.goto(GRADING)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_back_to_the_page(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await button(page, "Continuer en arrière-plan").click()
    await page.get_by_role("link", name="Examens").click()
    await renderer.progress(export_id, 60, 22)
    await page.go_back()
    await expect(corner(page)).to_contain_text("60")
    await corner(page).click()
    await expect(modal(page)).to_contain_text("22 / 34")


async def test_a_second_tab_follows_and_asks_for_nothing(session: BrowserSession, renderer: FakeRenderer) -> None:
    first = await session.open()
    export_id = await begin(first, renderer)
    second = await session.open()
    await expect(corner(second)).to_contain_text("35")
    await export(second)
    await expect(modal(second)).to_contain_text("12 / 34")
    assert await renderer.requested_count() == 1
    await renderer.progress(export_id, 60, 22)
    for page in (first, second):
        await expect(modal(page)).to_contain_text("22 / 34")
    await button(second, "Annuler l'export").click()
    for page in (first, second):
        await expect(heading(page)).to_have_text("Export annulé")


async def test_a_wish_whose_export_has_ended_makes_a_new_one(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await page.close()
    await renderer.complete(export_id)
    await renderer.running_exports(0)
    page = await session.open()
    await export(page)
    assert await renderer.running_exports() != [export_id]


async def test_the_gateway_killed_and_started_again(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    renderer.stack.gateway.process.kill()
    await expect(modal(page)).to_contain_text("Connexion perdue. L'export continue sur le serveur")
    await expect(bar(page)).to_have_attribute("value", "35")
    renderer.stack.gateway.process.start()
    await wait_until(lambda: renderer.stack.gateway.answers("/readyz"), 60)

    async def goes_on() -> bool:
        await renderer.progress(export_id, 60, 22)
        return "22 / 34" in await modal(page).inner_text()

    await wait_until(goes_on, 20)
    await expect(modal(page)).not_to_contain_text("Connexion perdue")
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert session.asked("POST", "/export/") == 1


async def test_the_gateway_stopped_and_started_again(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    renderer.stack.gateway.process.signal(signal.SIGTERM)
    await expect(modal(page)).to_contain_text("Connexion perdue")
    await wait_until(lambda: not renderer.stack.gateway.process.running, 30)
    renderer.stack.gateway.process.start()
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé", timeout=30_000)


async def test_an_export_asked_for_while_the_gateway_is_away(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    renderer.stack.gateway.process.kill()
    await export(page)
    await expect(heading(page)).to_have_text("Connexion perdue", timeout=30_000)
    renderer.stack.gateway.process.start()
    await wait_until(lambda: renderer.stack.gateway.answers("/readyz"), 60)
    await button(page, "Réessayer").click()
    await expect(heading(page)).to_have_text("Export en cours…")
    await renderer.running_exports()
    assert await renderer.requested_count() == 1


@pytest.mark.parametrize("how", ["lost", "cut off"])
async def test_an_answer_lost_on_its_way_makes_no_second_export(
    session: BrowserSession, renderer: FakeRenderer, how: str
) -> None:
    page = await session.open()
    lost: list[object] = []

    async def lose_the_first(route: Route) -> None:
        if lost:
            await route.continue_()
            return
        lost.append(await route.fetch())
        await (route.abort() if how == "lost" else route.fulfill(status=202, body=CUT_OFF))

    await page.route("**/export/pdf", lose_the_first)
    export_id = await begin(page, renderer)
    assert await renderer.requested_count() == 1
    assert session.asked("POST", "/export/pdf") == 2
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


@pytest.mark.parametrize("body", [CUT_OFF, "", "null", "[]", "{}", '"jobs"', "<html>Portail</html>"])
async def test_lists_that_are_cut_off_are_asked_for_again(
    session: BrowserSession, renderer: FakeRenderer, body: str
) -> None:
    async def cut_off(route: Route) -> None:
        await route.fulfill(status=200, body=body)

    for times, url in ((2, "**/api/exports"), (1, "**/export/jobs")):
        await session.context.route(url, cut_off, times=times)
    page = await session.open()
    export_id = await begin(page, renderer)
    await renderer.progress(export_id, 60, 22)
    await expect(page.locator("#list")).to_contain_text("Devoir surveillé n° 4")
    for url in ("**/api/exports", "**/export/jobs"):
        await session.context.route(url, cut_off, times=1)
    await page.reload()
    await expect(modal(page)).to_contain_text("22 / 34")
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


@pytest.mark.parametrize("body", [CUT_OFF, "null", "{}", "[]"])
async def test_a_status_that_is_cut_off_is_asked_for_again(
    open_session: SessionFactory, renderer: FakeRenderer, body: str
) -> None:
    session = await open_session()
    cut: list[Route] = []

    async def cut_off(route: Route) -> None:
        cut.append(route)
        await (route.fulfill(status=200, body=body) if len(cut) % 2 else route.continue_())

    await session.context.route("**/events**", lambda route: route.abort())
    await session.context.route("**/export/status**", cut_off)
    await session.context.route("**/api/exports", cut_off)
    page = await session.open()
    await export(page)
    export_id = (await renderer.running_exports())[0]
    for percent, copies in ((35, 12), (60, 22)):
        await renderer.progress(export_id, percent, copies)
        await expect(modal(page)).to_contain_text(f"{copies} / 34")
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_sentences_that_are_cut_off_are_read_again(session: BrowserSession, renderer: FakeRenderer) -> None:
    async def cut_off(route: Route) -> None:
        await route.fulfill(status=200, content_type="application/json", body='{"phases": {"queued": "En at')

    for language in ("fr", "en"):
        await session.context.route(f"**/{language}.json", cut_off, times=1)
    page = await session.open()
    await begin(page, renderer)


async def test_the_network_gone_for_a_while(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await session.context.set_offline(True)
    await expect(modal(page)).to_contain_text("Connexion perdue")
    await renderer.progress(export_id, 60, 22)
    await session.context.set_offline(False)
    await expect(modal(page)).to_contain_text("22 / 34")
    await expect(modal(page)).not_to_contain_text("Connexion perdue")


async def test_the_session_over_in_the_middle(open_session: SessionFactory, renderer: FakeRenderer) -> None:
    session = await open_session(seconds=12)
    page = await session.open()
    export_id = await begin(page, renderer)
    await expect(heading(page)).to_have_text("Session expirée", timeout=40_000)
    await expect(modal(page)).to_contain_text("Reconnectez-vous. Un export commencé continue sur le serveur.")
    await expect(page.locator("#link")).to_contain_text("Se reconnecter")
    await renderer.progress(export_id, 60, 22)
    await button(page, "Se reconnecter").click()
    await expect(page).to_have_url(re.compile("/demo/sign-in"))
    await page.get_by_role("button", name="Nadège").click()
    await settled(page)
    await expect(modal(page)).to_contain_text("22 / 34")
    assert session.asked("POST", "/export/pdf") == 1


async def test_signed_in_again_in_another_tab(open_session: SessionFactory, renderer: FakeRenderer) -> None:
    session = await open_session(seconds=12)
    page = await session.open()
    export_id = await begin(page, renderer)
    await expect(heading(page)).to_have_text("Session expirée", timeout=40_000)
    await session.sign_in(people.OKONKWO)
    await renderer.progress(export_id, 60, 22)
    await page.evaluate("() => dispatchEvent(new Event('focus'))")
    await expect(modal(page)).to_contain_text("22 / 34")


async def test_starting_without_a_session(session: BrowserSession) -> None:
    page = await session.open()
    await session.context.clear_cookies(name=sessions.COOKIE)
    await export(page)
    await expect(heading(page)).to_have_text("Session expirée")
    await button(page, "Fermer").click()
    await expect(modal(page)).to_be_hidden()
    await expect(corner(page)).to_be_hidden()


async def test_a_page_open_for_too_long(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await session.context.clear_cookies(name="correcta-csrf")
    await export(page)
    await expect(modal(page)).to_contain_text("Rechargez la page et réessayez.")
    await button(page, "Recharger").click()
    await settled(page)
    await export(page)
    await renderer.running_exports()


@pytest.mark.parametrize("how", ["refused", "reset", "silent"])
async def test_where_no_stream_comes_through_it_asks(
    open_session: SessionFactory, renderer: FakeRenderer, how: str
) -> None:
    session = await open_session()

    async def block(route: Route) -> None:
        if how == "refused":
            await route.fulfill(status=403, body="no")
        elif how == "reset":
            await route.abort()

    await session.context.route("**/events**", block)
    page = await session.open()
    await export(page)
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34")
    await renderer.progress(export_id, 60, 22)
    await expect(modal(page)).to_contain_text("22 / 34")
    await expect(modal(page)).not_to_contain_text("Connexion perdue")
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_a_laptop_asleep(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    lid = await session.context.new_cdp_session(page)
    await lid.send("Page.setWebLifecycleState", {"state": "frozen"})
    renderer.stack.gateway.process.kill()
    renderer.stack.gateway.process.start()
    await wait_until(lambda: renderer.stack.gateway.answers("/readyz"), 60)
    await renderer.complete(export_id)
    await renderer.running_exports(0)
    await lid.send("Page.setWebLifecycleState", {"state": "active"})
    await expect(heading(page)).to_have_text("Export terminé", timeout=10_000)
