"""A client of the exports at one gateway, asynchronous: it runs in the loop that the cluster's proxies live in."""

import json
from typing import Any, Self

import httpx2

from contracts.http import ALL_STATES, STATES_HEADER
from dev.plain_http import TRUST_NOBODY
from dev.sample import people
from dev.sample.model import Person
from dev.sample.subjects.pourcentages import POURCENTAGES
from dev.teacher import TERMINAL, session_token
from services.gateway.identity import csrf, sessions
from tests.waiting import wait_until

EXAM = POURCENTAGES.id

Frame = tuple[int, str, dict[str, Any]]
"""An SSE frame: id, event, data."""


class ExportClient:
    """One person's requests about one exam. `keepalive` connections are used again; 0: each request has its own."""

    def __init__(
        self, url: str, secret: str, person: Person = people.MARCHETTI, exam: str = EXAM, keepalive: int | None = None
    ) -> None:
        self._base, self._exam = f"/api/exams/{exam}/export", exam
        self.http = httpx2.AsyncClient(
            base_url=url,
            cookies={sessions.COOKIE: session_token(person, secret), csrf.COOKIE: "c" * 32},
            headers={csrf.HEADER: "c" * 32, "origin": url, STATES_HEADER: ALL_STATES},
            timeout=30,
            limits=httpx2.Limits(max_keepalive_connections=keepalive),
            trust_env=False,
            verify=TRUST_NOBODY,
        )

    async def post(self, kind: str = "csv", options: dict[str, Any] | None = None, **headers: str) -> httpx2.Response:
        """The answer to the POST that starts an export."""
        body = {} if options is None else {"options": options}
        return await self.http.post(f"{self._base}/{kind}", json=body, headers=headers)

    async def start(self, kind: str = "csv", options: dict[str, Any] | None = None) -> str:
        """Start an export that has to be accepted; its id."""
        answer = await self.post(kind, options)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["jobId"])

    async def get(self, path: str, **params: str) -> httpx2.Response:
        """The answer to a GET below `/api/exams/{examId}/export/`."""
        return await self.http.get(f"{self._base}/{path}", params=params)

    async def status(self, job: str) -> dict[str, Any]:
        """Its status answer; an empty status while there is no 200."""
        try:
            answer = await self.get("status", jobId=job)
        except httpx2.TransportError:
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
        async with self.http.sse(f"{self._base}/events", params={"jobId": job}) as source:
            async for frame in source:
                if frame.data and frame.event != "forecast":
                    frames.append((int(frame.id), frame.event, json.loads(frame.data)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
