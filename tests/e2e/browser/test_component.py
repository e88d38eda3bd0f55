"""<correcta-export>, from the click to the file and through what may become of an export in between."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from contracts.states import FailureCode, Format, Phase
from dev.sample.subjects.mathematiques import MATHEMATIQUES
from services.gateway.sentences import FAILURES
from tests.e2e.browser.conftest import SeatedAt
from tests.e2e.browser.desk import REPORT, Desk, bar, button, corner, export, heading, modal
from tests.e2e.browser.stage import PDF, Stage

LIVE = """() => {
    window.said = [];
    for (const node of document.querySelector("correcta-export").shadowRoot.querySelectorAll("[role=status]"))
        new MutationObserver(() => window.said.push(node.textContent)).observe(node, {childList: true});
}"""
ACTIVE = "() => document.querySelector('correcta-export').shadowRoot.activeElement?.textContent"


async def begin(page: Page, stage: Stage, name: str = REPORT) -> str:
    """An export that runs: its id."""
    await export(page, name)
    return (await stage.running())[0]


async def test_a_report_from_the_click_to_the_file(desk: Desk, stage: Stage, tmp_path: Path) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    dialog = modal(page)
    await expect(heading(page)).to_have_text("Export en cours…")
    await expect(dialog).to_contain_text("En attente…")
    await stage.progress(export_id, 4, 0, phase=Phase.LOADING)
    await expect(dialog).to_contain_text("Chargement des données…")
    await stage.progress(export_id, 35, 12)
    await expect(dialog).to_contain_text("Traitement des copies…")
    await expect(dialog).to_contain_text("12 / 34 copies")
    await expect(bar(page)).to_have_attribute("value", "35")
    await stage.progress(export_id, 85, 34, phase=Phase.GENERATING)
    await expect(dialog).to_contain_text("Génération du PDF…")
    await stage.progress(export_id, 96, 34, phase=Phase.SAVING)
    await expect(dialog).to_contain_text("Enregistrement…")
    file = await stage.complete(export_id, warned=2)
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


async def test_one_copy_is_told_in_the_singular(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage, "Exporter les notes (CSV)")
    await stage.progress(export_id, 30, 1, total=1, phase=Phase.GENERATING)
    await expect(modal(page)).to_contain_text("Génération du fichier…")
    await expect(modal(page)).to_contain_text("1 / 1 copie")
    await stage.complete(export_id, format=Format.CSV, filename="notes.csv", attempt_count=1, content=b"x" * 700)
    await expect(modal(page)).to_contain_text("1 copie exportée · 700\u00a0o")


async def test_a_double_click_asks_once(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name=REPORT).click()
    await page.locator("#go").dblclick(no_wait_after=True)
    await page.evaluate("""() => {
        const element = document.querySelector("correcta-export");
        for (let click = 0; click < 5; click++) element.start("pdf", {classIds: [], options: {}});
    }""")
    await stage.running()
    await expect(modal(page)).to_contain_text("En attente…")
    assert desk.asked("POST", "/export/pdf") == 1
    assert await stage.requested() == 1


async def test_running_it_is_left_by_no_stray_click_but_by_escape(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await page.mouse.click(5, 5)
    await expect(modal(page)).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(modal(page)).to_be_hidden()
    await expect(page.get_by_role("button", name="Actions")).to_be_focused()
    await stage.progress(export_id, 50, 18)
    await expect(corner(page)).to_contain_text("Export en cours… 50\u00a0%")
    await stage.complete(export_id)
    await expect(corner(page)).to_contain_text("Export terminé")
    await corner(page).click()
    await expect(heading(page)).to_have_text("Export terminé")
    await page.mouse.click(5, 5)
    await expect(modal(page)).to_be_hidden()
    await expect(corner(page)).to_be_hidden()


async def test_focus_stays_inside_and_follows_what_becomes_of_the_export(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await expect(button(page, "Annuler l'export")).to_be_enabled()
    for _ in range(6):
        await page.keyboard.press("Tab")
        assert await page.evaluate("() => document.activeElement.localName") in ("correcta-export", "body")
    await button(page, "Annuler l'export").focus()
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert await page.evaluate(ACTIVE) == "Télécharger"


async def test_progress_does_not_chatter(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    await page.evaluate(LIVE)
    export_id = await begin(page, stage)
    for copies in range(1, 30):
        await stage.progress(export_id, 10 + 2 * copies, copies)
    await expect(modal(page)).to_contain_text("29 / 34")
    assert len(await page.evaluate("() => window.said")) <= 3
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert (await page.evaluate("() => window.said"))[-1].startswith("Export terminé. Terminé ! 34 copies exportées")


@pytest.mark.parametrize(
    ("percent", "spent", "idle", "left"),
    [
        (50, 20, 0, 25),
        (50, 20, 7, 20),
        (90, 20, 0, 5),
        (30, 40, 0, 180),
        (14, 20, 0, 0),
        (50, 0.9, 0, 0),
        (95, 20, 0, 0),
        (50, 20, 21, 0),
        (50, 2, 9, 0),
    ],
)
async def test_the_time_left_is_told_from_the_pace_or_not_at_all(
    desk: Desk, percent: int, spent: float, idle: float, left: int
) -> None:
    """From 10 % on at second 100; `idle` seconds without news since."""
    page = await desk.open("/dashboard")
    news = (100 + spent) * 1000
    pace = {"from": 10, "since": 100_000, "percent": percent, "at": news}
    told = await page.evaluate(
        "async ([pace, now]) => (await import('/static/correcta-export.js')).estimate(pace, now)",
        [pace, news + idle * 1000],
    )
    assert told == left


async def test_it_never_goes_back(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    await page.evaluate("""() => {
        window.seen = [];
        const {bar} = document.querySelector("correcta-export").$;
        new MutationObserver(() => window.seen.push(bar.value)).observe(bar, {attributes: true});
    }""")
    export_id = await begin(page, stage)
    for attempt in (1, 2):
        for copies in (5, 15, 25):
            await stage.progress(export_id, 10 + copies, copies, attempt=attempt)
            await expect(modal(page)).to_contain_text(f"{copies} / 34")
    await expect(modal(page)).to_contain_text("tentative n° 2")
    seen = await page.evaluate("() => window.seen")
    assert seen == sorted(seen)
    await page.reload()
    await expect(bar(page)).to_have_attribute("value", "35")
    await stage.progress(export_id, 60, 30, attempt=2)
    await expect(bar(page)).to_have_attribute("value", "60")


async def test_cancelled(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    await begin(page, stage)
    await button(page, "Annuler l'export").click()
    await expect(heading(page)).to_have_text("Export annulé")
    await stage.running(0)
    await button(page, "Relancer l'export").click()
    await stage.running()
    assert await stage.requested() == 2


async def test_cancelled_too_late(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await page.route("**/jobs/*", lambda route: stage.complete_then(route, export_id))
    await button(page, "Annuler l'export").click()
    await expect(heading(page)).to_have_text("Export terminé")


@pytest.mark.parametrize("code", FailureCode)
async def test_every_failure_in_words_with_a_way_out(seated: SeatedAt, stage: Stage, code: FailureCode) -> None:
    desk = await seated(locale="en-GB")
    page = await desk.open()
    await page.evaluate("() => document.querySelector('correcta-export').start('pdf')")
    export_id = (await stage.running())[0]
    await stage.fail(export_id, code, "En français.")
    await expect(heading(page)).to_have_text("Export failed")
    await expect(modal(page)).to_contain_text(FAILURES[code].en)
    await expect(modal(page)).to_contain_text(code)
    permanent = {"exam_not_found", "class_not_found", "no_copies", "invalid_request", "invalid_exam"}
    permanent |= {"too_many_copies", "too_many_pages"}
    await expect(button(page, "Start again")).to_have_count(0 if code in permanent else 1)
    await expect(button(page, "Close")).to_be_visible()


async def test_a_code_nobody_knows_is_shown(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    answer = {"status": 418, "code": "teapot", "title": "I'm a teapot"}
    await page.route("**/export/pdf", lambda route: route.fulfill(status=418, json=answer))
    await export(page)
    await expect(heading(page)).to_have_text("Erreur d'export")
    await expect(modal(page)).to_contain_text("Erreur inattendue. Réessayez ou prévenez l'administrateur.")
    await expect(modal(page)).to_contain_text("teapot")
    await page.unroute("**/export/pdf")
    await button(page, "Réessayer").click()
    await expect(heading(page)).to_have_text("Export en cours…")
    await stage.running()


async def test_a_file_that_is_gone_is_told_and_made_again(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await begin(page, stage)
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    await stage.expire(export_id)
    await modal(page).get_by_role("link", name="Télécharger").click()
    await expect(heading(page)).to_have_text("Fichier expiré")
    await button(page, "Relancer l'export").click()
    assert await stage.running() != [export_id]


async def test_the_countdown_ends_by_the_servers_clock(seated: SeatedAt, stage: Stage) -> None:
    desk = await seated()
    page = await desk.open()
    await page.evaluate("() => { const now = Date.now; Date.now = () => now() + 3 * 3600 * 1000; }")
    export_id = await begin(page, stage)
    await stage.complete(export_id, expires_in=3)
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
    seated: SeatedAt, stage: Stage, locale: str, lang: str, title: str
) -> None:
    desk = await seated(locale=locale)
    page = await desk.open("/dashboard")
    await place(page, lang=lang)
    await page.get_by_role("button", name="Rapport").click()
    export_id = (await stage.running())[0]
    await stage.fail(export_id, FailureCode.RENDER_FAILED, FAILURES[FailureCode.RENDER_FAILED].fr)
    await expect(heading(page)).to_have_text(title)
    await expect(modal(page)).to_contain_text(getattr(FAILURES[FailureCode.RENDER_FAILED], lang))
    assert desk.asked("GET", "/export/status") == 0


async def test_several_in_one_page_each_find_their_own_format(desk: Desk, stage: Stage) -> None:
    page = await desk.open("/dashboard")
    await place(page, format="csv")
    await page.get_by_role("button", name="Rapport").click()
    export_id = (await stage.running())[0]
    await stage.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34")
    await page.reload()
    await place(page, format="pdf")
    await place(page, format="csv")
    await expect(modal(page).last).to_contain_text("12 / 34 copies")
    await expect(modal(page).first).to_be_hidden()
    await expect(corner(page).first).to_be_hidden()


async def test_moved_to_another_place_of_the_page_it_goes_on(desk: Desk, stage: Stage) -> None:
    page = await desk.open("/dashboard")
    element = await place(page)
    await page.get_by_role("button", name="Rapport").click()
    export_id = (await stage.running())[0]
    await stage.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34")
    await element.evaluate("(element) => document.querySelector('main').prepend(element)")
    await expect(modal(page)).to_be_visible()
    await stage.progress(export_id, 60, 22)
    await expect(modal(page)).to_contain_text("22 / 34")
    assert await modal(page).evaluate("(dialog) => dialog.matches(':modal')")
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")


async def test_names_given_before_the_module_came_are_kept(desk: Desk, stage: Stage) -> None:
    page = await desk.open("/dashboard")
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
    await stage.complete((await stage.running())[0], warned=1)
    await expect(modal(page)).to_contain_text("Zoé d'avant le module")


async def test_without_an_export_there_is_nothing_to_show(desk: Desk) -> None:
    page = await desk.open("/dashboard")
    element = await place(page)
    await element.evaluate("(element) => { element.open(); element.close(); }")
    await expect(modal(page)).to_be_hidden()
    await expect(corner(page)).to_be_hidden()


async def test_alone_in_a_page_of_somebody_else(desk: Desk, stage: Stage) -> None:
    page = await desk.open("/dashboard")
    await place(page)
    await page.get_by_role("button", name="Rapport").click()
    export_id = (await stage.running())[0]
    await stage.progress(export_id, 35, 12)
    await expect(modal(page)).to_contain_text("12 / 34 copies")
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert desk.asked("GET", f"/export/events?jobId={export_id}") == 1
    assert desk.asked("GET", "/api/exports") == 0
    heard = await page.evaluate("() => window.heard")
    assert [heard[0], heard[-1]] == ["queued", "completed"]
