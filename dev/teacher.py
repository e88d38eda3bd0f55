"""A teacher at a browser, without the browser: signed in by Correcta's cookie, starting, following and downloading."""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2

from contracts.http import ALL_STATES, STATES_HEADER
from dev.plain_http import TRUST_NOBODY
from dev.sample.model import Person
from services.gateway.identity import csrf, sessions

SESSION_SECONDS = 3600
FORECAST = "forecast"
TERMINAL = frozenset({"completed", "failed", "cancelled"})


class ExportFailed(RuntimeError):
    """The export ended otherwise than completed; the message is the teacher's."""


@dataclass(frozen=True)
class ServerEvent:
    """One server-sent event."""

    type: str
    id: int
    data: dict[str, Any]


def session_token(person: Person, secret: str, seconds: float = SESSION_SECONDS) -> str:
    """The session token Correcta's sign-in would have made."""
    now = int(time.time())
    claims = {
        "id": person.id,
        "role": person.role,
        "institutionId": person.school.id if person.school else None,
        "name": person.name,
        "email": person.email,
        "iat": now,
        "exp": now + int(seconds),
        "jti": secrets.token_hex(16),
    }
    return sessions.mint(claims, sessions.derive_key(secret))


class Teacher:
    """What one person's browser does at one gateway."""

    def __init__(self, url: str, person: Person, secret: str) -> None:
        token = secrets.token_hex(16)
        self.http = httpx2.Client(
            base_url=url,
            cookies={sessions.COOKIE: session_token(person, secret), csrf.COOKIE: token},
            headers={csrf.HEADER: token, "origin": url, STATES_HEADER: ALL_STATES},
            timeout=60,
            trust_env=False,
            verify=TRUST_NOBODY,
        )

    def start(self, exam_id: str, kind: str, body: Mapping[str, Any] | None = None) -> str:
        """Ask for an export; its id."""
        answer = self.http.post(f"/api/exams/{exam_id}/export/{kind}", json=dict(body or {}))
        if answer.status_code != 202:
            raise ExportFailed(answer.text)
        return str(answer.json()["jobId"])

    def status(self, exam_id: str, job: str) -> dict[str, Any]:
        """Where it stands."""
        answer = self.http.get(f"/api/exams/{exam_id}/export/status", params={"jobId": job}).raise_for_status()
        return dict(answer.json())

    def follow(self, exam_id: str, job: str, last: int | None = None) -> Iterator[ServerEvent]:
        """Its events to the end, from after position `last` where one is given."""
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        path = f"/api/exams/{exam_id}/export/events"
        with self.http.sse(path, params={"jobId": job}, headers=headers) as stream:
            for event in stream:
                if not event.data or event.event == FORECAST:
                    continue  # a ping, a greeting that only sets the time to reconnect, or what has no position
                yield ServerEvent(event.event, int(event.id), json.loads(event.data))
                if event.event in TERMINAL:
                    return

    def download(self, result: Mapping[str, Any], path: Path) -> None:
        """The file of a completed export, whole and unaltered, as `path`.

        Raises:
            ExportFailed: its sha256 is not the one announced.
        """
        digest = hashlib.sha256()
        with self.http.stream("GET", str(result["downloadUrl"])) as answer, path.open("wb") as file:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != result["sha256"]:
            raise ExportFailed(f"{path.name}: sha256 differs from the one announced")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
