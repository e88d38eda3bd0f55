"""What may happen to a page while its export runs: left, opened twice, cut off, signed out; its gateway killed. The
export is found again, nothing shown goes back, nothing is asked for twice.
"""

import re
import signal

import pytest
from playwright.async_api import Page, Route, expect

from dev.sample import people
from services.gateway import sessions
from tests.e2e.browser.conftest import SeatedAt
from tests.e2e.browser.desk import GRADING, Desk, bar, button, corner, export, heading, modal, settled
from tests.e2e.browser.stage import Stage
from tests.waiting import wait_until


async def begin(page: Page, stage: Stage) -> str:
    """An export of which 12 copies are done: its id."""
    await export(page)
    export_id = (await stage.running())[0]
    await stage.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34")
    return export_id


async def test_a_reload_finds_the_dialog_as_it_was(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await page.reload()
    await expect(modal(page)).to_be_visible()
    await expect(bar(page)).to_have_attribute("value", "35")
    await button(page, "Continuer en arrière-plan").click()
    await page.reload()
    await expect(corner(page)).to_contain_text("35")
    await expect(modal(page)).to_be_hidden()
    await stage.complete(export_id)
    await expect(corner(page)).to_contain_text("Export terminé")
    assert desk.asked("POST", "/export/") == 1


async def test_after_a_reload_escape_leaves_it_in_the_corner(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    await begin(page, stage)
    await page.reload()
    await expect(modal(page)).to_contain_text("12 / 34")
    for _ in range(2):
        await page.keyboard.press("Escape")
        await expect(modal(page)).to_be_hidden()
        await corner(page).click()
        await expect(modal(page)).to_be_visible()


async def test_what_ended_while_the_page_was_away_is_shown(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await page.goto("about:blank")
    await stage.complete(export_id)
    await stage.running(0)
    await page.goto(GRADING)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_back_to_the_page(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await button(page, "Continuer en arrière-plan").click()
    await page.get_by_role("link", name="Examens").click()
    await stage.progress(export_id, 60, 22)
    await page.go_back()
    await expect(corner(page)).to_contain_text("60")
    await corner(page).click()
    await expect(modal(page)).to_contain_text("22 / 34")


async def test_a_second_tab_follows_and_asks_for_nothing(desk: Desk, stage: Stage) -> None:
    first = await desk.open()
    export_id = await begin(first, stage)
    second = await desk.open()
    await expect(corner(second)).to_contain_text("35")
    await export(second)
    await expect(modal(second)).to_contain_text("12 / 34")
    assert await stage.requested() == 1
    await stage.progress(export_id, 60, 22)
    for page in (first, second):
        await expect(modal(page)).to_contain_text("22 / 34")
    await button(second, "Annuler l'export").click()
    for page in (first, second):
        await expect(heading(page)).to_have_text("Export annulé")


async def test_a_wish_whose_export_has_ended_makes_a_new_one(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await page.close()
    await stage.complete(export_id)
    await stage.running(0)
    page = await desk.open()
    await export(page)
    assert await stage.running() != [export_id]


async def test_the_gateway_killed_and_started_again(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    stage.stack.gateway.process.kill()
    await expect(modal(page)).to_contain_text("Connexion perdue. L'export continue sur le serveur")
    await expect(bar(page)).to_have_attribute("value", "35")
    stage.stack.gateway.process.start()
    await wait_until(lambda: stage.stack.gateway.answers("/readyz"), 60)

    async def goes_on() -> bool:
        await stage.progress(export_id, 60, 22)
        return "22 / 34" in await modal(page).inner_text()

    await wait_until(goes_on, 20)
    await expect(modal(page)).not_to_contain_text("Connexion perdue")
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert desk.asked("POST", "/export/") == 1


async def test_the_gateway_stopped_and_started_again(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    stage.stack.gateway.process.signal(signal.SIGTERM)
    await expect(modal(page)).to_contain_text("Connexion perdue")
    await wait_until(lambda: not stage.stack.gateway.process.running, 30)
    stage.stack.gateway.process.start()
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé", timeout=30_000)


async def test_an_export_asked_for_while_the_gateway_is_away(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    stage.stack.gateway.process.kill()
    await export(page)
    await expect(heading(page)).to_have_text("Connexion perdue", timeout=30_000)
    stage.stack.gateway.process.start()
    await wait_until(lambda: stage.stack.gateway.answers("/readyz"), 60)
    await button(page, "Réessayer").click()
    await expect(heading(page)).to_have_text("Export en cours…")
    await stage.running()
    assert await stage.requested() == 1


async def test_an_answer_lost_on_its_way_makes_no_second_export(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    lost: list[object] = []

    async def lose_the_first(route: Route) -> None:
        if not lost:
            lost.append(await route.fetch())
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/export/pdf", lose_the_first)
    export_id = await begin(page, stage)
    assert await stage.requested() == 1
    assert desk.asked("POST", "/export/pdf") == 2
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_the_network_gone_for_a_while(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await desk.context.set_offline(True)
    await expect(modal(page)).to_contain_text("Connexion perdue")
    await stage.progress(export_id, 60, 22)
    await desk.context.set_offline(False)
    await expect(modal(page)).to_contain_text("22 / 34")
    await expect(modal(page)).not_to_contain_text("Connexion perdue")


async def test_the_session_over_in_the_middle(seated: SeatedAt, stage: Stage) -> None:
    desk = await seated(seconds=4)
    page = await desk.open()
    export_id = await begin(page, stage)
    await expect(heading(page)).to_have_text("Session expirée", timeout=20_000)
    await expect(modal(page)).to_contain_text("Reconnectez-vous. Un export commencé continue sur le serveur.")
    await expect(page.locator("#link")).to_contain_text("Se reconnecter")
    await stage.progress(export_id, 60, 22)
    await button(page, "Se reconnecter").click()
    await expect(page).to_have_url(re.compile("/demo/sign-in"))
    await page.get_by_role("button", name="Nadège").click()
    await settled(page)
    await expect(modal(page)).to_contain_text("22 / 34")
    assert desk.asked("POST", "/export/pdf") == 1


async def test_signed_in_again_in_another_tab(seated: SeatedAt, stage: Stage) -> None:
    desk = await seated(seconds=4)
    page = await desk.open()
    export_id = await begin(page, stage)
    await expect(heading(page)).to_have_text("Session expirée", timeout=20_000)
    await desk.sign_in(people.OKONKWO)
    await stage.progress(export_id, 60, 22)
    await page.evaluate("() => dispatchEvent(new Event('focus'))")
    await expect(modal(page)).to_contain_text("22 / 34")


async def test_starting_without_a_session(desk: Desk) -> None:
    page = await desk.open()
    await desk.context.clear_cookies(name=sessions.COOKIE)
    await export(page)
    await expect(heading(page)).to_have_text("Session expirée")
    await button(page, "Fermer").click()
    await expect(modal(page)).to_be_hidden()
    await expect(corner(page)).to_be_hidden()


async def test_a_page_open_for_too_long(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    await desk.context.clear_cookies(name="correcta-csrf")
    await export(page)
    await expect(modal(page)).to_contain_text("Rechargez la page et réessayez.")
    await button(page, "Recharger").click()
    await settled(page)
    await export(page)
    await stage.running()


@pytest.mark.parametrize("how", ["refused", "reset", "silent"])
async def test_where_no_stream_comes_through_it_asks(seated: SeatedAt, stage: Stage, how: str) -> None:
    desk = await seated()

    async def block(route: Route) -> None:
        if how == "refused":
            await route.fulfill(status=403, body="no")
        elif how == "reset":
            await route.abort()

    await desk.context.route("**/events**", block)
    page = await desk.open()
    await export(page)
    export_id = (await stage.running())[0]
    await stage.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34")
    await stage.progress(export_id, 60, 22)
    await expect(modal(page)).to_contain_text("22 / 34")
    await expect(modal(page)).not_to_contain_text("Connexion perdue")
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_a_laptop_asleep(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    lid = await desk.context.new_cdp_session(page)
    await lid.send("Page.setWebLifecycleState", {"state": "frozen"})
    stage.stack.gateway.process.kill()
    stage.stack.gateway.process.start()
    await wait_until(lambda: stage.stack.gateway.answers("/readyz"), 60)
    await stage.complete(export_id)
    await stage.running(0)
    await lid.send("Page.setWebLifecycleState", {"state": "active"})
    await expect(heading(page)).to_have_text("Export terminé", timeout=10_000)
