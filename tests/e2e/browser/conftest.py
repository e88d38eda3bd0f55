"""Pages in Debian's Chromium, signed in at a gateway whose renderer is the test itself. A page that logs an error, or
that the policy on content stops somewhere, fails its test.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from dev.sample import people
from dev.sample.model import Person
from dev.stack.services import Plan, Servers, Stack
from tests.databases import MakeServers
from tests.e2e.browser import fake_renderer
from tests.e2e.browser.fake_renderer import FakeRenderer
from tests.e2e.browser.session import BrowserSession

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)
"""How long a page may take to show what it should: patience for a busy machine, not a measure of speed."""

SECONDS = 180
"""For one test on a machine that does other things too; each step has its own, shorter deadline."""
STEP_MS = 15_000

SessionFactory = Callable[..., Awaitable[BrowserSession]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser and services last for the test session, on one event loop."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(SECONDS))
            if isinstance(item, pytest.Function) and iscoroutinefunction(item.function):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def gateway_servers(make_servers: MakeServers) -> Iterator[Servers]:
    """The broker and databases that gateway and storage connect to."""
    with make_servers("browser") as made:
        yield made


@pytest.fixture(scope="session")
def gateway_stack(gateway_servers: Servers, private_folder: Path) -> Iterator[Stack]:
    """Gateway and storage without a renderer."""
    with Stack(
        private_folder / "browser", gateway_servers, Plan(renderers=0, settings=fake_renderer.settings())
    ) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def connected_renderer(gateway_stack: Stack, gateway_servers: Servers) -> AsyncIterator[FakeRenderer]:
    """The fake renderer, connected for the whole test session."""
    async with fake_renderer.connect(gateway_stack, gateway_servers) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def renderer(connected_renderer: FakeRenderer) -> AsyncIterator[FakeRenderer]:
    """The fake renderer, with no export in the database and every service up."""
    await connected_renderer.delete_exports()
    yield connected_renderer
    for service in connected_renderer.stack.services:
        if not service.process.running:
            service.process.start()
            service.wait_until_ready()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The browser."""
    expect.set_options(timeout=STEP_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_session(renderer: FakeRenderer, chromium: Browser) -> AsyncIterator[SessionFactory]:
    """Opens a browser context for a person: `await open_session(person, locale="en-GB", viewport=..)`."""
    async with AsyncExitStack() as held:

        async def opened(
            person: Person | None = people.OKONKWO, seconds: float = 3600, **options: Any
        ) -> BrowserSession:
            session = await held.enter_async_context(BrowserSession.open_in(chromium, renderer.stack, **options))
            if person is not None:
                await session.sign_in(person, seconds)
            return session

        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def session(open_session: SessionFactory) -> BrowserSession:
    """A French teacher's browser, signed in."""
    return await open_session()
