"""Slow, odd and numerous senders against the server that every service runs, over real connections."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from services.common.http.limits import HttpLimits
from services.common.http.proxies import parse_networks
from tests.component.common.http_server import running
from tests.serving import Peer, connected, request
from tests.waiting import wait_until

QUICK = HttpLimits(head_seconds=0.3, stall_seconds=0.3, rate=1000, idle_seconds=1)
CHUNKED = "Transfer-Encoding: chunked"

MALFORMED = [
    (request("POST /echo", CHUNKED, "Content-Length: 3", body=b"abc"), 400),
    (request("POST /echo", "Content-Length: 3", "Content-Length: 4", body=b"abc"), 400),
    (request("POST /echo", "Content-Length: 3, 4", body=b"abc"), 400),
    (request("POST /echo", "Content-Length: +3", body=b"abc"), 400),
    (request("POST /echo", "Content-Length: \u00b2", body=b"ab"), 400),
    (request("POST /echo", "Content-Length: 99999999999999999999999"), 400),
    (request("POST /echo", "Transfer-Encoding: gzip, chunked"), 501),
    (request("POST /echo", CHUNKED, CHUNKED), 501),
    (request("POST /echo", CHUNKED, body=b"zz\r\n"), 400),
    (request("POST /echo", CHUNKED, body=b"-3\r\nabc\r\n"), 400),
    (request("POST /echo", CHUNKED, body=b"0x3\r\nabc\r\n"), 400),
    (request("POST /echo", CHUNKED, body=b"f" * 30 + b"\r\n"), 400),
    (request("POST /echo", CHUNKED, body=b"3\r\nabcd\r\n"), 400),
    (b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (request("GET http://elsewhere/hello"), 400),
    (request("GET *"), 400),
    (request("CONNECT elsewhere:443"), 400),
    (request("GET /hello/\u00e9"), 400),
    (b"GET /hello HTTP/1.1\r\n\r\n", 400),
    (request("GET /hello", "Host: there"), 400),
    (request("GET /hello", "X : y"), 400),
    (request("GET /hello", "X: a\0b"), 400),
    (b"GET /hello HTTP/1.1\r\n Host: here\r\n\r\n", 400),
    (b"GET /hello\r\n\r\n", 400),
    (b"GET /hello HTTP/0.9\r\n\r\n", 505),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    (request("GET /" + "a" * 9000), 414),
    (request("GET /hello", "X: " + "a" * 70_000), 431),
    (b"GET /hello HTTP/1.1\r\nHost: here\r\nX: " + b"a" * 70_000, 431),
]


async def refused(peer: Peer, status: int, code: str) -> None:
    """The server refuses with a problem and closes."""
    found, headers, body = await peer.answer()
    assert (found, headers["content-type"], headers["connection"]) == (status, "application/problem+json", "close")
    said = json.loads(body)
    assert (said["status"], said["code"], said["error"]) == (status, code, said["detail"])
    assert await peer.closed() == b""


async def drip(peer: Peer, data: bytes) -> None:
    """Send a byte at a time, until the server has enough of it."""
    try:
        for byte in data:
            await peer.send(bytes([byte]))
            await asyncio.sleep(0.05)
    except ConnectionError:
        return


@pytest.mark.parametrize("began", [b"G", b"GET /hello", b"GET /hello HTTP/1.1\r\nHost: here\r\nX: "])
async def test_half_a_head_is_cut(began: bytes) -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(began)
        await refused(peer, 408, "request_timeout")
        assert server.refused("request_timeout") == 1


async def test_dripping_a_head_does_not_extend_it() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        dripping = asyncio.create_task(drip(peer, request("GET /hello", "X: " + "x" * 500)))
        await refused(peer, 408, "request_timeout")
        await dripping


async def test_a_connection_that_says_nothing_is_closed_in_silence() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        assert await peer.closed() == b""
        await wait_until(lambda: server.connections == 0)
        assert server.refused("request_timeout") == 0


async def test_the_next_head_has_a_deadline_too() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request())
        assert (await peer.answer())[0] == 200
        await peer.send(b"GET /hel")
        await refused(peer, 408, "request_timeout")


async def test_an_idle_connection_is_closed() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request())
        assert (await peer.answer())[0] == 200
        assert await peer.closed() == b""


@pytest.mark.parametrize("header", ["Content-Length: 5000", CHUNKED])
async def test_a_body_that_stops_is_cut_and_the_application_told(header: str) -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request("POST /echo", header))
        await refused(peer, 408, "request_timeout")
        await wait_until(lambda: server.abandoned == 1)


async def test_a_dripping_body_is_cut() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request("POST /echo", "Content-Length: 5000"))
        dripping = asyncio.create_task(drip(peer, b"x" * 100))
        await refused(peer, 408, "request_timeout")
        await dripping
        assert server.bodies == []


async def test_a_steady_body_may_take_many_times_as_long() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request("POST /echo", "Content-Length: 20000"))
        for _ in range(20):
            await peer.send(b"x" * 1000)
            await asyncio.sleep(0.05)  # 20 kB/s for 1 s, at a limit of 1 kB/s within 0.3 s
        assert (await peer.answer())[0] == 200
        assert len(server.bodies[0]) == 20_000


async def test_a_body_that_the_server_does_not_read_yet_is_not_late() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        body = bytes(1_000_000)
        sending = asyncio.create_task(peer.send(request("POST /wait", f"Content-Length: {len(body)}", body=body)))
        await asyncio.sleep(3 * QUICK.stall_seconds)  # the time that must not count
        server.released.set()
        assert (await peer.answer())[0] == 200
        await sending


async def test_a_response_may_take_as_long_as_it_takes() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request("GET /wait"))
        await asyncio.sleep(3 * QUICK.head_seconds)  # the time that must not count
        server.released.set()
        assert (await peer.answer())[2] == b"released"


async def test_the_rest_of_a_body_that_nobody_wanted_has_a_deadline() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request("POST /hello", "Content-Length: 5000"))
        assert (await peer.answer())[0] == 200
        dripping = asyncio.create_task(drip(peer, b"x" * 100))
        assert await peer.closed() == b""
        await dripping
        await wait_until(lambda: server.connections == 0)


async def test_after_a_body_that_nobody_wanted_the_next_request_is_served() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request("POST /hello", "Content-Length: 5000"))
        assert (await peer.answer())[0] == 200
        await peer.send(b"x" * 5000 + request())
        assert (await peer.answer())[2] == b"hello /hello GET"


async def test_a_reader_that_stopped_is_cut_and_the_download_ends() -> None:
    async with running(QUICK) as server, connected(server.port, receive_buffer=4096) as peer:
        await peer.send(request("GET /endless"))
        await wait_until(lambda: server.abandoned == 1)
        assert server.refused("response_stalled") == 1
        await wait_until(lambda: server.connections == 0)


async def test_a_steady_reader_is_not_cut() -> None:
    async with running(QUICK) as server, connected(server.port) as peer:
        await peer.send(request("GET /endless"))
        until = asyncio.get_running_loop().time() + 4 * QUICK.stall_seconds
        while asyncio.get_running_loop().time() < until:
            assert await peer.reader.read(65_536)
        assert server.refused("response_stalled") == 0
        assert server.abandoned == 0


async def test_what_is_no_request_is_refused_and_the_connection_closed() -> None:
    async with running() as server:
        for raw, status in MALFORMED:
            async with connected(server.port) as peer:
                await peer.send(raw)
                try:
                    await refused(peer, status, "malformed_request")
                except AssertionError as error:
                    raise AssertionError(raw[:100]) from error
        assert server.refused("malformed_request") == len(MALFORMED)
        assert server.bodies == []


async def test_a_bad_chunk_after_good_ones_ends_the_request() -> None:
    async with running() as server, connected(server.port) as peer:
        await peer.send(request("POST /echo", CHUNKED, body=b"3\r\nabc\r\n"))
        await peer.send(b"nonsense\r\n")
        await refused(peer, 400, "malformed_request")
        await wait_until(lambda: server.abandoned == 1)


async def test_a_bad_request_while_a_response_is_sent_ends_the_connection() -> None:
    async with running() as server, connected(server.port) as peer:
        await peer.send(request("GET /endless", CHUNKED))
        await peer.reader.readexactly(1000)
        await peer.send(b"nonsense\r\n")
        await peer.closed()
        await wait_until(lambda: server.abandoned == 1)


async def test_requests_in_one_piece_are_answered_in_order() -> None:
    async with running() as server, connected(server.port) as peer:
        await peer.send(request() + request("POST /echo", "Content-Length: 3", body=b"abc") + request("POST /hello"))
        assert (await peer.answer())[2] == b"hello /hello GET"
        assert (await peer.answer())[2] == b'{"size":3}'
        assert (await peer.answer())[2] == b"hello /hello POST"


async def test_http_1_0_is_served_and_closed() -> None:
    async with running() as server, connected(server.port) as peer:
        await peer.send(b"GET /hello HTTP/1.0\r\n\r\n")
        assert (await peer.answer())[2] == b"hello /hello GET"
        assert await peer.closed() == b""


async def test_equal_lengths_and_a_folded_line_mean_what_they_say() -> None:
    """RFC 9112 lets a server accept both: 6.3 and 5.2."""
    async with running() as server, connected(server.port) as peer:
        await peer.send(request("POST /echo", "X: a\r\n b", "Content-Length: 3", "Content-Length: 3", body=b"abc"))
        assert (await peer.answer())[0] == 200
        assert server.bodies == [b"abc"]


@pytest.mark.parametrize("protocol", ["websocket", "h2c", "something"])
async def test_an_upgrade_is_ignored(protocol: str) -> None:
    async with running() as server, connected(server.port) as peer:
        await peer.send(request("GET /hello", f"Upgrade: {protocol}", "Connection: Upgrade"))
        assert (await peer.answer())[0] == 200


async def test_a_client_that_asks_first_is_told_to_go_on_or_the_answer() -> None:
    async with running() as server, connected(server.port) as peer:
        await peer.send(request("POST /echo", "Content-Length: 3", "Expect: 100-continue"))
        assert (await peer.answer())[0] == 100
        await peer.send(b"abc")
        assert (await peer.answer())[0] == 200
        await peer.send(request("POST /nowhere", "Content-Length: 3", "Expect: 100-continue"))
        assert (await peer.answer())[0] == 404


async def test_beyond_the_process_cap_only_probes_are_served() -> None:
    async with running(HttpLimits(connections=2)) as server, AsyncExitStack() as stack:
        first, second, third = [await stack.enter_async_context(connected(server.port)) for _ in range(3)]
        await third.send(request("GET /healthz"))
        assert (await third.answer())[0] == 200
        await third.send(request())
        await refused(third, 503, "too_many_connections")
        for each in (first, second):
            await each.send(request())
            assert (await each.answer())[0] == 200
        await wait_until(lambda: server.connections == 2)
        first.writer.close()
        await wait_until(lambda: server.connections == 1)
        fourth = await stack.enter_async_context(connected(server.port))
        await fourth.send(request())
        assert (await fourth.answer())[0] == 200


async def test_an_address_has_a_cap_of_its_own_unless_it_is_a_trusted_proxy() -> None:
    limits = HttpLimits(connections_per_address=1)
    async with running(limits) as server, connected(server.port), connected(server.port) as second:
        await second.send(request())
        await refused(second, 429, "too_many_connections_of_address")
    trusted = parse_networks("127.0.0.1")
    async with running(limits, trusted) as server, connected(server.port), connected(server.port) as second:
        await second.send(request())
        assert (await second.answer())[0] == 200
