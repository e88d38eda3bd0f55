"""The network that fails on demand: each fault does what it says to real connections, and `heal` ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from dev.chaos.proxy import Ends, Proxy

CLIENTS: list[asyncio.StreamWriter] = []


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(1024):
            writer.write(piece)
    writer.transport.abort()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = Proxy(lambda: [1, port])  # nothing listens on the first
    await proxy.start()
    yield proxy
    for writer in CLIENTS:
        writer.transport.abort()
    CLIENTS.clear()
    await proxy.stop()
    server.close()


async def said(ends: Ends, seconds: float = 5.0) -> bytes:
    reader, writer = ends
    writer.write(b"?")
    async with asyncio.timeout(seconds):
        return await reader.read(1)


async def silent(ends: Ends) -> bool:
    try:
        await said(ends, 0.2)
    except TimeoutError:
        return True
    return False


async def opened(proxy: Proxy) -> Ends:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    CLIENTS.append(writer)
    return reader, writer


async def test_everything_passes_to_the_first_that_answers(proxy: Proxy) -> None:
    assert await said(await opened(proxy)) == b"?"
    assert proxy.connections_hit == 0


async def test_a_cut_resets_what_is_open_and_what_comes_until_it_is_healed(proxy: Proxy) -> None:
    ends = await opened(proxy)
    await said(ends)
    proxy.cut()
    assert proxy.connections_hit == 1
    with pytest.raises(ConnectionResetError):
        await said(ends)
    with pytest.raises(ConnectionResetError):
        await said(await opened(proxy))
    proxy.heal()
    assert await said(await opened(proxy)) == b"?"


async def test_a_blackhole_holds_back_until_it_is_healed(proxy: Proxy) -> None:
    ends = await opened(proxy)
    await said(ends)
    proxy.blackhole()
    assert await silent(ends)
    proxy.heal()
    assert await ends[0].read(1) == b"?"


async def test_half_open_connections_stay_dead_and_new_ones_pass(proxy: Proxy) -> None:
    ends = await opened(proxy)
    await said(ends)
    proxy.half_open()
    assert await silent(ends)
    proxy.heal()
    assert await silent(ends)
    assert await said(await opened(proxy)) == b"?"


async def test_slow_is_slow(proxy: Proxy) -> None:
    ends = await opened(proxy)
    proxy.slow(0.1)
    begin = asyncio.get_running_loop().time()
    assert await said(ends) == b"?"
    assert asyncio.get_running_loop().time() - begin >= 0.2
