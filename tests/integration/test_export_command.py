"""`correcta-export` against the real gateway and the real storage; the test plays the renderer."""

import asyncio
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from contracts import envelope
from contracts.events import ExportCompleted, ExportFailed, ExportProgress, ExportRequested
from contracts.states import FailureCode, Phase
from contracts.topology import Role, Topology
from dev.stack.services import Plan, Servers, Stack
from services.common.broker import Publisher, make_broker
from services.common.signing import Signer
from services.gateway.identity import sessions
from tests.uploads import upload
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

BODY = os.urandom(3_000_000)

Play = Callable[["FakeRenderer", ExportRequested], Awaitable[None]]


@dataclass
class FakeRenderer:
    """Publishes and stores what a renderer would, without rendering."""

    publisher: Publisher
    storage: tuple[str, str]
    """Its address and token."""

    async def progress(self, asked: ExportRequested, sequence: int, percent: int) -> None:
        await self.publisher.publish_unconfirmed(
            ExportProgress(
                export_id=asked.export_id,
                attempt=1,
                sequence=sequence,
                phase=Phase.PROCESSING,
                percent=percent,
                processed=percent,
                total=100,
                at=datetime.now(UTC),
            )
        )

    async def complete(self, asked: ExportRequested) -> None:
        filename = f"Relevé {asked.export_id}.{asked.format}"
        file = await upload(
            self.storage, asked.export_id, BODY, filename, asked.format, pages=7, identity=asked.identity
        )
        now = datetime.now(UTC)
        await self.publisher.publish(
            ExportCompleted(
                **asked.identity,
                format=asked.format,
                attempt=1,
                file=file,
                attempt_count=34,
                started_at=now,
                completed_at=now,
            )
        )

    async def fail(self, asked: ExportRequested) -> None:
        await self.publisher.publish(
            ExportFailed(
                **asked.identity,
                attempt=1,
                code=FailureCode.NO_COPIES,
                message="Aucune copie à exporter.",
                failed_at=datetime.now(UTC),
            )
        )


async def serve_requests(url: str, topology: Topology, renderer: FakeRenderer, play: Play) -> None:
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).get_queue(topology.small_requests.name)
        async with queue.iterator() as messages:
            async for message in messages:
                asked = envelope.parse(message.headers, message.body).event
                assert isinstance(asked, ExportRequested)
                await play(renderer, asked)
                await message.ack()


@dataclass
class Harness:
    """A running stack, a teacher's token and one of her exams."""

    stack: Stack
    exam_id: str
    token: str
    output: Path
    play: Callable[[Play], None]

    async def run_command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "services.gateway.cli", *arguments, "--json"]
        given = {"CORRECTA_URL": self.stack.url, "CORRECTA_TOKEN": self.token, "LC_ALL": "fr_FR.UTF-8"}
        environment = {"PATH": os.environ["PATH"], **given}
        return await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture
async def harness(
    amqp_url: str, database_url: str, correcta_database_url: str, topology: Topology, tmp_path: Path
) -> AsyncIterator[Harness]:
    servers = Servers(amqp_url, database_url, correcta_database_url, topology.namespace, broker_accounts=False)
    shared = {"INTERNAL_TOKEN": secrets.token_hex(16)}
    stack = Stack(tmp_path, servers, Plan(renderers=0, settings={"gateway": shared, "storage": shared}))
    await asyncio.to_thread(stack.start)
    broker = make_broker(amqp_url)
    await broker.start()
    tasks: list[asyncio.Task[None]] = []
    publisher = Publisher(broker, topology, Role.RENDERER, Signer(stack.signing_keys[Role.RENDERER]))
    renderer = FakeRenderer(publisher, (stack.storage.url, shared["INTERNAL_TOKEN"]))

    def play(part: Play) -> None:
        tasks.append(asyncio.create_task(serve_requests(amqp_url, topology, renderer, part)))

    exam_id, token = await an_exam_and_its_teacher(correcta_database_url, stack.session_secret)
    yield Harness(stack, exam_id, token, tmp_path / "out.pdf", play)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await broker.stop()
    await asyncio.to_thread(stack.stop)


