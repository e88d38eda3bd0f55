"""Thousands of live streams on one gateway: what they cost it, and how soon events arrive while some do not read.

The gateway is a process of its own; the readers are another, this one. Progress is published as a renderer does; its
age is taken when a reader sees it: broker, gateway, sockets and this process's own loop are all in it. All on one
machine, over the loopback interface.
"""

import asyncio
import random
import resource
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import httpx2

from bench.live import quantile, school_token
from bench.measurement import held
from contracts.events import ExportProgress
from contracts.states import Phase
from contracts.topology import Role, Topology
from dev.sample.subjects.mathematiques import MATHEMATIQUES
from dev.stack.local import Local, running
from dev.stack.services import Plan
from services.common.broker import Publisher, make_broker
from services.common.signing import Signer
from services.gateway.identity import csrf, sessions

STREAMS = 5_000
EXPORTS = 250
SLOW_SHARE = 0.01
SECONDS = 20
NEWS_PER_SECOND = 25
CONNECTING_AT_ONCE = 50
CAPS = (
    "REQUESTS_AHEAD",
    "EXPORTS_PER_INSTITUTION",
    "DOCUMENTS_PER_INSTITUTION",
    "SHEETS_PER_INSTITUTION",
    "STARTS_PER_MINUTE_USER",
    "STARTS_PER_MINUTE_INSTITUTION",
    "STREAMS_PER_USER",
    "STREAMS_PER_INSTITUTION",
    "STREAMS_PER_PROCESS",
)
"""The gateway's limits that one teacher with thousands of streams would meet."""


@dataclass
class Streams:
    """What was seen. `delays` are milliseconds from publishing to reading, one for each frame of each reader."""

    open: int = 0
    slow: int = 0
    exports: int = 0
    gateway_bytes: int = 0
    idle_bytes: int = 0
    events: int = 0
    delays: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """Half of the frames arrived within this many milliseconds."""
        return quantile(self.delays, 0.5)

    @property
    def p99(self) -> float:
        """All but one frame in a hundred arrived within this many milliseconds."""
        return quantile(self.delays, 0.99)


def measure(say: Callable[[str], None], streams: int = STREAMS) -> Streams:
    """Start a stack without renderers, open the streams, publish, and stop."""
    raise_file_limit(streams + 1_000)
    plan = Plan(renderers=0, settings={"gateway": dict.fromkeys(CAPS, str(10 * streams))})
    with running("bench", plan) as local:
        seen = asyncio.run(_watch(local, streams))
    say(
        f"{seen.open} streams ({seen.slow} not reading): gateway {seen.gateway_bytes / 1e6:.0f} MB, "
        f"{len(seen.delays)} frames, p50 {seen.p50:.0f} ms, p99 {seen.p99:.0f} ms"
    )
    return seen


def raise_file_limit(wanted: int) -> None:
    """Let this process, and those that it starts, hold so many files and sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


async def _watch(local: Local, streams: int) -> Streams:
    seen = Streams(idle_bytes=held(local.stack.gateway.process.pid))
    exports = await _ask(local)
    seen.exports = len(exports)
    sent: dict[tuple[str, int], float] = {}
    gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
    headers = _headers(local)
    async with AsyncExitStack() as stack:
        readers = [
            asyncio.create_task(_read(gate, headers, exports[n % len(exports)], n < SLOW_SHARE * streams, seen, sent))
            for n in range(streams)
        ]
        stack.push_async_callback(_end, readers)
        while seen.open < streams:
            await asyncio.sleep(0.1)
            if ended := [reader for reader in readers if reader.done()]:
                await ended[0]
        await _publish(local, exports, sent)
        seen.events = len(sent)
        await asyncio.sleep(2)
        seen.gateway_bytes = held(local.stack.gateway.process.pid)
    return seen


async def _end(readers: list[asyncio.Task[None]]) -> None:
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


def _headers(local: Local) -> Callable[[str], bytes]:
    """The request for an export's stream, as bytes: no client library between the socket and the clock."""
    cookie = f"{sessions.COOKIE}={school_token(local.stack)}"
    host = urlsplit(local.stack.url).netloc

    def request(export_id: str) -> bytes:
        path = f"/api/exams/{MATHEMATIQUES.id}/export/events?jobId={export_id}"
        return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()

    return request


async def _ask(local: Local) -> list[str]:
    """Exports that nobody works on."""
    url = local.stack.url
    cookies = {sessions.COOKIE: school_token(local.stack), csrf.COOKIE: "x" * 32}
    headers = {csrf.HEADER: "x" * 32, "origin": url}
    async with httpx2.AsyncClient(base_url=url, cookies=cookies, headers=headers, trust_env=False, timeout=60) as http:
        answers = [await http.post(f"/api/exams/{MATHEMATIQUES.id}/export/pdf", json={}) for _ in range(EXPORTS)]
    return [str(answer.json()["jobId"]) for answer in answers]


async def _read(
    gate: asyncio.Semaphore,
    request: Callable[[str], bytes],
    export_id: str,
    slow: bool,
    seen: Streams,
    sent: dict[tuple[str, int], float],
) -> None:
    text = request(export_id)
    host, _, port = text.split(b"Host: ")[1].split(b"\r\n")[0].decode().partition(":")
    async with gate:
        reader, writer = await asyncio.open_connection(host, int(port), limit=4096)
        writer.write(text)
        answer = await reader.readline()
        if b" 200 " not in answer:
            raise RuntimeError(answer.decode())
        while not (await reader.readline()).startswith(b"id:"):
            pass
    seen.open += 1
    seen.slow += slow
    try:
        while not slow:
            line = await reader.readline()
            if not line:
                raise RuntimeError("the gateway ended a stream")
            if line.startswith(b"id:"):
                start = sent.get((export_id, int(line[3:])))
                if start is not None:
                    seen.delays.append(1000 * (time.perf_counter() - start))
        await asyncio.Event().wait()
    finally:
        writer.close()


async def _publish(local: Local, exports: list[str], sent: dict[tuple[str, int], float]) -> None:
    """Publish progress of exports drawn by lot, at a steady pace."""
    topology = Topology(local.stack.servers.namespace)
    draw = random.Random(1)
    sequences = dict.fromkeys(exports, 0)
    async with make_broker(local.stack.servers.amqp_url) as broker:
        signer = Signer(local.stack.signing_keys[Role.RENDERER])
        publisher = Publisher(broker, topology, Role.RENDERER, signer)
        due = time.perf_counter()
        for _ in range(SECONDS * NEWS_PER_SECOND):
            export_id = draw.choice(exports)
            sequences[export_id] += 1
            await _tell(publisher, export_id, sequences[export_id], sent)
            due += 1 / NEWS_PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))


async def _tell(publisher: Publisher, export_id: str, sequence: int, sent: dict[tuple[str, int], float]) -> None:
    progress = ExportProgress(
        export_id=UUID(export_id),
        attempt=1,
        sequence=sequence,
        phase=Phase.PROCESSING,
        percent=min(90, sequence),
        processed=sequence,
        total=1_000,
        at=datetime.now(UTC),
    )
    sent[export_id, 1_000_000 + sequence + 1] = time.perf_counter()
    await publisher.publish_unconfirmed(progress)
