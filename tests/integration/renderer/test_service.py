"""The whole renderer on real servers, with real worker processes, real typesetting and a real storage over HTTP."""

import asyncio
import hashlib
import io
import os
import signal
import socket
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import httpx2
import pikepdf
import psutil
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.envelope import Envelope, parse
from contracts.events import ExportCompleted, ExportFailed, ExportProgress, ExportRequested
from contracts.graded_exam import GradedExam
from contracts.states import FailureCode, Format, Phase
from contracts.topology import Exchange, Topology
from dev.sample.load import SAMPLE
from dev.stack.accounts import as_account, role_of
from services.renderer.app import make_app
from services.renderer.limits import Limits
from services.renderer.settings import RendererSettings
from tests.builders import AS_OF, an_export_requested
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

TOKEN = "a-token-of-this-test-only"
EXAM = GradedExam.model_validate_json((SAMPLE / "exams" / "informatique.json").read_bytes())


class FakeStorage:
    """Storage's PUT, kept in memory, failing as often as a test wants."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.headers: dict[str, str] = {}
        self.failures: list[int] = []
        self.puts = 0

    async def put(self, request: Request) -> Response:
        self.puts += 1
        body = await request.body()
        if request.headers["authorization"] != f"Bearer {TOKEN}":
            return Response(status_code=401)
        if self.failures:
            return Response(status_code=self.failures.pop(0))
        sha256 = hashlib.sha256(body).hexdigest()
        key = f"{request.path_params['id']}/{sha256}"
        self.files[key] = body
        self.headers = dict(request.headers)
        answer = {"key": key, "size": len(body), "sha256": sha256, "expiresAt": "2026-01-20T12:00:00Z"}
        return JSONResponse(answer, status_code=201)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/exports/{id}/file", self.put, methods=["PUT"]),
                Route("/healthz", lambda _: Response()),
            ]
        )


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """An app on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
        task = asyncio.create_task(server.serve(sockets=[sock]))
        await wait_until(lambda: server.started, 20)
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


