"""Checks of a page as it is displayed: axe-core finds nothing, nothing overflows; a screenshot is kept."""

from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

SCREENSHOTS = Path(__file__).parents[3] / ".run" / "screens"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
SETTLED = "() => Promise.all(document.getAnimations().map((one) => one.finished))"
BEYOND = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass(frozen=True)
class Display:
    """A language, colour scheme and window size; its name is the screenshots' folder."""

    name: str
    locale: str
    scheme: str
    width: int
    height: int


async def check(page: Page, display: Display, state: str) -> None:
    """Fail where the page, in this state and display, is not accessible or wider than its window."""
    await page.evaluate(SETTLED)
    found = await Axe().run(page, options=RULES)
    await screenshot(page, display, state)
    told = [(each["id"], [node["target"] for node in each["nodes"]]) for each in found.response["violations"]]
    assert not told, f"{display.name} {state}: {told}"
    assert await page.evaluate(BEYOND) <= 0, f"{display.name} {state}: wider than the window"


async def screenshot(page: Page, display: Display, state: str) -> None:
    """Keep a screenshot in `.run/screens`."""
    folder = SCREENSHOTS / display.name
    folder.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=folder / f"{state}.png")
