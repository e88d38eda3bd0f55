"""Clients of the gateways during a run: each starts an export, follows it to its end, downloads the file, and notes
every answer in the history.

A broken connection, 503 and 429 are tried again, as a browser or a script would. Anything else that is not what the
interface promises is noted as it came, for the checker to judge.
"""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import httpx2

from contracts.http import ALL_STATES, STATES_HEADER
from dev.chaos.history import History
from dev.plain_http import TRUST_NOBODY
from dev.sample import people
from dev.sample.model import Person
from dev.sample.subjects.informatique import INFORMATIQUE
from dev.sample.subjects.mathematiques import MATHEMATIQUES
from dev.sample.subjects.pourcentages import POURCENTAGES
from dev.teacher import TERMINAL, session_token
from services.gateway.identity import csrf, sessions

REQUESTS: tuple[tuple[int, Person, str, str], ...] = (
    (6, people.MARCHETTI, POURCENTAGES.id, "pdf"),
    (3, people.MARCHETTI, POURCENTAGES.id, "zip"),
    (3, people.MARCHETTI, POURCENTAGES.id, "csv"),
    (2, people.MARCHETTI, POURCENTAGES.id, "xlsx"),
    (2, people.OKONKWO, MATHEMATIQUES.id, "csv"),
    (2, people.KABORE, INFORMATIQUE.id, "xlsx"),
)
"""Who asks for what, and how often: small exams, so that many are made."""

CANCELLING = 0.08
AGAIN = frozenset({429, 503})
PAUSE_SECONDS = 0.5


@dataclass
class ClientSession:
    """One client and one export, from the POST to the file."""

    gateways: Sequence[str]
    secret: str
    history: History
    chance: Random
    number: int
    _last: int | None = None
    _result: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> None:
        """From the first click to the file."""
        weights = [request[0] for request in REQUESTS]
        _, person, self._exam, self._format = self.chance.choices(REQUESTS, weights)[0]
        self._streaming = self.chance.random() < 0.7
        cookies = {sessions.COOKIE: session_token(person, self.secret), csrf.COOKIE: "c" * 32}
        limits = httpx2.Timeout(20, connect=3)
        async with httpx2.AsyncClient(
            headers={STATES_HEADER: ALL_STATES},
            cookies=cookies,
            timeout=limits,
            trust_env=False,
            verify=TRUST_NOBODY,
        ) as self._http:
            self._export = await self._ask()
            if not self._export:
                return
            if self.chance.random() < CANCELLING:
                await asyncio.sleep(self.chance.uniform(0, 2))
                await self._cancel()
            await (self._follow() if self._streaming else self._poll())
            if self._result:
                await self._fetch()

    async def _ask(self) -> str:
        key = str(UUID(int=self.chance.getrandbits(128)))
        self.history.note("asked", session=self.number, key=key, exam=self._exam, format=self._format)
        answer = await self._request("POST", self._path(self._format), json={}, headers={"Idempotency-Key": key})
        if answer.status_code != 202:
            self._refused("start", answer)
            return ""
        export = str(answer.json()["jobId"])
        self.history.note("accepted", session=self.number, key=key, export=export, format=self._format)
        return export

    async def _cancel(self) -> None:
        answer = await self._request("DELETE", self._path(f"jobs/{self._export}"))
        if answer.status_code not in (200, 409):
            self._refused("cancel", answer)

    async def _follow(self) -> None:
        """By server-sent events, reconnecting with `Last-Event-ID` where the stream ends early."""
        while True:
            with suppress(httpx2.TransportError):
                if await self._stream():
                    return
            await asyncio.sleep(PAUSE_SECONDS)

    async def _stream(self) -> bool:
        headers = {} if self._last is None else {"Last-Event-ID": str(self._last)}
        url = self._base() + self._path("events")
        async with self._http.sse(url, params={"jobId": self._export}, headers=headers) as source:
            if source.response.status_code != 200:
                if source.response.status_code not in AGAIN:
                    self._refused("stream", source.response)
                    return True
                return False
            async for frame in source:
                if not frame.data or frame.event == "forecast":
                    continue
                data = json.loads(frame.data)
                self._last = int(frame.id)
                self._note("frame", position=self._last, event=frame.event, status=data["status"])
                if frame.event in TERMINAL:
                    self._ended(data)
                    return True
        return False

    async def _poll(self) -> None:
        before = None
        while True:
            answer = await self._request("GET", self._path("status"), params={"jobId": self._export})
            if answer.status_code != 200:
                return self._refused("status", answer)
            data = answer.json()
            if data["status"] != before:
                before = data["status"]
                self._note("status", status=before)
            if before in TERMINAL:
                return self._ended(data)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _fetch(self) -> None:
        answer = await self._request("GET", self._result["downloadUrl"])
        if answer.status_code != 200:
            return self._refused("download", answer)
        digest = hashlib.sha256(answer.content).hexdigest()
        return self._note("file", sha256=digest, promised=self._result["sha256"], size=len(answer.content))

    def _ended(self, data: dict[str, Any]) -> None:
        self._result = data.get("result") or {}
        self._note("told", status=data["status"], sha256=self._result.get("sha256"), code=data.get("errorCode"))

    async def _request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """The first answer that is neither 429 nor 503, of any gateway; a broken connection is tried again too."""
        headers = options.pop("headers", {})
        while True:
            base = self._base()
            own = {csrf.HEADER: "c" * 32, "origin": base, **headers}
            with suppress(httpx2.TransportError):
                answer = await self._http.request(method, f"{base}{path}", headers=own, **options)
                if answer.status_code not in AGAIN:
                    return answer
                if "retry-after" not in answer.headers:
                    self._refused("no Retry-After", answer)
            await asyncio.sleep(PAUSE_SECONDS)

    def _path(self, below: str) -> str:
        return f"/api/exams/{self._exam}/export/{below}"

    def _base(self) -> str:
        return self.chance.choice(self.gateways)

    def _note(self, kind: str, **facts: Any) -> None:
        self.history.note(kind, session=self.number, export=self._export, **facts)

    def _refused(self, what: str, answer: httpx2.Response) -> None:
        self.history.note("refused", session=self.number, what=what, status=answer.status_code)
