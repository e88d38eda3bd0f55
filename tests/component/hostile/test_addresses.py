"""No construct reaches an address: nothing is heard by the canary, and nothing of it is in the document."""

import asyncio
import socket
from pathlib import Path

import pikepdf
import pytest

from contracts.states import Format, WarningCode
from dev.hostile import documents, exams, watching
from dev.hostile.addresses import addresses, fetchable
from dev.hostile.canary import Canary
from dev.hostile.constructs import CONSTRUCTS, written
from dev.hostile.rendering import Renderer
from services.renderer.images.fetching import ImageFetcher, make_client
from services.renderer.images.problems import ImageProblem
from services.renderer.limits import Limits
from tests.waiting import wait_until

TOGETHER = 12
"""Constructs in one exam: few enough for the copy that holds them all."""

RENDERS = 2_000


@pytest.mark.timeout(600)
async def test_every_construct_in_every_field_reaches_nothing(renderer: Renderer, listening: Canary) -> None:
    known = (*addresses(listening), *fetchable(listening))
    texts = [written(construct, known[7 * n % len(known)].url) for n, construct in enumerate(CONSTRUCTS)]
    assert len(texts) * exams.IN_EVERY_FIELD >= RENDERS
    busy = asyncio.Semaphore(2)

    async def rendered(chosen: list[str]) -> None:
        async with busy:
            outcome = await renderer.render(exams.of_fields(chosen))
        assert (outcome.error, outcome.lost, outcome.wrong) == (None, (), ()), chosen

    await asyncio.gather(*(rendered(texts[n : n + TOGETHER]) for n in range(0, len(texts), TOGETHER)))
    assert renderer.misdeeds() == []
    assert renderer.watched >= 2


async def test_every_address_reaches_nothing(renderer: Renderer, listening: Canary) -> None:
    known = (*addresses(listening), *fetchable(listening))
    contents: list[exams.Json] = [[exams.picture(address.url), exams.words(address.url)] for address in known]
    contents += [f"![x]({address.url}) <img src='{address.url}'>" for address in known]
    outcome = await renderer.render(exams.of_answers(contents))
    assert (outcome.error, outcome.lost, outcome.wrong) == (None, (), ())
    assert {WarningCode.IMAGE_REFUSED, WarningCode.IMAGE_UNAVAILABLE} <= outcome.warned
    assert renderer.misdeeds() == []
    assert listening.fetched  # what may be fetched was asked for


@pytest.mark.parametrize("kind", [Format.ZIP, Format.CSV, Format.XLSX])
async def test_names_and_titles_reach_nothing_in_other_formats(
    renderer: Renderer, listening: Canary, kind: Format
) -> None:
    known = addresses(listening)
    texts = [written(construct, known[n % len(known)].url) for n, construct in enumerate(CONSTRUCTS[::20])]
    outcome = await renderer.render(exams.of_fields(texts), kind)
    assert (outcome.error, outcome.lost) == (None, ())
    assert renderer.misdeeds() == []


async def test_an_image_server_that_leads_elsewhere_is_not_followed(listening: Canary) -> None:
    async with make_client() as client:
        fetcher = ImageFetcher(client, [listening.images], Limits())
        for address in (*addresses(listening), *fetchable(listening)):
            with watching.own_calls() as calls:
                found = await fetcher.fetch(address.url)
            assert watching.strangers(calls, listening.images.split("/")[2]) == [], address.name
            assert isinstance(found, ImageProblem) or b"canary-" not in found, address.name
    assert listening.heard == []
    assert {f"/uploads/{status}" for status in (301, 302, 307)} <= set(listening.fetched)


async def test_the_canary_hears_what_is_sent_to_it(listening: Canary) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    writer.write(b"GET /found HTTP/1.1\r\n\r\n")
    await reader.read()
    writer.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.sendto(b"query", ("127.0.0.1", listening.port))
    await wait_until(lambda: len(listening.heard) == 2)
    assert sorted(listening.heard) == ["TCP GET /found HTTP/1.1", "UDP b'query'"]


async def test_the_watch_sees_a_connection_and_a_name_looked_up(listening: Canary) -> None:
    with watching.own_calls() as calls:
        _, writer = await asyncio.open_connection("127.0.0.1", listening.port)
        writer.close()
    (connection,) = [call for call in calls if call.startswith("socket.connect")]
    assert watching.strangers([connection], f"127.0.0.1:{listening.port}") == []
    assert watching.strangers([connection], "127.0.0.1:1") == [connection]


@pytest.mark.parametrize(
    ("line", "is_misdeed"),
    [
        ("watched", False),
        ("cpu 0.100", False),
        ("read /usr/share/fonts/x.otf", False),
        ("write /own/export-1/copy-0", False),
        ("write /dev/null", False),
        ("write /etc/passwd", True),
        ("write /own-not/x", True),
        ("read /canary.txt", True),
        ("socket.__new__ (2, 1, 0)", True),
        ("subprocess.Popen ()", True),
    ],
)
def test_what_a_worker_may_do(tmp_path: Path, line: str, is_misdeed: bool) -> None:
    log = tmp_path / "deeds"
    log.write_text(f"{line}\n")
    assert watching.misdeeds(log, Path("/own"), Path("/canary.txt")) == ([line] if is_misdeed else [])


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ({"/OpenAction": {"/S": "/JavaScript", "/JS": b"app.alert(1)"}}, ["/JS", "/JavaScript", "/OpenAction"]),
        ({"/AA": {"/O": {"/S": "/Launch", "/F": b"x"}}}, ["/AA", "/Launch"]),
        ({"/Extra": {"/S": "/URI", "/URI": b"https://x.example"}}, ["/URI"]),
        ({"/AcroForm": {"/XFA": b"x"}}, ["/AcroForm", "/XFA"]),
        ({"/AF": {"/Type": "/Filespec", "/F": b"formula-0.mml", "/UF": b"formula-0.mml"}}, []),
        ({"/AF": {"/Type": "/Filespec", "/F": b"x.exe", "/UF": b"x.exe"}}, ["the file x.exe"]),
        ({"/Title": b"/JavaScript /Launch (http://x)"}, []),
    ],
)
def test_what_must_not_be_in_a_document_is_found(tmp_path: Path, planted: dict[str, object], found: list[str]) -> None:
    path = tmp_path / "planted.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for key, value in planted.items():
            pdf.Root[key] = _object(value)
        pdf.save(path)
    assert documents.dangers(path) == found


def _object(value: object) -> pikepdf.Object:
    if isinstance(value, dict):
        return pikepdf.Dictionary({key: _object(inner) for key, inner in value.items()})
    return pikepdf.Name(value) if isinstance(value, str) else pikepdf.String(value.decode())  # type: ignore[attr-defined]
