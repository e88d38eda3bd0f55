"""Thousands of live streams while their two gateways are restarted one after the other, behind a balancer that sends no
connection to a gateway that is not ready.

What matters is how many clients come back at once: a stopping gateway ends its streams over its drain period. A client
waits as long as `retry` said and sends its cursor, as a browser's EventSource does (HTML Standard, 9.2.3).
"""

import asyncio
import signal
import time
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.live import school_token
from bench.streams import CAPS, CONNECTING_AT_ONCE, raise_file_limit
from dev.sample.subjects.mathematiques import MATHEMATIQUES
from dev.stack.local import running
from dev.stack.services import Plan, Service
from services.gateway.identity import sessions

DRAIN_SECONDS = 10.0
LOOK_SECONDS = 0.2


@dataclass
class Restart:
    """What was seen. `attempts` counts connections since the first restart began; `peak` is the most within a second;
    `longest` is how many seconds a stream was away at most.
    """

    streams: int
    drain: float
    connected: list[float] = field(default_factory=list)
    away: list[float] = field(default_factory=list)
    resets: int = 0

    @property
    def attempts(self) -> int:
        """How many connections were made."""
        return len(self.connected)

    @property
    def peak(self) -> int:
        """The most connections within a second."""
        return max(
            (place - bisect_left(self.connected, at - 1) + 1 for place, at in enumerate(self.connected)), default=0
        )

    @property
    def longest(self) -> float:
        """The longest time in seconds that a stream was away."""
        return max(self.away, default=0.0)


class Client:
    """One reader, which comes back for ever."""

    def __init__(self, pick: Callable[[], Service], cookie: str, seen: Restart) -> None:
        self._pick, self._cookie, self._seen = pick, cookie, seen
        self._cursor, self._retry = "", 1.0
        self.is_open = False

    async def run(self, gate: asyncio.Semaphore) -> None:
        """Read, and reconnect, until cancelled."""
        async with gate:
            ended = await self._connect()
        while True:
            with suppress(OSError):
                await ended()
            self.is_open = False
            left = time.perf_counter()
            while not self.is_open:
                await asyncio.sleep(self._retry)
                with suppress(OSError):
                    ended = await self._connect()
            self._seen.away.append(time.perf_counter() - left)

    async def _connect(self) -> Callable[[], "asyncio.Future[None]"]:
        self._seen.connected.append(time.perf_counter())
        address = urlsplit(self._pick().url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=4096)
        path = f"/api/exports/events?exam={MATHEMATIQUES.id}"
        last = f"Last-Event-ID: {self._cursor}\r\n" if self._cursor else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {self._cookie}\r\n{last}\r\n".encode())
        if b" 200 " not in await reader.readline():
            writer.close()
            raise ConnectionRefusedError
        self.is_open = True
        return lambda: asyncio.ensure_future(self._read(reader, writer))

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                name, _, value = line.decode().strip().partition(": ")
                if name == "id":
                    self._cursor = value
                elif name == "retry":
                    self._retry = int(value) / 1000
                elif (name, value) == ("event", "reset"):
                    self._seen.resets += 1
        finally:
            writer.close()


def measure(say: Callable[[str], None], streams: int) -> Restart:
    """Start a stack without renderers but with a second gateway, open the streams, restart both gateways, and stop."""
    raise_file_limit(streams + 1_000)
    settings = dict.fromkeys(CAPS, str(10 * streams)) | {"DRAIN_SECONDS": str(DRAIN_SECONDS)}
    settings |= {"HTTP_CONNECTIONS": str(2 * streams), "HTTP_CONNECTIONS_PER_ADDRESS": str(2 * streams)}
    with running("bench", Plan(renderers=0, settings={"gateway": settings})) as local:
        second = local.stack.add_gateway()
        try:
            second.wait_until_ready()
            cookie = f"{sessions.COOKIE}={school_token(local.stack)}"
            seen = asyncio.run(_watch([local.stack.gateway, second], cookie, streams))
        finally:
            second.process.stop()
    say(f"{streams} streams restarted: {seen.attempts} connections, at most {seen.peak}/s, {seen.longest:.1f} s away")
    return seen


async def _watch(gateways: list[Service], cookie: str, streams: int) -> Restart:
    seen = Restart(streams, DRAIN_SECONDS)
    ready = set(gateways)
    turn = 0

    def pick() -> Service:
        nonlocal turn
        turn += 1
        able = [gateway for gateway in gateways if gateway in ready] or gateways
        return able[turn % len(able)]

    async def look() -> None:
        while True:
            for gateway in gateways:
                able = await asyncio.to_thread(gateway.answers, "/readyz")
                (ready.add if able else ready.discard)(gateway)
            await asyncio.sleep(LOOK_SECONDS)

    clients = [Client(pick, cookie, seen) for _ in range(streams)]
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    tasks = [asyncio.create_task(client.run(gate)) for client in clients]
    await _all_open(clients, tasks)
    tasks.append(asyncio.create_task(look()))
    seen.connected.clear()
    try:
        for gateway in gateways:
            gateway.process.signal(signal.SIGTERM)
            await asyncio.to_thread(gateway.process.stop)
            gateway.process.start()
            await asyncio.to_thread(gateway.wait_until_ready)
            await _all_open(clients, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return seen


async def _all_open(clients: list[Client], tasks: list[asyncio.Task[None]]) -> None:
    async with asyncio.timeout(180):
        while not all(client.is_open for client in clients):
            await asyncio.sleep(0.1)
            for task in tasks:
                if task.done():
                    await task
