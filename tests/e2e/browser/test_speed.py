"""How heavy the component is, how little the page asks for, and that nothing on it jumps."""

from pathlib import Path

from playwright.async_api import expect

import services.gateway
from tests.e2e.browser.desk import GRADING, Desk, export, heading, modal, settled
from tests.e2e.browser.stage import Stage

STATIC = Path(services.gateway.__file__).parent / "web" / "static"
MODULE_BYTES = 25_000
FILES = 16
PAGE_BYTES = 120_000
SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
    }).observe({type: "layout-shift", buffered: true});
}"""


def test_the_module_is_light_and_needs_nothing() -> None:
    source = (STATIC / "correcta-export.js").read_bytes()
    assert len(source) < MODULE_BYTES
    assert b"import " not in source
    assert b"innerHTML" not in source


async def test_the_page_asks_for_little_before_it_answers(desk: Desk) -> None:
    page = await desk.open()
    await page.get_by_role("button", name="Actions").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    loaded = await page.evaluate(
        "() => performance.getEntriesByType('resource').map((one) => [one.name, one.decodedBodySize])"
    )
    assert len(loaded) <= FILES, loaded
    assert sum(size for _, size in loaded) < PAGE_BYTES, loaded


async def test_nothing_jumps(desk: Desk, stage: Stage) -> None:
    page = await desk.context.new_page()
    await page.add_init_script(f"({SHIFTS})()")
    await page.goto(GRADING)
    await settled(page)
    await export(page)
    export_id = (await stage.running())[0]
    for percent, copies in ((5, 0), (30, 10), (60, 22), (90, 34)):
        await stage.progress(export_id, percent, copies)
        await expect(modal(page)).to_contain_text(f"{copies} / 34")
    await stage.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert sum(await page.evaluate("() => window.shifts")) < 0.01
