"""The HTTP interface with nothing behind it: each export follows a script, and any answer can be made to go wrong."""

import asyncio
import hashlib
import json
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from contracts.http import Accepted
from contracts.states import ExportStatus

TOKEN = "a-teacher's-token"
EXAM = "exam 1/é"
BODY = b"%PDF-1.7 " * 100_000


class Cut(Exception):
    """Ends a connection in the middle of its body."""


def running(progress: int, **more: Any) -> dict[str, Any]:
    values = {"status": "active", "phase": "processing", "progress": progress, "processed": progress, "total": 100}
    return values | {"attempt": 1} | more


def completed(body: bytes = BODY, **more: Any) -> dict[str, Any]:
    result = {
        "filename": "Relevé – 2nde B.pdf",
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "downloadUrl": "/api/exams/exam%201%2F%C3%A9/export/download/f.pdf",
        "attemptCount": 34,
        "pages": 102,
        "expiresAt": "2026-01-20T11:00:00.000Z",
        "warnings": [{"code": "formula_not_drawn", "submissionId": "s", "message": "Formule non dessinée"}],
    }
    return running(100, status="completed", phase="complete", processed=34, total=34) | {"result": result | more}


def failed() -> dict[str, Any]:
    return running(40, status="failed") | {"error": "Aucune copie à exporter.", "errorCode": "no_copies"}


def job_of(key: str) -> UUID:
    """The export that the fake starts under an idempotency key."""
    return uuid5(NAMESPACE_URL, key)


class FakeGateway:
    """`script` is what each connection to the stream brings; the last entry repeats."""

    def __init__(self) -> None:
        self.url = ""
        self.script: list[list[dict[str, Any] | Cut]] = [[running(10), running(60), completed()]]
        self.state: dict[str, Any] = completed()
        self.body = BODY
        self.refusals: dict[str, list[Response]] = {}
        self.cut_downloads_at: list[int] = []
        self.starts: list[dict[str, Any]] = []
        self.last_event_ids: list[str | None] = []
        self.ranges: list[str | None] = []
        self.calls: Counter[str] = Counter()
        self.strangers: list[str] = []
        self.streaming = threading.Event()
        self.held = threading.Event()
        self.jobs: list[list[dict[str, Any]]] = [[]]

    def _answer_instead(self, call: str, request: Request) -> Response | None:
        self.calls[call] += 1
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            self.strangers.append(call)
            return problem(401, "not_signed_in", "Reconnectez-vous.")
        waiting = self.refusals.get(call)
        return waiting.pop(0) if waiting else None

    async def start(self, request: Request) -> Response:
        if instead := self._answer_instead("start", request):
            return instead
        self.starts.append(
            {
                "exam": request.path_params["exam"],
                "format": request.path_params["format"],
                "body": await request.json(),
                "key": request.headers["idempotency-key"],
                "language": request.headers["accept-language"],
            }
        )
        body = Accepted(job_id=job_of(request.headers["idempotency-key"]), status=ExportStatus.QUEUED)
        return Response(body.to_json(), 202, media_type="application/json")

    async def status(self, request: Request) -> Response:
        return self._answer_instead("status", request) or JSONResponse(self.state)

    async def events(self, request: Request) -> Response:
        if instead := self._answer_instead("events", request):
            return instead
        self.last_event_ids.append(request.headers.get("last-event-id"))
        frames = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return StreamingResponse(self._stream(frames), media_type="text/event-stream")

    async def _stream(self, frames: list[dict[str, Any] | Cut]) -> AsyncIterator[str]:
        self.streaming.set()
        yield ": ping\n\nretry: 10\n\n"
        for position, frame in enumerate(frames, start=1):
            if isinstance(frame, Cut):
                raise frame
            if "jobs" in frame:
                yield f"event: forecast\ndata: {json.dumps(frame)}\n\n"
                continue
            event = "progress" if frame["status"] in {"queued", "active"} else frame["status"]
            yield f"id: {frame['progress'] * 1000 + position}\nevent: {event}\ndata: {json.dumps(frame)}\n\n"
        if not frames:
            await asyncio.to_thread(self.held.wait)

    async def download(self, request: Request) -> Response:
        if instead := self._answer_instead("download", request):
            return instead
        sent = request.headers.get("range")
        self.ranges.append(sent)
        start = int(sent.removeprefix("bytes=").removesuffix("-")) if sent else 0
        cut = self.cut_downloads_at.pop(0) if self.cut_downloads_at else None
        headers = {"Content-Length": str(len(self.body) - start), "ETag": f'"{hashlib.sha256(self.body).hexdigest()}"'}
        return StreamingResponse(self._bytes(start, cut), status_code=206 if sent else 200, headers=headers)

    async def _bytes(self, start: int, cut: int | None) -> AsyncIterator[bytes]:
        yield self.body[start:cut]
        if cut is not None:
            raise Cut

    async def listed(self, request: Request) -> Response:
        jobs = self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]
        return self._answer_instead("jobs", request) or JSONResponse({"jobs": jobs})

    def app(self) -> Starlette:
        base = "/api/exams/{exam:path}/export"
        routes = [
            Route(f"{base}/status", self.status),
            Route(f"{base}/events", self.events),
            Route(f"{base}/jobs", self.listed),
            Route(f"{base}/download/{{name}}", self.download),
            Route(f"{base}/{{format}}", self.start, methods=["POST"]),
        ]
        return Starlette(routes=routes)


def problem(status: int, code: str, detail: str, **headers: str) -> Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"title": "x", "status": status, "code": code, "detail": detail}, status, sent)


@contextmanager
def serving(fake: FakeGateway) -> Iterator[FakeGateway]:
    """The fake on a port of its own, in a thread of its own: the command line blocks."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(fake.app(), log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    fake.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        yield fake
    finally:
        fake.held.set()
        server.should_exit = True
        thread.join()
        listening.close()
