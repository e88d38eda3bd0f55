"""One export over several renderers, with a real broker, a real storage and real workers: always the same bytes."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from prometheus_client import CollectorRegistry

from contracts.options import Audience, ReportOptions
from contracts.shards import ShardOffered
from contracts.states import Format, WarningCode
from contracts.topology import Exchange, Role, Topology, offer_key
from services.common.signing import SignaturePolicy, Signer, Verifier
from services.common.signing_keys import new_keys, trusted_list
from services.renderer.exam.json_file import JsonSource
from services.renderer.export.render import Artifact, render_export
from services.renderer.export.request import RenderRequest
from services.renderer.export.workspace import Workspace
from services.renderer.fleet.fleet import Fleet, Reach
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits
from services.renderer.progress import Progress
from services.renderer.workers.cache import DiskCache, NoCache
from services.renderer.workers.confinement import Sandbox
from services.renderer.workers.pool import WorkerPool
from services.renderer.workers.shards import Pipeline
from services.renderer.workers.tasks import WorkerTasks
from services.storage.app import make_app
from services.storage.settings import StorageSettings
from tests import builders, serving
from tests.builders import a_graded_exam, a_student, a_submission, an_answer
from tests.component.renderer import worker_tasks
from tests.component.renderer.conftest import WORKER_BYTES
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

TOKEN = "a-blobs-token-of-this-test"
KEYS = new_keys()
LIMITS = Limits(shard_seconds=10.0, shard_memory=WORKER_BYTES)


async def no_image(_: str) -> ImageProblem:
    return ImageProblem(Reason.NOT_FOUND)


class Renderer:
    """A pool of one worker, a cache, and its part in the fleet."""

    def __init__(self, folder: Path, reach: Reach, tasks: WorkerTasks, *, helps: bool) -> None:
        self.registry = CollectorRegistry()
        self.workspace = Workspace(folder / "exports")
        self.pool = WorkerPool(
            1,
            sandbox=Sandbox(LIMITS.shard_memory, self.workspace.own_folder),
            initialise=worker_tasks.initialise,
        )
        self.tasks = tasks
        cache = DiskCache(folder / "cache") if helps else NoCache()
        self.fleet = Fleet(reach, self.pool, self.workspace, cache, self.registry, helps=helps, tasks=tasks)
        self.cache = cache
        self._runs = 0

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"renderer_{name}", labels) or 0.0

    def shards(self, event: str) -> float:
        return self.counted("shards_total", event=event)

    async def export(self, exam: Path, **options: Any) -> Artifact:
        self._runs += 1
        with self.workspace.folder() as folder:
            pipeline = Pipeline(self.pool, self.fleet.cache, LIMITS, self.tasks, fleet=self.fleet)
            artifact = await render_export(
                JsonSource(exam),
                RenderRequest(Format.PDF, ReportOptions(**options)),
                pipeline,
                no_image,
                progress=Progress(lambda _: None),
                directory=folder,
            )
            kept = self.workspace.own_folder / f"kept-{self._runs}.pdf"
            artifact.path.rename(kept)
            return replace(artifact, path=kept)


Start = Callable[..., Awaitable[Renderer]]


class Storage:
    """A storage that keeps blobs, until it is stopped."""

    def __init__(self, url: str, files: Path) -> None:
        self.url, self.files = url, files
        self.stopped = asyncio.Event()


@pytest.fixture
async def storage(database_url: str, tmp_path: Path) -> AsyncIterator[Storage]:
    """A running storage."""
    settings = StorageSettings.model_validate(
        {
            "amqp_url": "amqp://127.0.0.1:1/",
            "internal_token": TOKEN,
            "database_url": database_url,
            "storage_root": f"file://{tmp_path}/files",
        }
    )
    with socket.create_server(("127.0.0.1", 0)) as sock:
        made = Storage(f"http://127.0.0.1:{sock.getsockname()[1]}", tmp_path / "files")

        async def serve() -> None:
            async with serving.serving(await make_app(settings), sock):
                await made.stopped.wait()

        running = asyncio.create_task(serve())
        yield made
        made.stopped.set()
        await running


@pytest.fixture
def reach(amqp_url: str, topology: Topology, storage: Storage) -> Reach:
    verifier = Verifier(trusted_list(KEYS), SignaturePolicy.REQUIRE)
    return Reach(amqp_url, topology, storage.url, TOKEN, Signer(KEYS[Role.RENDERER]), verifier)


@pytest.fixture
async def start(reach: Reach, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts renderers that end with the test."""
    async with AsyncExitStack() as stack:
        numbers = iter(range(100))

        async def started(tasks: WorkerTasks = worker_tasks.TASKS, *, helps: bool = True) -> Renderer:
            folder = tmp_path / f"renderer-{next(numbers)}"
            folder.mkdir()
            return await stack.enter_async_context(_running(Renderer(folder, reach, tasks, helps=helps)))

        yield started


