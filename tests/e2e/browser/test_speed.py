"""How heavy the component is, how little the page asks for, and that nothing on it jumps."""

import re
from pathlib import Path

from playwright.async_api import expect

import services.gateway
from tests.e2e.browser.fake_renderer import FakeRenderer
from tests.e2e.browser.session import GRADING, BrowserSession, export, heading, modal, settled

STATIC = Path(services.gateway.__file__).parent / "web" / "static"
MODULES_BYTES = 65_000
FILES = 33
PAGE_BYTES = 120_000
SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
    }).observe({type: "layout-shift", buffered: true});
}"""


def test_the_modules_are_light_and_need_no_others() -> None:
    sources = {path: path.read_text("utf-8") for path in STATIC.rglob("*.js")}
    assert sum(len(source.encode()) for source in sources.values()) <= MODULES_BYTES
    for path, source in sources.items():
        assert "innerHTML" not in source
        imported = re.findall(r"""^(?:import|export \{)[^;]*["']([^"']+)["'];$""", source, re.MULTILINE)
        assert {(path.parent / name).resolve() for name in imported} <= sources.keys()


async def test_the_page_asks_for_little_before_it_answers(session: BrowserSession) -> None:
    page = await session.open()
    await page.get_by_role("button", name="Actions").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    loaded = await page.evaluate(
        "() => performance.getEntriesByType('resource').map((one) => [one.name, one.decodedBodySize])"
    )
    assert len(loaded) <= FILES, loaded
    assert sum(size for _, size in loaded) < PAGE_BYTES, loaded


async def test_nothing_jumps(session: BrowserSession, renderer: FakeRenderer) -> None:
    page = await session.context.new_page()
    await page.add_init_script(f"({SHIFTS})()")
    await page.goto(GRADING)
    await settled(page)
    await export(page)
    export_id = (await renderer.running_exports())[0]
    for percent, copies in ((5, 0), (30, 10), (60, 22), (90, 34)):
        await renderer.progress(export_id, percent, copies)
        await expect(modal(page)).to_contain_text(f"{copies} / 34")
    await renderer.complete(export_id)
    await expect(heading(page)).to_have_text("Export terminé")
    assert sum(await page.evaluate("() => window.shifts")) < 0.01
