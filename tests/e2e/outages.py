"""Several of each service as processes, each behind links that can fail, and a teacher who asks from inside the loop
that those links live in.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx
from httpx_sse import aconnect_sse

from dev.chaos.cluster import Cluster
from dev.chaos.faults import Parameters
from dev.chaos.history import History
from dev.plain_http import TRUST_NOBODY
from dev.sample import people
from dev.sample.model import Person
from dev.sample.subjects.pourcentages import POURCENTAGES
from dev.teacher import TERMINAL, session_token
from services.gateway import csrf, sessions
from tests.waiting import wait_until

EXAM = POURCENTAGES.id

Frame = tuple[int, str, dict[str, Any]]
"""A position, an event and its data."""


@asynccontextmanager
async def house(
    folder: Path, extra: Mapping[str, Mapping[str, str]] | None = None, **counts: int
) -> AsyncIterator[Cluster]:
    """A running house with so many of each service."""
    history = History(folder / "history.jsonl")
    made = Cluster(folder, Parameters(seed=0, **counts), history, extra)
    try:
        await made.start_servers()
        await made.start_services()
        yield made
        await made.stop()
    finally:
        made.close()
        history.close()


class Desk:
    """A teacher at one gateway. `kept` connections are used again; 0: each request has its own."""

    def __init__(
        self, url: str, secret: str, person: Person = people.MARCHETTI, exam: str = EXAM, kept: int | None = None
    ) -> None:
        self._base, self._exam = f"/api/exams/{exam}/export", exam
        self.http = httpx.AsyncClient(
            base_url=url,
            cookies={sessions.COOKIE: session_token(person, secret), csrf.COOKIE: "c" * 32},
            headers={csrf.HEADER: "c" * 32, "origin": url},
            timeout=30,
            limits=httpx.Limits(max_keepalive_connections=kept),
            trust_env=False,
            verify=TRUST_NOBODY,
        )

    async def ask(self, kind: str = "csv", **headers: str) -> httpx.Response:
        """POST, as it is answered."""
        return await self.http.post(f"{self._base}/{kind}", json={}, headers=headers)

    async def start(self, kind: str = "csv") -> str:
        """An export's id."""
        answer = await self.ask(kind)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["jobId"])

    async def get(self, path: str, **params: str) -> httpx.Response:
        """Something below the exam's exports."""
        return await self.http.get(f"{self._base}/{path}", params=params)

    async def status(self, job: str) -> dict[str, Any]:
        """Where it stands; nothing while that can't be known."""
        try:
            answer = await self.get("status", jobId=job)
        except httpx.TransportError:
            return {"status": ""}
        return dict(answer.json()) if answer.status_code == 200 else {"status": ""}

    async def ended(self, job: str, seconds: float = 60) -> dict[str, Any]:
        """The status answer once it has ended."""

        async def end() -> dict[str, Any] | None:
            status = await self.status(job)
            return status if status["status"] in TERMINAL else None

        found: Any = await wait_until(end, seconds)
        return dict(found)

    async def ended_without_error(self, job: str, seconds: float = 60) -> dict[str, Any]:
        """As `ended`, where every answer on the way has to be a 200."""

        async def end() -> dict[str, Any] | None:
            answer = await self.get("status", jobId=job)
            assert answer.status_code == 200, answer.text
            status: dict[str, Any] = answer.json()
            return status if status["status"] in TERMINAL else None

        found: Any = await wait_until(end, seconds)
        return dict(found)

    async def follow(self, job: str, frames: list[Frame]) -> None:
        """Add the frames of one connection as they come, to its end."""
        async with aconnect_sse(self.http, "GET", f"{self._base}/events", params={"jobId": job}) as source:
            async for frame in source.aiter_sse():
                if frame.data:
                    frames.append((int(frame.id), frame.event, json.loads(frame.data)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()


def desk(home: Cluster, gateway: str = "gateway-1", **who: Any) -> Desk:
    """A teacher at one of its gateways."""
    return Desk(home.services[gateway].url, home.session_secret, **who)


def lines(home: Cluster, service: str, event: str) -> list[dict[str, Any]]:
    """What a service logged under one name, in order."""
    path = home.folder / "logs" / f"{service}.log"
    found = [json.loads(line) for line in path.read_text().splitlines() if f'"{event}"' in line]
    return [line for line in found if line["event"] == event]


def begun(home: Cluster, service: str, job: str) -> int:
    """How often a renderer began an export."""
    return sum(line.get("export") == job for line in lines(home, service, "export.attempt_begun"))


async def ready(home: Cluster, *names: str) -> None:
    """Return once these services are ready."""
    await asyncio.gather(*(asyncio.to_thread(home.services[name].wait_until_ready) for name in names))


async def only(home: Cluster, *renderers: str) -> None:
    """Leave only these renderers running."""
    for name in home.names:
        if name.startswith("renderer"):
            running = home.services[name].process.running
            if name in renderers and not running:
                await home.revive(name)
            if name not in renderers and running:
                await home.kill(name)
    await ready(home, *renderers)


async def asked(home: Cluster, sql: str, *arguments: object) -> Any:
    """One value of the exports database, past every proxy."""
    link = await asyncpg.connect(home.servers.database_url)
    try:
        return await link.fetchval(sql, *arguments)
    finally:
        await link.close()


async def outbox_is_empty(home: Cluster) -> bool:
    """Whether every event has left."""
    return bool(await asked(home, "SELECT count(*) = 0 FROM exports.outbox"))