@asynccontextmanager
async def _running(renderer: Renderer) -> AsyncIterator[Renderer]:
    renderer.pool.start()
    running = asyncio.create_task(renderer.fleet.run())
    try:
        await wait_until(lambda: renderer.fleet.is_linked, 30)
        yield renderer
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await renderer.pool.stop()
        renderer.workspace.close()


async def lent(renderer: Renderer, workers: int) -> None:
    """Wait until others lend so many workers."""
    await wait_until(lambda: renderer.counted("fleet_workers") == workers, 20)


def an_exam(folder: Path, ids: Sequence[str], exam_id: str = "exam") -> Path:
    submissions = [
        a_submission(
            an_answer(content=f"La réponse de {each}"),
            id=each,
            student=a_student(id=each, name=each, email=f"{each}@a.example"),
        )
        for each in ids
    ]
    path = folder / f"{uuid4()}.json"
    graded = a_graded_exam(exam=builders.an_exam(id=exam_id), submissions=tuple(submissions))
    path.write_bytes(graded.model_dump_json(by_alias=True).encode())
    return path


def ids(count: int) -> list[str]:
    return [f"slow-{number}" if number % 2 else f"two-{number}" for number in range(count)]


async def test_the_same_bytes_with_any_number_of_helpers(start: Start, tmp_path: Path) -> None:
    """Each time under another exam's id, which no page shows, so that nothing is found ready."""
    made: list[Artifact] = []
    coordinator = await start(helps=False)
    for helpers, started in ((0, 0), (1, 1), (3, 2)):
        for _ in range(started):
            await start()
        await lent(coordinator, helpers)
        before = coordinator.shards("helped")
        made.append(await coordinator.export(an_exam(tmp_path, ids(40), f"exam-{helpers}")))
        assert (coordinator.shards("helped") > before) is bool(helpers)
    assert {(each.sha256, each.pages, each.copies) for each in made} == {(made[0].sha256, 62, 40)}
    assert coordinator.counted("copies_found_total") == 0


async def test_what_a_helper_typeset_is_in_the_document(start: Start, tmp_path: Path) -> None:
    coordinator, helper = await start(helps=False), await start()
    await lent(coordinator, 1)
    exam = an_exam(tmp_path, ids(30))
    made = await coordinator.export(exam)
    assert coordinator.shards("helped") > 0
    assert helper.counted("shards_taken_total", outcome="done") >= coordinator.shards("helped")  # one may come too late
    assert hashlib.sha256(made.path.read_bytes()).hexdigest() == made.sha256
    assert made.warnings == ()


async def test_five_copies_marked_again_are_five_whoever_gets_the_request(start: Start, tmp_path: Path) -> None:
    first, _ = await start(), await start()
    await lent(first, 1)
    exam = an_exam(tmp_path, ids(20))
    await first.export(exam)
    changed = [f"again-{number}" if number % 4 == 0 else each for number, each in enumerate(ids(20))]

    async def all_shared() -> bool:
        third = await start(helps=False)
        await third.export(exam)
        return third.counted("copies_found_total") == 20

    await wait_until(all_shared, 40)
    fourth = await start(helps=False)
    await fourth.export(an_exam(tmp_path, changed))
    assert fourth.counted("copies_found_total") == 15


@pytest.mark.parametrize(
    ("poison", "why"), [("crash", "interrompue"), ("hang", "temps"), ("eat", "mémoire"), ("raise", "contenu")]
)
async def test_a_poisoned_copy_is_one_placeholder(start: Start, tmp_path: Path, poison: str, why: str) -> None:
    coordinator = await start(helps=False)
    await start()
    await lent(coordinator, 1)
    names = ids(24)
    names[13] = f"{poison}-13"
    made = await coordinator.export(an_exam(tmp_path, names))
    lost = [warning for warning in made.warnings if warning.code is WarningCode.COPY_NOT_RENDERED]
    assert [warning.submission_id for warning in lost] == [f"{poison}-13"]
    assert why in lost[0].message


