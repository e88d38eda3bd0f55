"""The gateway as a process: started by its environment, stopped by a signal."""

import asyncio
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import httpx2
import pytest

from contracts.topology import Topology
from dev.plain_http import TRUST_NOBODY
from dev.sample.people import DELCOURT, VAUCLAIR
from dev.stack.accounts import as_account, role_of
from dev.stack.processes import free_port
from services.gateway.identity import sessions
from services.gateway.store import SQL
from tests.integration.gateway.harness import SECRET, TOKEN, token_of
from tests.integration.gateway.requests import BASE, start
from tests.serving import connected
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


@dataclass
class GatewayProcess:
    """A process and a client of it."""

    process: Process
    client: httpx2.AsyncClient
    port: int

    async def stop(self, number: int = signal.SIGTERM) -> float:
        """Signal it; how many seconds it took to leave."""
        began = time.monotonic()
        self.process.send_signal(number)
        assert await asyncio.wait_for(self.process.wait(), 40) == 0
        return time.monotonic() - began


@pytest.fixture
def environment(
    amqp_url: str, topology: Topology, database_url: str, correcta_database_url: str, storage_url: str
) -> dict[str, str]:
    """Everything a gateway is told."""
    return {
        "AMQP_URL": amqp_url,
        "BROKER_NAMESPACE": topology.namespace,
        "DATABASE_URL": as_account(database_url, role_of("gateway")),
        "CORRECTA_DATABASE_URL": as_account(correcta_database_url, role_of("gateway")),
        "STORAGE_URL": storage_url,
        "INTERNAL_TOKEN": TOKEN,
        "SESSION_SECRET": SECRET,
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
    }


@asynccontextmanager
async def process(environment: dict[str, str]) -> AsyncIterator[GatewayProcess]:
    """`python -m services.gateway`, ready."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.gateway", env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    url = f"http://127.0.0.1:{environment['PORT']}"
    headers = {"Authorization": f"Bearer {token_of(DELCOURT)}"}
    try:
        async with httpx2.AsyncClient(base_url=url, headers=headers, trust_env=False, verify=TRUST_NOBODY) as client:

            async def ready() -> bool:
                try:
                    return bool((await client.get("/readyz")).json()["status"] == "ready")
                except httpx2.TransportError:
                    return False

            await wait_until(ready, 30)
            yield GatewayProcess(started, client, int(environment["PORT"]))
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def test_a_signal_ends_streams_with_a_farewell_and_the_process_at_once(environment: dict[str, str]) -> None:
    async with process(environment) as running:
        job = await start(running.client)
        async with running.client.stream("GET", f"{BASE}/events", params={"jobId": job}, timeout=20) as answer:
            lines = answer.aiter_lines()
            async for line in lines:
                if line.startswith("data:"):
                    break
            leaving = asyncio.create_task(running.stop())
            assert [line async for line in lines if line][-1] == ": au revoir"
        assert await leaving < 5


async def test_half_sent_requests_are_cut_and_streams_go_on(environment: dict[str, str]) -> None:
    quick = {"HTTP_HEAD_SECONDS": "0.3", "HTTP_STALL_SECONDS": "0.3", "HTTP_IDLE_SECONDS": "1"}
    async with process(environment | quick) as running:
        job = await start(running.client)
        async with running.client.stream("GET", f"{BASE}/events", params={"jobId": job}, timeout=20) as answer:
            for began in (b"G", b"GET / HTTP/1.1\r\nHost:", b"POST / HTTP/1.1\r\n", b"\x47" * 9, b"GET /"):
                async with connected(running.port) as slow:
                    await slow.send(began)
                    assert (await slow.answer())[0] == 408
                    assert await slow.closed() == b""
            await running.client.delete(f"{BASE}/jobs/{job}")
            assert "event: cancelled" in [line async for line in answer.aiter_lines()]


@pytest.mark.parametrize("more", ["", "&pgbouncer=true"])
async def test_correctas_own_database_url_serves(environment: dict[str, str], more: str) -> None:
    query = "?schema=public&connection_limit=5&sslmode=prefer&connect_timeout=5&pool_timeout=10" + more
    theirs = {name: environment[name] + query for name in ("DATABASE_URL", "CORRECTA_DATABASE_URL")}
    async with process(environment | theirs) as running:
        job = await start(running.client)
        assert (await running.client.get(f"{BASE}/status", params={"jobId": job})).json()["status"] == "queued"
        await running.stop()


async def test_of_several_hosts_the_one_that_writes_serves(environment: dict[str, str]) -> None:
    listed = {
        name: environment[name].replace("@", "@127.0.0.1:1,") + "?target_session_attrs=read-write"
        for name in ("DATABASE_URL", "CORRECTA_DATABASE_URL")
    }
    async with process(environment | listed) as running:
        job = await start(running.client)
        assert (await running.client.get(f"{BASE}/status", params={"jobId": job})).json()["status"] == "queued"


async def test_a_frozen_reader_is_dropped_and_does_not_hold_up_the_end(environment: dict[str, str]) -> None:
    async with process(environment | {"GRACE_SECONDS": "3"}) as running:
        job = await start(running.client)
        with socket.create_connection(("127.0.0.1", running.port)) as frozen:
            cookie = f"{sessions.COOKIE}={token_of(DELCOURT)}"
            request = f"GET {BASE}/events?jobId={job} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n"
            frozen.sendall(request.encode())
            assert frozen.recv(12) == b"HTTP/1.1 200"
            assert await running.stop() < 12


async def test_a_start_in_hand_is_finished_and_the_next_process_goes_on(
    environment: dict[str, str], pool: asyncpg.Pool
) -> None:
    """Three starts wait for their institution's lock, which the test holds, when the signal comes."""
    held = "SELECT count(*) = 3 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with process(environment) as running:
        async with pool.acquire() as db, db.transaction():
            await db.execute(SQL["lock_institution"], VAUCLAIR.id)
            starting = [asyncio.create_task(start(running.client)) for _ in range(3)]
            await wait_until(lambda: pool.fetchval(held))
            leaving = asyncio.create_task(running.stop())
            await wait_until(lambda: refused(running.port))
        jobs = [await one for one in starting]
        await leaving
    async with process(environment) as running:
        for job in jobs:
            answer = await running.client.get(f"{BASE}/status", params={"jobId": job})
            assert answer.json()["status"] == "queued"


def refused(port: int) -> bool:
    """Whether nobody listens any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


async def test_a_missing_setting_stops_it_by_name(environment: dict[str, str]) -> None:
    del environment["SESSION_SECRET"]
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.gateway", env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    _, said = await started.communicate()
    assert started.returncode == 2
    assert b"SESSION_SECRET" in said
    assert TOKEN.encode() not in said, "the others' values are nobody's business"