async def an_exam_and_its_teacher(correcta_url: str, secret: str) -> tuple[str, str]:
    connection = await asyncpg.connect(correcta_url)
    row = await connection.fetchrow(
        'SELECT e.id AS exam, u.id AS user, u.role::text AS role, c."institutionId" AS institution'
        ' FROM "Exam" e JOIN "Course" c ON c.id = e."courseId"'
        ' JOIN "User" u ON u."institutionId" = c."institutionId" AND u.role = \'TEACHER\' AND u."archivedAt" IS NULL'
        " ORDER BY e.id, u.id LIMIT 1"
    )
    await connection.close()
    now = int(time.time())
    claims = {"id": row["user"], "role": row["role"], "institutionId": row["institution"], "iat": now, "exp": now + 600}
    return row["exam"], sessions.mint(claims, sessions.derive_key(secret))


async def test_from_the_command_to_the_verified_file(harness: Harness) -> None:
    async def play(renderer: FakeRenderer, asked: ExportRequested) -> None:
        for sequence, percent in enumerate((10, 40, 80)):
            await renderer.progress(asked, sequence, percent)
        await renderer.complete(asked)

    harness.play(play)
    done = await harness.run_command("pdf", harness.exam_id, "-o", str(harness.output))
    assert done.returncode == 0, done.stdout
    said = json.loads(done.stdout)
    assert (said["status"], said["size"], said["attemptCount"], said["pages"]) == ("completed", len(BODY), 34, 7)
    assert said["sha256"] == hashlib.sha256(harness.output.read_bytes()).hexdigest() == hashlib.sha256(BODY).hexdigest()
    listed = json.loads((await harness.run_command(harness.exam_id, "--watch")).stdout)
    assert [(job["jobId"], job["status"]) for job in listed] == [(said["jobId"], "completed")]
    again = await harness.run_command("pdf", harness.exam_id, "--resume", said["jobId"], "-o", str(harness.output))
    assert again.returncode == 0


async def test_the_gateway_killed_in_the_middle_is_hardly_noticed(harness: Harness) -> None:
    reached, may_end = asyncio.Event(), asyncio.Event()

    async def play(renderer: FakeRenderer, asked: ExportRequested) -> None:
        await renderer.progress(asked, 0, 40)
        reached.set()
        await may_end.wait()
        await renderer.complete(asked)

    harness.play(play)
    typed = asyncio.create_task(harness.run_command("pdf", harness.exam_id, "-o", str(harness.output)))
    await reached.wait()
    await asyncio.to_thread(harness.stack.gateway.process.kill)
    harness.stack.gateway.process.start()
    may_end.set()
    done = await typed
    assert done.returncode == 0, done.stdout
    assert harness.output.read_bytes() == BODY


async def test_a_failure_is_told_in_the_teachers_words(harness: Harness) -> None:
    harness.play(FakeRenderer.fail)
    done = await harness.run_command("csv", harness.exam_id, "-o", str(harness.output))
    said = json.loads(done.stdout)
    assert (done.returncode, said["status"], said["errorCode"]) == (1, "failed", "no_copies")
    assert said["error"]
    assert not harness.output.exists()


@pytest.mark.parametrize("arguments", [("pdf", "no-such-exam"), ("pdf", "EXAM", "--class", "no-such-class")])
async def test_what_the_gateway_refuses_ends_at_once(harness: Harness, arguments: tuple[str, ...]) -> None:
    filled = [harness.exam_id if word == "EXAM" else word for word in arguments]
    done = await harness.run_command(*filled, "-o", str(harness.output))
    assert (done.returncode, json.loads(done.stdout)["errorCode"].endswith("not_found")) == (2, True)


async def test_the_same_key_is_the_same_export(harness: Harness) -> None:
    harness.play(FakeRenderer.complete)
    key = ("--idempotency-key", "once")
    answers = [await harness.run_command("pdf", harness.exam_id, "-o", str(harness.output), *key) for _ in range(2)]
    assert len({json.loads(answer.stdout)["jobId"] for answer in answers}) == 1
    await wait_until(harness.output.exists)
