"""Pages in Debian's Chromium, signed in, on a stage where the test plays the renderer. A page that logs an error, or
that the policy on content stops somewhere, fails its test.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from dev.sample import people
from dev.sample.model import Person
from dev.stack.services import Plan, Servers, Stack
from tests import databases
from tests.e2e.browser import stage as stages
from tests.e2e.browser.desk import Desk
from tests.e2e.browser.stage import Stage

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

SeatedAt = Callable[..., Awaitable[Desk]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser and stage last for the session, on one event loop."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(SECONDS))
            if isinstance(item, pytest.Function) and iscoroutinefunction(item.function):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def stage_servers(amqp_url: str, postgres_url: str, exports_template: str, correcta_template: str) -> Iterator[Servers]:
    """What the stage's services connect to."""
    with (
        databases.copy(postgres_url, exports_template) as ours,
        databases.copy(postgres_url, correcta_template) as correctas,
    ):
        yield Servers(amqp_url, ours, correctas, namespace=f"stage-{uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def empty_stack(stage_servers: Servers, private_folder: Path) -> Iterator[Stack]:
    """Gateway and storage without a renderer."""
    with Stack(private_folder / "stage", stage_servers, Plan(renderers=0, settings=stages.settings())) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def the_stage(empty_stack: Stack, stage_servers: Servers) -> AsyncIterator[Stage]:
    """The stage, for the whole session."""
    async with stages.acting(empty_stack, stage_servers) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def stage(the_stage: Stage) -> AsyncIterator[Stage]:
    """The stage, with no export on it and every service up."""
    await the_stage.forget()
    yield the_stage
    for service in the_stage.stack.services:
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
async def seated(stage: Stage, chromium: Browser) -> AsyncIterator[SeatedAt]:
    """Sits somebody at a browser of their own: `await seated(person, locale="en-GB", viewport=..)`."""
    async with AsyncExitStack() as held:

        async def sit(person: Person | None = people.OKONKWO, seconds: float = 3600, **options: Any) -> Desk:
            context = await chromium.new_context(**{"locale": "fr-FR", "base_url": stage.url, **options})
            held.push_async_callback(context.close)
            desk = Desk(stage.stack, context)
            if person is not None:
                await desk.sign_in(person, seconds)
            held.callback(desk.check)
            return desk

        yield sit


@pytest_asyncio.fixture(loop_scope="session")
async def desk(seated: SeatedAt) -> Desk:
    """A French teacher's browser, signed in."""
    return await seated()