class Harness:
    """A running renderer, its storage and its broker."""

    def __init__(
        self,
        url: str,
        storage: FakeStorage,
        topology: Topology,
        connection: aio_pika.abc.AbstractConnection,
        channel: aio_pika.abc.AbstractChannel,
    ) -> None:
        self.url, self.storage, self.topology = url, storage, topology
        self._connection, self._channel = connection, channel

    async def ask(self, **overrides: Any) -> ExportRequested:
        values: dict[str, Any] = {"institution_id": EXAM.exam.institution.id, "exam_id": EXAM.exam.id}
        request = an_export_requested(**(values | overrides))
        envelope = Envelope(id=request.export_id, source="test", time=AS_OF, event=request)
        exchange = await self._channel.get_exchange(self.topology.exchange(Exchange.REQUESTS))
        message = aio_pika.Message(request.to_json(), headers={**envelope.headers()}, message_id=str(request.export_id))
        await exchange.publish(message, routing_key=request.type)
        return request

    async def outcome(self, seconds: float = 60) -> Any:
        queue = await self._channel.get_queue(self.topology.outcomes.name)

        async def get() -> aio_pika.abc.AbstractIncomingMessage | None:
            return await queue.get(no_ack=True, fail=False)

        message = await wait_until(get, seconds)
        assert message is not None
        return parse(message.headers, message.body).event

    async def completed(self) -> ExportCompleted:
        event = await self.outcome()
        assert isinstance(event, ExportCompleted), event
        return event

    async def progress(self) -> list[ExportProgress]:
        """All progress so far, from the stream's beginning."""
        channel = await self._connection.channel()
        await channel.set_qos(100)
        queue = await channel.get_queue(self.topology.progress.name)
        seen: list[ExportProgress] = []

        async def note(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            event = parse(message.headers, message.body).event
            assert isinstance(event, ExportProgress)
            seen.append(event)
            await message.ack()

        await queue.consume(note, arguments={"x-stream-offset": "first"})
        await wait_until(lambda: any(event.phase is Phase.SAVING for event in seen), 10)
        await channel.close()
        return seen


@pytest.fixture
def settings(amqp_url: str, topology: Topology, correcta_database_url: str, tmp_path: Path) -> Callable[..., Any]:
    def make(storage_url: str, **overrides: Any) -> RendererSettings:
        values: dict[str, Any] = {
            "amqp_url": amqp_url,
            "internal_token": TOKEN,
            "broker_namespace": topology.namespace,
            "correcta_database_url": as_account(correcta_database_url, role_of("renderer")),
            "storage_url": storage_url,
            "workers": 2,
            "work_folder": tmp_path / "work",
            "upload_seconds": 3.0,
            "grace_seconds": 5.0,
        }
        return RendererSettings(**(values | overrides))

    return make


@pytest_asyncio.fixture
async def harness(settings: Callable[..., Any], topology: Topology, amqp_url: str) -> AsyncIterator[Harness]:
    storage = FakeStorage()
    async with serving(storage.app()) as storage_url:
        app = await make_app(settings(storage_url), Limits())
        async with serving(app) as url, await aio_pika.connect(amqp_url) as connection:
            yield Harness(url, storage, topology, connection, await connection.channel())


async def test_a_report_from_the_request_to_the_stored_file(harness: Harness, tmp_path: Path) -> None:
    request = await harness.ask()
    event = await harness.completed()
    assert event.export_id == request.export_id
    assert event.attempt_count == len(EXAM.submissions)
    assert event.file.content_type == "application/pdf"
    body = harness.storage.files[event.file.key]
    assert (event.file.size, event.file.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    with pikepdf.open(io.BytesIO(body)) as pdf:
        assert len(pdf.pages) == event.file.pages
        assert pdf.Root.MarkInfo.Marked
    assert harness.storage.headers["x-exam-id"] == EXAM.exam.id
    assert [path for path in (tmp_path / "work" / "exports").rglob("*") if path.is_file() and path.name != "lock"] == []


async def test_progress_rises_and_counts_copies(harness: Harness) -> None:
    await harness.ask()
    await harness.completed()
    seen = await harness.progress()
    assert [event.sequence for event in seen] == sorted({event.sequence for event in seen})
    assert [event.percent for event in seen] == sorted(event.percent for event in seen)
    assert seen[0].phase is Phase.LOADING
    assert seen[-1].percent >= 95
    total = len(EXAM.submissions)
    assert {event.total for event in seen if event.phase is not Phase.LOADING} == {total}
    assert all(10 + 70 * event.processed // total == event.percent for event in seen if event.phase is Phase.PROCESSING)


@pytest.mark.parametrize("kind", [Format.CSV, Format.XLSX, Format.ZIP])
async def test_the_other_formats(harness: Harness, kind: Format) -> None:
    await harness.ask(format=kind)
    event = await harness.completed()
    body = harness.storage.files[event.file.key]
    if kind is Format.CSV:
        assert body.startswith(b"\xef\xbb\xbf")
        assert body.count(b"\r\n") > len(EXAM.submissions)
    else:
        names = zipfile.ZipFile(io.BytesIO(body)).namelist()
        assert len([name for name in names if name.endswith(".pdf")]) == (
            len(EXAM.submissions) if kind is Format.ZIP else 0
        )


async def test_a_second_export_of_the_same_exam_has_the_same_copies(harness: Harness) -> None:
    await harness.ask()
    first = await harness.completed()
    await harness.ask()
    second = await harness.completed()
    assert first.file.pages == second.file.pages


async def test_another_institutions_exam_is_not_found(harness: Harness) -> None:
    await harness.ask(institution_id="somebody-else")
    event = await harness.outcome()
    assert isinstance(event, ExportFailed)
    assert event.code is FailureCode.EXAM_NOT_FOUND


async def test_a_foreign_class_is_an_error(harness: Harness) -> None:
    await harness.ask(class_ids=("of-another-course",))
    event = await harness.outcome()
    assert isinstance(event, ExportFailed)
    assert event.code is FailureCode.CLASS_NOT_FOUND


async def test_an_upload_is_repeated_without_a_new_document(harness: Harness) -> None:
    harness.storage.failures = [503, 500]
    await harness.ask(format=Format.CSV)
    event = await harness.completed()
    assert event.attempt == 1
    assert harness.storage.puts == 3


async def test_health_answers_at_once_and_readiness_tells_of_each_dependency(harness: Harness) -> None:
    async with httpx2.AsyncClient(base_url=harness.url) as client:
        assert (await client.get("/healthz")).status_code == 200

        async def is_ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await wait_until(is_ready, 15)
        assert "renderer_workers 2.0" in (await client.get("/metrics")).text


async def test_workers_know_no_secret_and_one_that_is_killed_costs_nothing(harness: Harness) -> None:
    await harness.ask(format=Format.CSV)
    await harness.completed()
    servers = [child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline())]
    workers = [worker for server in servers for worker in server.children()]
    assert len(workers) == 2
    os.kill(workers[0].pid, signal.SIGKILL)
    await harness.ask()
    assert (await harness.completed()).warnings == ()


async def test_the_renderer_starts_while_everything_is_away(settings: Callable[..., Any]) -> None:
    away = settings(
        "http://127.0.0.1:9", amqp_url="amqp://127.0.0.1:9/", correcta_database_url="postgresql://x@127.0.0.1:9/x"
    )
    async with serving(await make_app(away, Limits())) as url, httpx2.AsyncClient(base_url=url) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        checks = {name: state.split(":")[0] for name, state in answer.json()["checks"].items()}
        assert checks.pop("workers") == "ok"
        assert set(checks.values()) == {"unavailable"}
