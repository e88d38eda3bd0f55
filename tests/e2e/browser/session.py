"""A browser context at a gateway, and the steps and parts of its pages that tests share."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request

from dev.sample.model import Person
from dev.sample.subjects.mathematiques import MATHEMATIQUES
from dev.stack.services import Stack
from dev.teacher import session_token
from services.gateway.identity import sessions
from services.gateway.identity.session_claims import LEEWAY_SECONDS

GRADING = f"/dashboard/exams/{MATHEMATIQUES.id}/grading"
API = f"/api/exams/{MATHEMATIQUES.id}/export"
REPORT = "Télécharger rapport (PDF)"
NETWORK = re.compile(r"Failed to load resource")
"""What Chromium logs about any answer of 400 or more: tests of failures cause them."""


@dataclass
class BrowserSession:
    """One browser context at a stack's gateway."""

    stack: Stack
    context: BrowserContext
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def open_in(cls, chromium: Browser, stack: Stack, **options: Any) -> AsyncIterator["BrowserSession"]:
        """A context of its own, French unless `options` say otherwise; on leaving, raise if a page logged an error."""
        async with await chromium.new_context(**{"locale": "fr-FR", "base_url": stack.url, **options}) as context:
            session = cls(stack, context)
            yield session
            session.check()

    async def sign_in(self, person: Person, seconds: float = 3600) -> None:
        """A session as Correcta's, which ends after so many seconds."""
        token = session_token(person, self.stack.session_secret, seconds - LEEWAY_SECONDS)
        await self.context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": self.stack.url}])

    async def open(self, path: str = GRADING) -> Page:
        """A new tab at an address of the gateway."""
        page = await self.context.new_page()
        page.on("console", self._logged)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._asked)
        await page.goto(path)
        if path.endswith("/grading"):
            await settled(page)
        return page

    def asked(self, method: str, path: str) -> int:
        """How many requests of a method went to addresses that contain this."""
        return sum(each.startswith(f"{method} ") and path in each for each in self.requests)

    def check(self) -> None:
        """Raise if any page logged an error."""
        assert not self.errors, self.errors

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not NETWORK.search(message.text):
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")


async def settled(page: Page) -> None:
    """The list of exports is there."""
    await page.locator("#no-exports:not([hidden]), #list li").first.wait_for()


async def export(page: Page, name: str = REPORT) -> None:
    """Actions, an entry, « Exporter »."""
    await page.get_by_role("button", name="Actions").click()
    await page.get_by_role("menuitem", name=name).click()
    await page.locator("#go").click()
    await modal(page).wait_for()


def modal(page: Page) -> Locator:
    """The component's dialog."""
    return page.locator("correcta-export dialog")


def heading(page: Page) -> Locator:
    """What the dialog says has become of the export."""
    return modal(page).get_by_role("heading")


def corner(page: Page) -> Locator:
    """The component's button in the corner, while an export is in the background."""
    return page.locator("correcta-export .pill")


def bar(page: Page) -> Locator:
    """The component's progress bar."""
    return modal(page).get_by_role("progressbar")


def button(page: Page, name: str) -> Locator:
    """A button of the dialog."""
    return modal(page).get_by_role("button", name=name)
