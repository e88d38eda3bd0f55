"""Images over HTTP, from a real server on this machine: sizes, redirections, failures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from contracts.states import WarningCode
from services.renderer.images import fetching
from services.renderer.images.fetching import ImageFetcher, make_client
from services.renderer.images.problems import ImageProblem
from services.renderer.limits import Limits

LIMITS = Limits(image_bytes=10_000)
Answer = Callable[[asyncio.StreamWriter], None]


def _ok(body: bytes, *headers: str) -> Answer:
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""])
    return lambda writer: writer.write(head.encode() + body)


def _status(line: str, *headers: str) -> Answer:
    head = "\r\n".join([f"HTTP/1.1 {line}", "Content-Length: 0", *headers, "", ""])
    return lambda writer: writer.write(head.encode())


def _endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(40):
        writer.write(b"3e8\r\n" + b"x" * 1000 + b"\r\n")


def _silent(_: asyncio.StreamWriter) -> None:
    return


class FakeServer:
    """A web server that says what a test wants, and remembers what it was asked."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.base = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split()[1].decode()
                self.asked.append(path)
                self.heads.append(head.decode())
                self.answers.get(path, _status("404 Not Found"))(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def _running(answers: dict[str, Answer]) -> AsyncIterator[tuple[FakeServer, ImageFetcher]]:
    server = FakeServer(answers)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    server.base = f"http://127.0.0.1:{port}/img/"
    client = make_client()
    try:
        yield server, ImageFetcher(client, [server.base], LIMITS)
    finally:
        await client.aclose()
        listener.close()


async def _all(fetcher: ImageFetcher, urls: list[str]) -> dict[str, bytes | ImageProblem]:
    return dict(zip(urls, await asyncio.gather(*map(fetcher.fetch, urls)), strict=True))


def _code(found: bytes | ImageProblem) -> WarningCode:
    assert isinstance(found, ImageProblem)
    return found.code


async def test_no_cookie_proxy_or_compression_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with _running({"/img/a.png": _ok(b"bytes", "Set-Cookie: a=b")}) as (server, fetcher):
        assert await fetcher.fetch("a.png") == b"bytes"
        assert "accept-encoding: identity" in server.heads[0].lower()


async def test_a_refused_address_is_not_asked_for() -> None:
    async with _running({}) as (server, fetcher):
        found = await _all(fetcher, ["http://127.0.0.1:1/a.png", "/other/a.png"])
        assert {_code(each) for each in found.values()} == {WarningCode.IMAGE_REFUSED}
        assert server.asked == []


async def test_bytes_in_the_address_need_no_server() -> None:
    async with _running({}) as (server, fetcher):
        assert await fetcher.fetch("data:;base64,Ynl0ZXM=") == b"bytes"
        assert server.asked == []


@pytest.mark.parametrize("answer", [_ok(b"x" * 10_001), _endless])
async def test_an_oversized_image_is_dropped_while_it_comes(answer: Answer) -> None:
    async with _running({"/img/a.png": answer}) as (_, fetcher):
        assert _code(await fetcher.fetch("a.png")) is WarningCode.IMAGE_REFUSED


@pytest.mark.parametrize(
    "answer",
    [
        _status("404 Not Found"),
        _status("500 Oops"),
        _status("204 No Content"),
        _ok(b"x", "Content-Encoding: gzip"),
        _status("302 Found", "Location: /img/a.png"),
        lambda writer: writer.write(b"nonsense\r\n\r\n"),
        lambda writer: writer.close(),
    ],
)
async def test_a_failing_server_gives_a_problem(answer: Answer) -> None:
    async with _running({"/img/a.png": answer}) as (server, fetcher):
        assert _code(await fetcher.fetch("a.png")) is WarningCode.IMAGE_UNAVAILABLE
        assert len(server.asked) <= 4


async def test_a_redirection_is_followed_below_the_base_only() -> None:
    answers = {
        "/img/old.png": _status("301 Moved", "Location: new.png"),
        "/img/new.png": _ok(b"bytes"),
        "/img/out.png": _status("302 Found", "Location: /secret"),
        "/img/away.png": _status("302 Found", "Location: http://127.0.0.1:1/x"),
        "/img/data.png": _status("302 Found", "Location: data:;base64,Ynl0ZXM="),
        "/secret": _ok(b"secret"),
    }
    async with _running(answers) as (server, fetcher):
        found = await _all(fetcher, ["old.png", "out.png", "away.png", "data.png"])
        assert found["old.png"] == b"bytes"
        assert _code(found["out.png"]) is _code(found["away.png"]) is WarningCode.IMAGE_REFUSED
        assert _code(found["data.png"]) is WarningCode.IMAGE_UNAVAILABLE
        assert "/secret" not in server.asked


async def test_a_silent_server_is_given_up_and_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.2)
    names = [f"{n}.png" for n in range(12)]
    async with _running({f"/img/{name}": _silent for name in names}) as (server, fetcher):
        found = await _all(fetcher, names)
        assert {_code(each) for each in found.values()} == {WarningCode.IMAGE_UNAVAILABLE}
        assert len(server.asked) <= 6


async def test_many_images_at_once_are_all_fetched() -> None:
    names = [f"{n}.png" for n in range(40)]
    async with _running({f"/img/{name}": _ok(name.encode()) for name in names}) as (_, fetcher):
        assert await _all(fetcher, names) == {name: name.encode() for name in names}
