"""`python -m services.storage` as a process of its own: it starts before its servers, and it stops well or suddenly."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from contracts.envelope import parse
from contracts.events import ExportExpired
from contracts.topology import Topology
from dev.stack.postgresql import PrivatePostgres
from dev.stack.processes import Process, free_port
from tests.integration.storage.conftest import NO_BROKER, TOKEN, a_description, client_of, headers_of, sha256
from tests.queues import take
from tests.serving import connected, request
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

BODY = os.urandom(300_000)


class StorageProcess:
    """One storage process and a client of it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.root, self.port = folder / "root", free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "INTERNAL_TOKEN": TOKEN,
            "STORAGE_ROOT": self.root.as_uri(),
            "PORT": str(self.port),
            "AMQP_URL": NO_BROKER,
            "EXPIRY_INTERVAL": "0.2",
            **environment,
        }
        command = [sys.executable, "-m", "services.storage"]
        self.process = Process(command, folder / "storage.log", env=self.environment)
        self.http = client_of(f"http://127.0.0.1:{self.port}")

    async def start(self) -> None:
        self.process.start()
        await wait_until(lambda: self.status("/healthz"), 20)

    async def status(self, path: str) -> int:
        try:
            return (await self.http.get(path)).status_code
        except httpx2.TransportError:
            return 0

    async def ready(self) -> bool:
        return await self.status("/readyz") == 200

    async def put(self, body: bytes | AsyncIterator[bytes], **headers: str) -> httpx2.Response:
        sent = headers_of(a_description()) | headers
        return await self.http.put(f"/exports/{uuid4()}/file", content=body, headers=sent)

    def files(self) -> set[str]:
        return {str(found.relative_to(self.root)) for found in self.root.rglob("*") if not found.is_dir()}


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Callable[..., StorageProcess]]:
    started: list[StorageProcess] = []

    def make(**environment: str) -> StorageProcess:
        started.append(StorageProcess(tmp_path, **environment))
        return started[-1]

    yield make
    for running in started:
        await asyncio.to_thread(running.process.stop)
        await running.http.aclose()


async def test_it_starts_before_its_database_and_recovers_from_its_loss(
    run: Callable[..., StorageProcess], private_postgres: PrivatePostgres
) -> None:
    url = private_postgres.url
    await asyncio.to_thread(private_postgres.stop)
    storage = run(DATABASE_URL=url)
    await storage.start()
    assert await storage.status("/readyz") == 503
    refused = await storage.put(BODY)
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    await asyncio.to_thread(private_postgres.start)
    await wait_until(storage.ready, 10)
    path = f"/files/{(await storage.put(BODY)).json()['key']}"
    await asyncio.to_thread(private_postgres.kill)
    assert (await storage.http.get(path)).status_code == 503
    await asyncio.to_thread(private_postgres.start)
    await wait_until(storage.ready, 10)
    assert (await storage.http.get(path)).content == BODY


async def test_sigterm_finishes_the_upload_that_runs(run: Callable[..., StorageProcess], database_url: str) -> None:
    storage = run(DATABASE_URL=database_url)
    await storage.start()
    await wait_until(storage.ready)
    may_end = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield BODY[:100_000]
        await may_end.wait()
        yield BODY[100_000:]

    uploading = asyncio.create_task(storage.put(slowly()))
    await wait_until(storage.files)
    storage.process.signal(signal.SIGTERM)
    await wait_until(lambda: refuses_connections(storage.port))
    done, _ = await asyncio.wait({uploading}, timeout=0.5)  # longer than a server that waits for nothing would last
    assert not done
    assert storage.process.running
    may_end.set()
    assert (await uploading).status_code == 201
    await wait_until(lambda: storage.process.status == 0)
    assert {found.rpartition("/")[2] for found in storage.files()} == {sha256(BODY)}


async def test_half_an_upload_is_cut_and_leaves_nothing(run: Callable[..., StorageProcess], database_url: str) -> None:
    storage = run(DATABASE_URL=database_url, HTTP_STALL_SECONDS="0.5")
    await storage.start()
    await wait_until(storage.ready)
    headers = [f"{name}: {value}" for name, value in headers_of(a_description()).items()]
    line = f"PUT /exports/{uuid4()}/file"
    async with connected(storage.port) as peer:
        await peer.send(request(line, f"Authorization: Bearer {TOKEN}", "Content-Length: 9000", *headers, body=b"half"))
        assert (await peer.answer())[0] == 408
    await wait_until(lambda: not storage.files())


async def refuses_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return True
    writer.close()
    await writer.wait_closed()
    return False


async def test_kill_in_the_middle_of_an_upload_leaves_no_file_and_a_leftover_that_is_swept(
    run: Callable[..., StorageProcess], database_url: str
) -> None:
    storage = run(DATABASE_URL=database_url, SWEEP_INTERVAL="0.2")
    await storage.start()
    await wait_until(storage.ready)

    async def half() -> AsyncIterator[bytes]:
        yield BODY * 5
        await wait_until(storage.files)
        await asyncio.to_thread(storage.process.kill)
        yield BODY

    with pytest.raises(httpx2.TransportError):
        await storage.put(half())
    (leftover,) = storage.files()
    assert leftover.startswith(".incoming/")
    os.utime(storage.root / leftover, (0, 0))
    await storage.start()
    await wait_until(lambda: not storage.files())
    assert (await storage.put(BODY)).status_code == 201


async def test_a_file_ends_by_the_policy_and_the_broker_hears_of_it(
    run: Callable[..., StorageProcess], database_url: str, amqp_url: str, topology: Topology
) -> None:
    storage = run(
        DATABASE_URL=database_url, AMQP_URL=amqp_url, BROKER_NAMESPACE=topology.namespace, RETENTION_SECONDS="3"
    )
    await storage.start()
    await wait_until(storage.ready)
    first = (await storage.put(BODY)).json()["key"]
    assert storage.files() == {first}
    await wait_until(lambda: not storage.files(), 20)
    assert await storage.status(f"/files/{first}") == 410
    message = await take(amqp_url, topology.outcomes.name)
    event = parse(message.headers, message.body).event
    assert isinstance(event, ExportExpired)
    assert event.key == first


async def test_without_a_broker_files_end_all_the_same_and_are_kept_until_it_hears(
    run: Callable[..., StorageProcess], database_url: str
) -> None:
    storage = run(DATABASE_URL=database_url, RETENTION_SECONDS="0.5")
    await storage.start()
    await wait_until(storage.ready)
    key = (await storage.put(BODY)).json()["key"]
    await wait_until(lambda: has_expired(storage, key))
    assert storage.files() == {key}


async def has_expired(storage: StorageProcess, key: str) -> bool:
    return await storage.status(f"/files/{key}") == 410


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"INTERNAL_TOKEN": "short"}, "INTERNAL_TOKEN"),
        ({"STORAGE_ROOT": "/var/lib"}, "STORAGE_ROOT"),
        ({"PORT": "x"}, "PORT"),
        ({"DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/none?schemas=public"}, "DATABASE_URL"),
    ],
)
async def test_a_setting_that_is_wrong_is_named_and_ends_the_process(
    run: Callable[..., StorageProcess], wrong: dict[str, str], named: str
) -> None:
    storage = run(**{"DATABASE_URL": "postgresql://127.0.0.1:1/none", **wrong})
    storage.process.start()
    await wait_until(lambda: not storage.process.running, 20)
    assert storage.process.status == 2
    said = storage.process.tail(50)
    assert named in said
    assert "hush" not in said
