"""<correcta-export>, from the click to the file and through what may become of an export in between."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from contracts.options import Language
from contracts.states import FailureCode, Format, Phase
from dev.sample.subjects.mathematiques import MATHEMATIQUES
from services.gateway.language.languages import texts_in
from tests.e2e.browser.conftest import SessionFactory
from tests.e2e.browser.fake_renderer import PDF, FakeRenderer
from tests.e2e.browser.session import REPORT, BrowserSession, bar, button, corner, export, heading, modal

LIVE = """() => {
    window.said = [];
    for (const node of document.querySelector("correcta-export").shadowRoot.querySelectorAll("[role=status]"))
        new MutationObserver(() => window.said.push(node.textContent)).observe(node, {childList: true});
}"""
ACTIVE = "() => document.querySelector('correcta-export').shadowRoot.activeElement?.textContent"


async def begin(page: Page, renderer: FakeRenderer, name: str = REPORT) -> str:
    """An export that runs: its id."""
    await export(page, name)
    return (await renderer.running_exports())[0]


async def test_a_report_from_the_click_to_the_file(
    session: BrowserSession, renderer: FakeRenderer, tmp_path: Path
) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    dialog = modal(page)
    await expect(heading(page)).to_have_text("Export en cours…")
    await expect(dialog).to_contain_text("En attente…")
    await renderer.progress(export_id, 4, 0, phase=Phase.LOADING)
    await expect(dialog).to_contain_text("Chargement des données…")
    await renderer.progress(export_id, 35, 12)
    await expect(dialog).to_contain_text("Traitement des copies…")
    await expect(dialog).to_contain_text("12 / 34 copies")
    await expect(bar(page)).to_have_attribute("value", "35")
    await renderer.progress(export_id, 85, 34, phase=Phase.GENERATING)
    await expect(dialog).to_contain_text("Génération du PDF…")
    await renderer.progress(export_id, 96, 34, phase=Phase.SAVING)
    await expect(dialog).to_contain_text("Enregistrement…")
    file = await renderer.complete(export_id, warned=2)
    await expect(heading(page)).to_have_text("Export terminé")
    await expect(dialog).to_contain_text("Terminé !")
    await expect(dialog).to_contain_text("34 copies exportées · 66 pages · 1,2 Mo")
    await expect(dialog).to_contain_text("2 avertissements")
    await expect(dialog).to_contain_text("Agathe Valentin")
    await expect(dialog).to_contain_text(file.sha256)
    await expect(dialog).to_contain_text(re.compile(r"Disponible encore (60|59)\smin"))
    async with page.expect_download() as waiting:
        await dialog.get_by_role("link", name="Télécharger").click()
    download = await waiting.value
    assert download.suggested_filename == file.filename
    await download.save_as(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes() == PDF
    assert page.url.endswith("/grading")


async def test_who_waits_sees_the_place_then_the_time_left(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await expect(modal(page)).to_contain_text(re.compile(r"Place dans la file : \d+"), timeout=15_000)
    await renderer.progress(export_id, 20, 4)
    await expect(modal(page)).to_contain_text(re.compile(r"Reste environ \d+\s(s|min)"), timeout=15_000)
    await expect(modal(page)).not_to_contain_text("Place dans la file")
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_one_copy_is_told_in_the_singular(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer, "Exporter les notes (CSV)")
    await renderer.progress(export_id, 30, 1, total=1, phase=Phase.GENERATING)
    await expect(modal(page)).to_contain_text("Génération du fichier…")
    await expect(modal(page)).to_contain_text("1 / 1 copie")
    await renderer.complete(export_id, format=Format.CSV, filename="notes.csv", attempt_count=1, content=b"x" * 700)
    await expect(modal(page)).to_contain_text("1 copie exportée · 700\u00a0o")


async def test_a_double_click_asks_once(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name=REPORT).click()
    await page.locator("#go").dblclick(no_wait_after=True)
    await page.evaluate("""() => {
        const element = document.querySelector("correcta-export");
        for (let click = 0; click < 5; click++) element.start("pdf", {classIds: [], options: {}});
    }""")
    await renderer.running_exports()
    await expect(modal(page)).to_contain_text("En attente…")
    assert session.asked("POST", "/export/pdf") == 1
    assert await renderer.requested_count() == 1


async def test_running_it_is_left_by_no_stray_click_but_by_escape(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await page.mouse.click(5, 5)
    await expect(modal(page)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(modal(page)).to_be_hidden()
    await expect(page.get_by_role("button", name="Actions")).to_be_focused()
    await renderer.progress(export_id, 50, 18)
    await expect(corner(page)).to_contain_text("Export en cours… 50\u00a0%")
    await renderer.complete(export_id)
    await expect(corner(page)).to_contain_text("Export terminé")
    await corner(page).click()
    await expect(heading(page)).to_have_text("Export terminé")
    await page.mouse.click(5, 5)
    await expect(modal(page)).to_be_hidden()
    await expect(corner(page)).to_be_hidden()


async def test_focus_stays_inside_and_follows_what_becomes_of_the_export(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await expect(button(page, "Annuler l'export")).to_be_enabled()
    for _ in range(6):
        await page.keyboard.press("Tab")
        assert await page.evaluate("() => document.activeElement.localName") in ("correcta-export", "body")
    await button(page, "Annuler l'export").focus()
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert await page.evaluate(ACTIVE) == "Télécharger"


async def test_progress_does_not_chatter(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await page.evaluate(LIVE)
    export_id = await begin(page, renderer)
    for copies in range(1, 30):
        await renderer.progress(export_id, 10 + 2 * copies, copies)
    await expect(modal(page)).to_contain_text("29 / 34")
    assert len(await page.evaluate("() => window.said")) <= 3
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert (await page.evaluate("() => window.said"))[-1].startswith("Export terminé. Terminé ! 34 copies exportées")


@pytest.mark.parametrize(
    ("told", "age", "left"),
    [(25, 0, 25), (23, 0, 25), (25, 7, 20), (3, 2, 5), (170, 0, 180), (25, 39, 5), (25, 41, 0), (None, 0, 0)],
)
async def test_the_time_left_goes_on_from_what_was_told(
    session: BrowserSession, told: int | None, age: float, left: int
) -> None:
    """Seconds told, seconds ago; in steps, and nothing where nothing new was told for long."""
    page = await session.open("/dashboard")
    forecast = None if told is None else {"seconds": told, "at": 100_000}
    shown = await page.evaluate(
        "async ([told, now]) => (await import('/static/correcta-export/forecast.js')).secondsLeft(told, now)",
        [forecast, 100_000 + age * 1000],
    )
    assert shown == left


async def test_it_never_goes_back(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await page.evaluate("""() => {
        window.seen = [];
        const root = document.querySelector("correcta-export").shadowRoot;
        new MutationObserver((changes) => {
            for (const {target} of changes) if (target.closest("dialog")) window.seen.push(target.value);
        }).observe(root, {subtree: true, attributeFilter: ["value"]});
    }""")
    export_id = await begin(page, renderer)
    for attempt in (1, 2):
        for copies in (5, 15, 25):
            await renderer.progress(export_id, 10 + copies, copies, attempt=attempt)
            await expect(modal(page)).to_contain_text(f"{copies} / 34")
    await expect(modal(page)).to_contain_text("tentative n° 2")
    seen = await page.evaluate("() => window.seen")
    assert seen == sorted(seen)
    await page.reload()
    await expect(bar(page)).to_have_attribute("value", "35")
    await renderer.progress(export_id, 60, 30, attempt=2)
    await expect(bar(page)).to_have_attribute("value", "60")


async def test_cancelled(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    await begin(page, renderer)
    await button(page, "Annuler l'export").click()
    await expect(heading(page)).to_have_text("Export annulé")
    await renderer.running_exports(0)
    await button(page, "Relancer l'export").click()
    await renderer.running_exports()
    assert await renderer.requested_count() == 2


async def test_cancelled_too_late(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await page.route("**/jobs/*", lambda route: renderer.complete_then(route, export_id))
    await button(page, "Annuler l'export").click()
    await expect(heading(page)).to_have_text("Export terminé")


@pytest.mark.parametrize("code", FailureCode)
async def test_every_failure_in_words_with_a_way_out(
    open_session: SessionFactory, renderer: FakeRenderer, code: FailureCode
) -> None:
    session = await open_session(locale="en-GB")
    page = await session.open()
    await page.evaluate("() => document.querySelector('correcta-export').start('pdf')")
    export_id = (await renderer.running_exports())[0]
    await renderer.fail(export_id, code, "En français.")
    await expect(heading(page)).to_have_text("Export failed")
    await expect(modal(page)).to_contain_text(texts_in(Language.EN).sentences[code])
    await expect(modal(page)).to_contain_text(code)
    permanent = {"exam_not_found", "class_not_found", "no_copies", "invalid_request", "invalid_exam"}
    permanent |= {"too_many_copies", "too_many_pages"}
    await expect(button(page, "Start again")).to_have_count(0 if code in permanent else 1)
    await expect(button(page, "Close")).to_be_visible()


async def test_a_code_nobody_knows_is_shown(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    answer = {"status": 418, "code": "teapot", "title": "I'm a teapot"}
    await page.route("**/export/pdf", lambda route: route.fulfill(status=418, json=answer))
    await export(page)
    await expect(heading(page)).to_have_text("Erreur d'export")
    await expect(modal(page)).to_contain_text("Erreur inattendue. Réessayez ou prévenez l'administrateur.")
    await expect(modal(page)).to_contain_text("teapot")
    await page.unroute("**/export/pdf")
    await button(page, "Réessayer").click()
    await expect(heading(page)).to_have_text("Export en cours…")
    await renderer.running_exports()


async def test_a_file_that_is_gone_is_told_and_made_again(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open()
    export_id = await begin(page, renderer)
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    await renderer.expire(export_id)
    await modal(page).get_by_role("link", name="Télécharger").click()
    await expect(heading(page)).to_have_text("Fichier expiré")
    await button(page, "Relancer l'export").click()
    assert await renderer.running_exports() != [export_id]


async def test_the_countdown_ends_by_the_servers_clock(open_session: SessionFactory, renderer: FakeRenderer) -> None:
    session = await open_session()
    page = await session.open()
    await page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3 * 3600 * 1000; }")
    export_id = await begin(page, renderer)
    await renderer.complete(export_id, expires_in=3)
    await expect(modal(page)).to_contain_text(re.compile(r"Disponible encore [0-3]\ss"))
    await expect(heading(page)).to_have_text("Fichier expiré", timeout=10_000)


PLACE = """async ([exam, attributes]) => {
    await import("/static/correcta-export.js");
    const element = document.createElement("correcta-export");
    for (const [name, value] of Object.entries({exam, ...attributes})) element.setAttribute(name, value);
    element.append(Object.assign(document.createElement("button"), {textContent: "Rapport"}));
    element.addEventListener("export", ({detail}) => (window.heard ??= []).push(detail.status));
    document.querySelector("main").append(element);
}"""


async def place(page: Page, **attributes: str) -> Locator:
    """A component in a page that knows nothing of it."""
    await page.evaluate(PLACE, [MATHEMATIQUES.id, attributes])
    return page.locator("correcta-export").last


@pytest.mark.parametrize(
    ("locale", "lang", "title"), [("fr-FR", "en", "Export failed"), ("en-GB", "fr", "Erreur d'export")]
)
async def test_its_language_is_the_elements_and_not_the_browsers(
    open_session: SessionFactory, renderer: FakeRenderer, locale: str, lang: str, title: str
) -> None:
    session = await open_session(locale=locale)
    page = await session.open("/dashboard")
    await place(page, lang=lang)
    await page.get_by_role("button", name="Rapport").click()
    export_id = (await renderer.running_exports())[0]
    await renderer.fail(export_id, FailureCode.RENDER_FAILED, texts_in(Language.FR).sentences.render_failed)
    await expect(heading(page)).to_have_text(title)
    await expect(modal(page)).to_contain_text(texts_in(Language(lang)).sentences.render_failed)
    assert session.asked("GET", "/export/status") == 0


async def test_several_in_one_page_each_find_their_own_format(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open("/dashboard")
    await place(page, format="csv")
    await page.get_by_role("button", name="Rapport").click()
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34")
    await page.reload()
    await place(page, format="pdf")
    await place(page, format="csv")
    await expect(modal(page).last).to_contain_text("12 / 34 copies")
    await expect(modal(page).first).to_be_hidden()
    await expect(corner(page).first).to_be_hidden()


async def test_moved_to_another_place_of_the_page_it_goes_on(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open("/dashboard")
    element = await place(page)
    await page.get_by_role("button", name="Rapport").click()
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34")
    await element.evaluate("(element) => document.querySelector('main').prepend(element)")
    await expect(modal(page)).to_be_visible()
    await renderer.progress(export_id, 60, 22)
    await expect(modal(page)).to_contain_text("22 / 34")
    assert await modal(page).evaluate("(dialog) => dialog.matches(':modal')")
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_names_given_before_the_module_came_are_kept(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open("/dashboard")
    await page.evaluate(
        """async (exam) => {
        const element = document.createElement("correcta-export");
        element.setAttribute("exam", exam);
        element.students = {get: () => "Zoé d'avant le module"};
        document.body.append(element);
        await import("/static/correcta-export.js");
        await element.start("pdf");
    }""",
        MATHEMATIQUES.id,
    )
    await renderer.complete((await renderer.running_exports())[0], warned=1)
    await expect(modal(page)).to_contain_text("Zoé d'avant le module")


async def test_without_an_export_there_is_nothing_to_show(session: BrowserSession) -> None:
    page = await session.open("/dashboard")
    element = await place(page)
    await element.evaluate("(element) => { element.open(); element.close(); }")
    await expect(modal(page)).to_be_hidden()
    await expect(corner(page)).to_be_hidden()


async def test_alone_in_a_page_of_somebody_else(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.open("/dashboard")
    await place(page)
    await page.get_by_role("button", name="Rapport").click()
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34 copies")
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert session.asked("GET", f"/export/events?jobId={export_id}") == 1
    assert session.asked("GET", "/api/exports") == 0
    heard = await page.evaluate("() => window.heard")
    assert [heard[0], heard[-1]] == ["queued", "completed"]
