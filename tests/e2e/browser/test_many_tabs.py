"""Any number of tabs: over HTTP/1.1 a browser has six connections to a host, and a live stream holds one of them."""

import re

from playwright.async_api import Page, expect

from dev.sample import people
from dev.sample.subjects.physique_chimie import PHYSIQUE_CHIMIE
from tests.e2e.browser.conftest import SessionFactory
from tests.e2e.browser.fake_renderer import FakeRenderer
from tests.e2e.browser.session import BrowserSession, corner, export, modal
from tests.waiting import wait_until

TABS = 8
OTHER_EXAM = f"/dashboard/exams/{PHYSIQUE_CHIMIE.id}/grading"
STREAMS = re.compile(r"^gateway_streams (\S+)$", re.MULTILINE)


async def streams(session: BrowserSession) -> float:
    """How many live streams the gateway holds."""
    found = STREAMS.search(await (await session.context.request.get("/metrics")).text())
    assert found is not None
    return float(found[1])


async def shows(page: Page, text: str) -> None:
    """A page's list of exports says this, within a time in which nobody polls a second time."""
    await expect(page.locator("#list li").first).to_contain_text(text, timeout=8_000)


async def test_eight_tabs_show_the_same_export_over_one_connection(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    pages = [await session.open() for _ in range(TABS)]
    await export(pages[-1])
    export_id = (await renderer.running_exports())[0]
    for percent, copies in ((35, 12), (60, 22)):
        await renderer.progress(export_id, percent, copies)
        for page in pages:
            await shows(page, f"{copies} / 34")
    await expect(modal(pages[-1])).to_contain_text("22 / 34")

    async def one_stream() -> bool:
        return await streams(session) == 1

    await wait_until(one_stream)
    assert session.asked("GET", "/api/exports/events") == 1


async def test_when_the_tab_with_the_connection_closes_another_takes_over(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    pages = [await session.open() for _ in range(TABS)]
    await export(pages[3])
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    for page in pages:
        await shows(page, "12 / 34")
    for closed in range(2):
        await pages.pop(0).close()
        await renderer.progress(export_id, 50 + closed, 20 + closed)
        for page in pages:
            await shows(page, f"{20 + closed} / 34")
    await renderer.complete(export_id)
    for page in pages:
        await shows(page, "1,2 Mo")


async def test_what_one_tab_cancels_ends_in_all(session: BrowserSession, renderer: FakeRenderer) -> None:
    pages = [await session.open() for _ in range(TABS)]
    await export(pages[0])
    await renderer.running_exports()
    for page in pages:
        await shows(page, "En attente")
    await pages[-1].locator("#list").get_by_role("button", name="Annuler").click()
    for page in pages:
        await shows(page, "annulé")


async def test_without_locks_every_tab_asks(open_session: SessionFactory, renderer: FakeRenderer) -> None:
    session = await open_session()
    await session.context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    pages = [await session.open() for _ in range(TABS)]
    await export(pages[-1])
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await expect(modal(pages[-1])).to_contain_text("12 / 34")
    await pages[0].reload()
    await expect(corner(pages[0])).to_contain_text("35")
    await renderer.progress(export_id, 60, 22)
    await shows(pages[0], "22 / 34")
    assert session.asked("GET", "/events") == 0


async def test_the_next_to_sign_in_hears_nothing_of_the_one_before(
    session: BrowserSession, renderer: FakeRenderer
) -> None:
    first = await session.open()
    await session.sign_in(people.DELCOURT)
    second = await session.open(OTHER_EXAM)  # of the same exam, colleagues hear

    async def two_streams() -> bool:
        return await streams(session) == 2

    await wait_until(two_streams)  # a stream that begins later is the next one's
    await session.sign_in(people.OKONKWO)
    await export(first)
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await shows(first, "12 / 34")
    await expect(second.locator("#list li")).to_have_count(0)


async def test_tabs_of_other_exams_share_the_connection_and_hear_of_colleagues_there(
    session: BrowserSession, open_session: SessionFactory, renderer: FakeRenderer
) -> None:
    first = await session.open()
    second = await session.open(OTHER_EXAM)
    colleague = await open_session(people.DELCOURT)
    other = await colleague.open(OTHER_EXAM)
    await export(other)
    export_id = (await renderer.running_exports())[0]
    await renderer.progress(export_id, 35, 12)
    await shows(second, f"12 / 34 copies · par {people.DELCOURT.name}")
    await expect(first.locator("#list li")).to_have_count(0)
    await second.get_by_role("button", name="Actions").click()
    await second.get_by_role("menuitem", name="ZIP").click()
    await expect(second.locator("#already")).to_have_text(f"{people.DELCOURT.name} exporte déjà cet examen : PDF.")

    async def one_for_each_reader() -> bool:
        return await streams(session) == 2

    await wait_until(one_for_each_reader)
