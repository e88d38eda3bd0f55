"""Looking at a page as it stands: axe-core finds nothing, nothing runs over the edge, a picture is kept for people."""

from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

PICTURES = Path(__file__).parents[3] / ".run" / "screens"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
SETTLED = "() => Promise.all(document.getAnimations().map((one) => one.finished))"
BEYOND = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass(frozen=True)
class Look:
    """A way of looking: its name is the pictures' folder."""

    name: str
    locale: str
    scheme: str
    width: int
    height: int


async def look(page: Page, view: Look, state: str) -> None:
    """Fail where the page, in this state and view, keeps somebody out or runs over its edge."""
    await page.evaluate(SETTLED)
    found = await Axe().run(page, options=RULES)
    await picture(page, view, state)
    told = [(each["id"], [node["target"] for node in each["nodes"]]) for each in found.response["violations"]]
    assert not told, f"{view.name} {state}: {told}"
    assert await page.evaluate(BEYOND) <= 0, f"{view.name} {state}: wider than the window"


async def picture(page: Page, view: Look, state: str) -> None:
    """Keep a picture, where people and nobody else look."""
    folder = PICTURES / view.name
    folder.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=folder / f"{state}.png")
