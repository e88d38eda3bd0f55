"""Shards on real workers: order, what is kept, and what becomes of a copy that cannot be typeset."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from contracts.graded_exam import ExamHeader
from contracts.options import Audience, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.exam.spool import Spool, SpooledCopy
from services.renderer.images.collecting import ImageCollector
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits
from services.renderer.workers.cache import Cache, DiskCache, NoCache
from services.renderer.workers.pool import WorkerPool
from services.renderer.workers.results import TypesetSegment
from services.renderer.workers.shards import Pipeline, Shards
from tests.builders import a_submission, an_exam, an_exam_header
from tests.component.renderer import worker_tasks

LIMITS = Limits(shard_seconds=3.0, shard_memory=600 * 1024**2)


async def no_image(url: str) -> bytes | ImageProblem:
    return ImageProblem(Reason.NOT_FOUND)


class Bench:
    """Shards over real workers, in a folder of the test's own."""

    def __init__(self, pool: WorkerPool, folder: Path, cache: Cache) -> None:
        self._pool, self._folder, self._cache = pool, folder, cache
        self.done = 0
        self.runs = 0
        self.header = an_exam_header()

    async def typeset(
        self, ids: Sequence[str], options: ReportOptions | None = None, header: ExamHeader | None = None
    ) -> list[TypesetSegment]:
        folder = self._folder / str(self.runs)
        self.runs += 1
        folder.mkdir()
        copies = [SpooledCopy(identity, index) for index, identity in enumerate(ids)]
        with Spool(folder / "copies.jsonl") as spool:
            for identity in ids:
                spool.append(a_submission(id=identity, student=self.student(identity)))
        shards = Shards(
            Pipeline(self._pool, self._cache, LIMITS, worker_tasks.TASKS),
            header or self.header,
            options or ReportOptions(),
            spool=spool,
            images=ImageCollector(no_image, folder / "images"),
            directory=folder,
            count=self.count,
        )
        return [copy async for copy in shards.typeset(copies)]

    def student(self, identity: str) -> object:
        return a_submission(id=identity).student.model_copy(update={"id": identity, "email": "x@y.example"})

    def count(self, copies: int) -> None:
        self.done += copies

    def calls(self) -> list[list[str]]:
        path = self._folder / str(self.runs - 1) / "calls"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """Two workers for the whole module: they are replaced when a test kills them."""
    workers = WorkerPool(2, memory=LIMITS.shard_memory, initialise=worker_tasks.initialise)
    workers.start()
    yield workers
    asyncio.run(workers.stop())


@pytest.fixture
def it(pool: WorkerPool, tmp_path: Path) -> Bench:
    """Shards that keep nothing."""
    return Bench(pool, tmp_path, NoCache())


@pytest.fixture
def keeping(pool: WorkerPool, tmp_path: Path) -> Bench:
    """Shards with a cache."""
    return Bench(pool, tmp_path, DiskCache(tmp_path / "cache"))


def texts(results: Sequence[TypesetSegment]) -> list[str]:
    """What each result's warning says, empty where there is none."""
    return [result.warnings[0].message if result.warnings else "" for result in results]


async def test_copies_come_back_in_order_and_are_counted(it: Bench) -> None:
    ids = [f"two-{n}" if n % 3 == 0 else f"one-{n}" for n in range(23)]
    results = await it.typeset(ids)
    assert [result.pages for result in results] == [2 if n % 3 == 0 else 1 for n in range(23)]
    assert it.done == 23
    sizes = [len(call) for call in it.calls()]
    assert max(sizes) <= 5
    assert 1 in sizes[-2:]


@pytest.mark.parametrize(
    ("poison", "why"), [("crash", "interrompue"), ("hang", "temps"), ("eat", "mémoire"), ("raise", "contenu")]
)
async def test_one_poisoned_copy_becomes_a_placeholder_and_the_others_are_whole(
    it: Bench, poison: str, why: str
) -> None:
    results = await it.typeset(["one-0", "one-1", f"{poison}-2", "one-3", "one-4", "one-5"])
    assert [bool(result.warnings) for result in results] == [False, False, True, False, False, False]
    assert why in texts(results)[2]
    assert results[2].warnings[0].code is WarningCode.COPY_NOT_RENDERED
    assert results[2].warnings[0].submission_id == f"{poison}-2"
    assert it.done == 6


async def test_a_class_of_poison_ends_too(it: Bench) -> None:
    results = await it.typeset([f"crash-{n}" for n in range(4)] + [f"raise-{n}" for n in range(4)])
    assert all(result.warnings for result in results)


async def test_what_was_finished_before_the_crash_is_not_typeset_again(it: Bench) -> None:
    ids = [f"one-{n}" for n in range(20)]
    ids[3] = "crash-3"
    await it.typeset(ids)
    seen = [identity for call in it.calls() for identity in call]
    assert seen.count("one-0") == 1
    assert seen.count("crash-3") == 2
    assert seen.count("one-4") == 2


async def test_only_changed_copies_are_typeset_again(keeping: Bench) -> None:
    first = await keeping.typeset([f"one-{n}" for n in range(8)])
    second = await keeping.typeset(["one-0", "one-1", "other-2", "one-3"])
    assert keeping.calls() == [["other-2"]]
    assert [copy.segment for copy in second[:2]] == [copy.segment for copy in first[:2]]
    assert keeping.done == 12


async def test_a_placeholder_is_tried_again_next_time(keeping: Bench) -> None:
    await keeping.typeset(["raise-0", "one-1"])
    await keeping.typeset(["raise-0", "one-1"])
    assert keeping.calls() == [["raise-0"]]


async def test_what_a_copy_does_not_show_does_not_make_it_new(keeping: Bench) -> None:
    await keeping.typeset(["one-0"])
    later = keeping.header.model_copy(update={"absent": (), "as_of": keeping.header.as_of.replace(year=2027)})
    await keeping.typeset(["one-0"], ReportOptions(order=Order.SCORE, duplex=True, statistics=False), later)
    assert keeping.calls() == []


@pytest.mark.parametrize(
    "options",
    [ReportOptions(statements=False), ReportOptions(comments=False), ReportOptions(audience=Audience.JURY)],
)
async def test_what_a_copy_shows_makes_it_new(keeping: Bench, options: ReportOptions) -> None:
    await keeping.typeset(["one-0"])
    await keeping.typeset(["one-0"], options)
    assert keeping.calls() == [["one-0"]]
    await keeping.typeset(["one-0"], options, keeping.header.model_copy(update={"exam": an_exam(title="Autre")}))
    assert keeping.calls() == [["one-0"]]


async def test_anonymous_copies_depend_on_their_place(keeping: Bench) -> None:
    anonymous = ReportOptions(audience=Audience.ANONYMOUS)
    await keeping.typeset(["one-0", "one-1"], anonymous)
    await keeping.typeset(["one-1", "one-0"], anonymous)
    assert sorted(identity for call in keeping.calls() for identity in call) == ["one-0", "one-1"]


async def test_giving_up_leaves_nothing_running(it: Bench) -> None:
    task = asyncio.create_task(it.typeset(["hang-0", "one-1"]))
    await asyncio.sleep(0.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await it.typeset(["one-0"])) == 1