async def test_a_stopping_helper_hands_its_shard_back(start: Start, tmp_path: Path) -> None:
    coordinator, helper = await start(helps=False), await start()
    await lent(coordinator, 1)
    making = asyncio.create_task(coordinator.export(an_exam(tmp_path, ids(40))))
    await wait_until(lambda: helper.pool.busy, 20)
    await helper.fleet.stop_helping()
    assert (await making).warnings == ()
    assert helper.counted("shards_taken_total", outcome="returned") == 1
    assert coordinator.shards("taken_back") == 1


async def test_a_cancelled_export_frees_its_helpers(start: Start, tmp_path: Path) -> None:
    coordinator, helper = await start(helps=False), await start()
    await lent(coordinator, 1)
    making = asyncio.create_task(coordinator.export(an_exam(tmp_path, [f"hang-{number}" for number in range(12)])))
    await wait_until(lambda: helper.pool.busy, 20)
    making.cancel()
    await asyncio.gather(making, return_exceptions=True)
    async with asyncio.timeout(2):
        await wait_until(lambda: not helper.pool.busy)


async def test_a_message_makes_no_helper_write_under_a_foreign_key(
    start: Start, reach: Reach, tmp_path: Path, channel: aio_pika.abc.AbstractChannel
) -> None:
    """A shard that was never offered by a renderer is not looked at; of one that was, the key is the helper's own."""
    helper = await start()
    fingerprint = helper.fleet.fingerprint
    forged = ShardOffered(
        sender=helper.fleet.own_id, shard_id=helper.fleet.own_id, context="ab" * 32, copies=("cd" * 32,), seconds=5
    )
    exchange = await channel.get_exchange(reach.topology.exchange(Exchange.SHARDS))
    unsigned = {"cloudEvents:type": ShardOffered.type}
    by_a_gateway = Signer(KEYS[Role.GATEWAY]).signed(unsigned, forged.to_json())
    for headers in ({}, unsigned, by_a_gateway):
        message = aio_pika.Message(forged.to_json(), headers={**headers})
        await exchange.publish(message, routing_key=offer_key(fingerprint))
    queue = await channel.get_queue(reach.topology.shards(fingerprint).name)
    await wait_until(partial(_is_empty, queue), 20)
    assert helper.counted("shards_taken_total", outcome="returned") == 0


async def _is_empty(queue: aio_pika.abc.AbstractQueue) -> bool:
    return (await queue.declare()).message_count == 0


async def test_anonymous_copies_and_their_numbers(start: Start, tmp_path: Path) -> None:
    exam = an_exam(tmp_path, ids(24))
    alone, coordinator = await start(helps=False), await start(helps=False)
    first = await alone.export(exam, audience=Audience.ANONYMOUS)
    await start()
    await lent(coordinator, 1)
    made = await coordinator.export(exam, audience=Audience.ANONYMOUS)
    assert made.sha256 == first.sha256


async def test_without_storage_the_export_goes_on_where_it_is(start: Start, storage: Storage, tmp_path: Path) -> None:
    coordinator, helper = await start(helps=False), await start()
    await lent(coordinator, 1)
    making = asyncio.create_task(coordinator.export(an_exam(tmp_path, ids(60))))
    await wait_until(lambda: coordinator.shards("helped") > 0, 30)
    storage.stopped.set()
    made = await making
    assert (made.copies, made.warnings) == (60, ())
    alone = await start(helps=False)
    assert (await alone.export(an_exam(tmp_path, ids(60)))).sha256 == made.sha256
    assert helper.pool.busy == 0


async def test_a_damaged_page_is_typeset_again(start: Start, storage: Storage, tmp_path: Path) -> None:
    """Of results in storage one is cut short, one is another copy's: neither is bound."""
    first, _ = await start(), await start()
    await lent(first, 1)
    exam = an_exam(tmp_path, ids(12))
    made = await first.export(exam)
    results = storage.files / ".blobs" / "results"

    async def all_there() -> bool:
        return len(list(results.glob("*/*"))) == 12

    await wait_until(all_there, 20)
    one, other, short, *_ = sorted(results.glob("*/*"))
    swapped = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(swapped)
    short.write_bytes(short.read_bytes()[:-10])

    again = await start(helps=False)
    assert (await again.export(exam)).sha256 == made.sha256
    assert again.counted("copies_found_total") == 9
    assert again.counted("blobs_refused_total", reason="wrong_signature") >= 3, (
        "and again where a helper says it is there"
    )
