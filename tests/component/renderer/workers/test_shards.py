"""Shards on real workers: order, what is kept, and what becomes of a copy that cannot be typeset."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from contracts.graded_exam import ExamHeader
from contracts.options import Audience, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.exam.spool import Spool, SpooledCopy
from services.renderer.images.collecting import ImageCollector
from services.renderer.limits import Limits
from services.renderer.workers.cache import Cache, DiskCache, NoCache
from services.renderer.workers.pool import WorkerPool
from services.renderer.workers.results import TypesetSegment
from services.renderer.workers.shards import Pipeline, Shards
from tests.builders import a_submission, an_exam, an_exam_header
from tests.component.renderer import worker_tasks
from tests.component.renderer.conftest import WORKER_BYTES, no_drawing, no_image
from tests.waiting import wait_until

LIMITS = Limits(shard_seconds=3.0, shard_memory=WORKER_BYTES)


class Harness:
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
            images=ImageCollector(no_image, no_drawing, folder / "images"),
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


@pytest.fixture
def harness(pool: WorkerPool, tmp_path: Path) -> Harness:
    """Shards that keep nothing."""
    return Harness(pool, tmp_path, NoCache())


@pytest.fixture
def cached(pool: WorkerPool, tmp_path: Path) -> Harness:
    """Shards with a cache."""
    return Harness(pool, tmp_path, DiskCache(tmp_path / "cache"))


def texts(results: Sequence[TypesetSegment]) -> list[str]:
    """What each result's warning says, empty where there is none."""
    return [result.warnings[0].message if result.warnings else "" for result in results]


async def test_copies_come_back_in_order_and_are_counted(harness: Harness) -> None:
    ids = [f"two-{n}" if n % 3 == 0 else f"one-{n}" for n in range(23)]
    results = await harness.typeset(ids)
    assert [result.pages for result in results] == [2 if n % 3 == 0 else 1 for n in range(23)]
    assert harness.done == 23
    sizes = [len(call) for call in harness.calls()]
    assert max(sizes) <= 5
    assert 1 in sizes[-2:]


@pytest.mark.parametrize(
    ("poison", "why"), [("crash", "interrompue"), ("hang", "temps"), ("eat", "mémoire"), ("raise", "contenu")]
)
async def test_one_poisoned_copy_becomes_a_placeholder_and_the_others_are_whole(
    harness: Harness, poison: str, why: str
) -> None:
    results = await harness.typeset(["one-0", "one-1", f"{poison}-2", "one-3", "one-4", "one-5"])
    assert [bool(result.warnings) for result in results] == [False, False, True, False, False, False]
    assert why in texts(results)[2]
    assert results[2].warnings[0].code is WarningCode.COPY_NOT_RENDERED
    assert results[2].warnings[0].submission_id == f"{poison}-2"
    assert harness.done == 6


async def test_a_class_of_poison_ends_too(harness: Harness) -> None:
    results = await harness.typeset([f"crash-{n}" for n in range(4)] + [f"raise-{n}" for n in range(4)])
    assert all(result.warnings for result in results)


async def test_what_was_finished_before_the_crash_is_not_typeset_again(harness: Harness) -> None:
    ids = [f"one-{n}" for n in range(20)]
    ids[3] = "crash-3"
    await harness.typeset(ids)
    seen = [identity for call in harness.calls() for identity in call]
    assert seen.count("one-0") == 1
    assert seen.count("crash-3") == 2
    assert seen.count("one-4") == 2


async def test_only_changed_copies_are_typeset_again(cached: Harness) -> None:
    first = await cached.typeset([f"one-{n}" for n in range(8)])
    second = await cached.typeset(["one-0", "one-1", "other-2", "one-3"])
    assert cached.calls() == [["other-2"]]
    assert [copy.segment for copy in second[:2]] == [copy.segment for copy in first[:2]]
    assert cached.done == 12


async def test_a_placeholder_is_tried_again_next_time(cached: Harness) -> None:
    await cached.typeset(["raise-0", "one-1"])
    await cached.typeset(["raise-0", "one-1"])
    assert cached.calls() == [["raise-0"]]


async def test_what_a_copy_does_not_show_does_not_make_it_new(cached: Harness) -> None:
    await cached.typeset(["one-0"])
    later = cached.header.model_copy(update={"absent": (), "as_of": cached.header.as_of.replace(year=2027)})
    await cached.typeset(["one-0"], ReportOptions(order=Order.SCORE, duplex=True, statistics=False), later)
    assert cached.calls() == []


@pytest.mark.parametrize(
    "options",
    [ReportOptions(statements=False), ReportOptions(comments=False), ReportOptions(audience=Audience.JURY)],
)
async def test_what_a_copy_shows_makes_it_new(cached: Harness, options: ReportOptions) -> None:
    await cached.typeset(["one-0"])
    await cached.typeset(["one-0"], options)
    assert cached.calls() == [["one-0"]]
    await cached.typeset(["one-0"], options, cached.header.model_copy(update={"exam": an_exam(title="Autre")}))
    assert cached.calls() == [["one-0"]]


async def test_anonymous_copies_depend_on_their_place(cached: Harness) -> None:
    anonymous = ReportOptions(audience=Audience.ANONYMOUS)
    await cached.typeset(["one-0", "one-1"], anonymous)
    await cached.typeset(["one-1", "one-0"], anonymous)
    assert sorted(identity for call in cached.calls() for identity in call) == ["one-0", "one-1"]


async def test_giving_up_leaves_nothing_running(harness: Harness) -> None:
    task = asyncio.create_task(harness.typeset(["hang-0", "one-1"]))
    await wait_until(harness.calls, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await harness.typeset(["one-0"])) == 1
