"""The grading page: what is shown of whom, the statistics, the menu by keyboard, and what the options ask for."""

from decimal import Decimal

from playwright.async_api import Page, expect

from dev.sample import people
from dev.sample.subjects.mathematiques import A_VENIR
from tests.e2e.browser.conftest import SessionFactory
from tests.e2e.browser.fake_renderer import FakeRenderer
from tests.e2e.browser.session import REPORT, BrowserSession, export, heading, modal

NAMES = (
    "() => [...document.querySelectorAll('#rows tr:not([hidden]) th > span:first-child')].map((one) => one.textContent)"
)
TOTALS = "() => [...document.querySelectorAll('#rows tr:not([hidden]) td.mark')].map((one) => one.textContent.trim())"


async def names(page: Page) -> list[str]:
    """The students shown, in their order."""
    shown: list[str] = await page.evaluate(NAMES)
    return shown


async def totals_shown(page: Page) -> list[Decimal | None]:
    """The totals shown, partial ones too, in their order; None where nothing is graded."""
    shown = [text.split()[0].replace(",", ".") for text in await page.evaluate(TOTALS)]
    return [None if total == "—" else Decimal(total) for total in shown]


async def test_head_count_adds_up(session: BrowserSession) -> None:
    page = await session.open()
    count = await page.locator(".count").inner_text()
    numbers = [int(word) for word in count.split() if word.isdigit()]
    assert numbers[0] == sum(numbers[1:]) == len(await names(page)) == 40


async def test_filters_by_name_class_and_state(session: BrowserSession) -> None:
    page = await session.open()
    mean_of_everyone = await page.locator("[data-value=mean]").inner_text()
    await page.get_by_label("Rechercher un élève").fill("leveque")
    assert await names(page) == ["Anaïs Lévêque-Château"]
    await page.get_by_label("Rechercher un élève").fill("")
    await page.get_by_label("Classe", exact=True).select_option(label="\u2003MPSI 1 – Groupe A")
    group = await names(page)
    assert len(group) == 21
    await expect(page.locator("#shown")).to_have_text("21 / 40")
    mean_of_group = await page.locator("[data-value=mean]").inner_text()
    assert mean_of_group != mean_of_everyone
    await page.get_by_label("État").select_option("absent")
    assert set(await names(page)) < set(group)
    await page.get_by_label("Rechercher un élève").fill("personne de ce nom")
    await expect(page.get_by_text("Aucun élève ne correspond à ces critères.")).to_be_visible()
    await expect(page.locator("[data-value=mean]")).to_have_text(mean_of_group)
    await page.get_by_role("button", name="Effacer les filtres").click()
    assert len(await names(page)) == 40


async def test_sorts_by_each_column(session: BrowserSession) -> None:
    page = await session.open()
    by_name = await names(page)
    await page.get_by_role("button", name="Élève", exact=True).click()
    assert await names(page) == by_name[::-1]
    await page.get_by_role("button", name="Note").click()
    await expect(page.locator("th.mark")).to_have_attribute("aria-sort", "descending")
    totals = await totals_shown(page)
    known = [total for total in totals if total is not None]
    assert known == sorted(known, reverse=True)
    assert totals == [*known, *[None] * (len(totals) - len(known))], "partial totals stand among the others, none last"
    assert len(known) > 35
    await page.get_by_role("button", name="Note").click()
    assert [total for total in await totals_shown(page) if total is not None] == known[::-1]


async def test_the_menu_by_keyboard(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    actions = page.get_by_role("button", name="Actions")
    await actions.focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name=REPORT)).to_be_focused()
    await page.keyboard.press("End")
    await expect(page.get_by_role("menuitem", name="Exporter les notes (Excel)")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name=REPORT)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(actions).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(page.locator("#go")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(heading(page)).to_have_text("Export en cours…")
    await renderer.running_exports()
    await page.keyboard.press("Escape")
    await expect(actions).to_be_focused()


async def sent(page: Page) -> object:
    """The body of the export that « Exporter » asks for."""
    async with page.expect_request("**/export/*") as waiting:
        await page.locator("#go").click()
    request = await waiting.value
    assert request.method == "POST"
    await modal(page).wait_for()
    return request.post_data_json


async def test_classes_and_options_are_sent_and_remembered(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name=REPORT).click()
    await page.get_by_role("checkbox", name="MPSI 1 – Groupe A").check()
    await expect(page.get_by_role("checkbox", name="Trinômes A1 à A4, 12 copies", exact=True)).to_be_checked()
    await expect(page.locator("#go")).to_have_text("Exporter 20 copies")
    await page.get_by_role("checkbox", name="Trinômes A5 à A7").uncheck()
    await expect(page.get_by_role("checkbox", name="MPSI 1 – Groupe A")).not_to_be_checked()
    await expect(page.locator("#go")).to_have_text("Exporter 12 copies")
    await page.get_by_label("Second correcteur").check()
    await page.get_by_label("Recto verso").check()
    await page.get_by_role("checkbox", name="Commentaires").uncheck()
    await page.get_by_label("Ordre des copies").select_option(label="Note")
    value = await page.get_by_role("checkbox", name="Trinômes A1 à A4").get_attribute("value")
    expected = {
        "classIds": [value],
        "options": {"audience": "anonymous", "comments": False, "duplex": True, "order": "score"},
    }
    assert await sent(page) == expected
    await renderer.complete((await renderer.running_exports())[0])
    await page.get_by_role("button", name="Fermer").click()
    await page.reload()
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name=REPORT).click()
    assert await sent(page) == expected


async def test_the_options_by_keyboard(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    actions = page.get_by_role("button", name="Actions")
    for leave in ("Escape", "Annuler"):
        await actions.press("Enter")
        await page.keyboard.press("Enter")
        await expect(page.locator("#go")).to_be_focused()
        if leave == "Annuler":
            await page.keyboard.press("Shift+Tab")
            await page.keyboard.press("Enter")
        else:
            await page.keyboard.press(leave)
        await expect(page.locator("#options")).to_be_hidden()
        await expect(actions).to_be_focused()
    assert session.asked("POST", "/export/") == 0
    await actions.press("Enter")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    inside = set()
    for _ in range(30):
        inside.add(await page.evaluate("() => document.activeElement.closest('#options, body').id"))
        await page.keyboard.press("Tab")
    assert inside <= {"options", ""}
    box = page.get_by_role("checkbox", name="MPSI 1 – Groupe A")
    await box.press("Space")
    await expect(box).to_be_checked()
    group = await box.get_attribute("value")
    async with page.expect_request("**/export/pdf") as waiting:
        await box.press("Enter")
    assert (await waiting.value).post_data_json == {"classIds": [group]}
    await renderer.running_exports()


async def test_by_default_everything_is_asked_for_as_usual(session: BrowserSession) -> None:
    page = await session.open()
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name="Télécharger les copies (ZIP)").click()
    assert await sent(page) == {}


async def test_the_tables_class_is_ticked_and_no_class_cannot_be(session: BrowserSession) -> None:
    page = await session.open()
    await page.get_by_label("Classe", exact=True).select_option(label="\u2003\u2003Trinômes B1 à B3")
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name="Exporter les notes (CSV)").click()
    await expect(page.get_by_role("checkbox", name="Trinômes B1 à B3")).to_be_checked()
    await expect(page.get_by_role("checkbox", name="Toutes les classes")).not_to_be_checked()
    await expect(page.get_by_role("checkbox", name="Commentaires")).to_be_hidden()
    await page.get_by_role("checkbox", name="Trinômes B1 à B3").uncheck()
    await expect(page.get_by_role("checkbox", name="Toutes les classes")).to_be_checked()
    await expect(page.locator("#go")).to_have_text("Exporter 37 copies")


async def test_an_exam_nobody_has_sat_yet(session: BrowserSession) -> None:
    page = await session.open(f"/dashboard/exams/{A_VENIR.id}/grading")
    await expect(page.locator("[data-value=mean]")).to_have_text("—")
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name=REPORT).click()
    await expect(page.locator("#go")).to_have_text("Exporter 0 copie")
    await expect(page.locator("#go")).to_be_disabled()


async def test_in_english(open_session: SessionFactory, renderer: FakeRenderer) -> None:
    session = await open_session(locale="en-GB")
    page = await session.open()
    assert await page.locator("html").get_attribute("lang") == "en"
    await expect(page.locator("[data-value=mean]")).to_have_text("11.68")
    await export(page, "Download report (PDF)")
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("Processing copies…")
    await renderer.complete(export_id)
    await expect(modal(page)).to_contain_text("34 copies exported · 66 pages · 1.2\u00a0MB")


async def test_signing_in_as_somebody_of_either_school(open_session: SessionFactory) -> None:
    session = await open_session(person=None)
    page = await session.open("/dashboard")
    await expect(page).to_have_url(f"{session.stack.url}/demo/sign-in?next=/dashboard")
    await page.get_by_role("button", name=people.MARCHETTI.name).click()
    await expect(page.get_by_role("main").get_by_role("link")).to_have_count(1)
    await page.get_by_role("button", name="Se déconnecter").click()
    await page.get_by_role("button", name=people.DELCOURT.name).click()
    await page.goto("/dashboard")
    await expect(page.get_by_text("Devoir surveillé n° 4")).to_be_visible()
