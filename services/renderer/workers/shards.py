"""The typeset segments of one export: copies in shards over the worker pool, handed back in order, and front pages.

One copy that crashes its worker never fails the export: when a shard fails, the copies it finished are kept, the one it
was working on is tried once alone, and if that fails too, a placeholder page and a warning stand in for it.
"""

import asyncio
import shutil
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import structlog

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader
from contracts.options import Audience, ReportOptions
from contracts.states import WarningCode
from contracts.timezones import DEFAULT_ZONE
from services.renderer.errors import RenderFailed, StorageFull
from services.renderer.exam.spool import Spool, SpooledCopy
from services.renderer.images.collecting import ImageCollector, urls_of_exam, urls_of_front
from services.renderer.language.languages import words_in
from services.renderer.limits import Limits
from services.renderer.modes import Typesetting
from services.renderer.pages.front_parts import FrontPart
from services.renderer.workers.cache import Cache
from services.renderer.workers.cache_keys import CopyKeys, stable_context
from services.renderer.workers.executors import Executor, ExecutorMaker, LocalExecutor, Shard
from services.renderer.workers.pool import CallFailed, Fault, WorkerPool
from services.renderer.workers.results import TypesetSegment, decode
from services.renderer.workers.tasks import (
    TASKS,
    Context,
    CopyRequest,
    FrontRequest,
    PlaceholderRequest,
    WorkerTasks,
    save,
)

log = structlog.get_logger()

Result = TypeVar("Result")

SHARD_COPIES = 5
SHARES = 4
"""Shards get smaller towards the end, so that no worker is left with much while the others have nothing."""

AHEAD = 8
"""Shards per worker that may be under way or waiting for their turn to be handed back."""

FRONT_ATTEMPTS = 2
"""For a part of the front pages whose worker is killed."""

LEAST_FREE_BYTES = 1_000_000
"""With less disk space, a failed call is the disk's fault, not the copy's."""


Count = Callable[[int], None]
"""Called with the number of copies that were typeset or found in the cache since the last call."""


class Source(StrEnum):
    """Where a copy of a document came from."""

    CACHE = "cache"
    """It was kept here."""

    FOUND = "found"
    """It was typeset by another renderer, or in an earlier attempt."""

    TYPESET = "typeset"
    PLACEHOLDER = "placeholder"


class Observer(Protocol):
    """Is told how the copies of all exports come together."""

    def copies(self, source: Source, number: int) -> None:
        """So many more copies came from there."""

    def waited(self, seconds: float) -> None:
        """For so long the next copy in order was not there."""


class NoObserver:
    """Is told in vain."""

    def copies(self, source: Source, number: int) -> None:
        """Do nothing."""

    def waited(self, seconds: float) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Pipeline:
    """What typesetting needs besides the export itself: shared by every export of a process.

    `timezone` is the zone of the documents of institutions that have none of their own. Without a `fleet` only the
    pool's workers typeset.
    """

    pool: WorkerPool
    cache: Cache
    limits: Limits
    tasks: WorkerTasks = TASKS
    timezone: ZoneInfo = DEFAULT_ZONE
    typesetting: Typesetting = Typesetting.TUNED
    fleet: ExecutorMaker | None = None
    observer: Observer = field(default_factory=NoObserver)


class Shards:
    """Typesets the copies and the front pages of one export."""

    def __init__(
        self,
        pipeline: Pipeline,
        header: ExamHeader,
        options: ReportOptions,
        *,
        spool: Spool,
        images: ImageCollector,
        directory: Path,
        count: Count,
    ) -> None:
        self._pipeline = pipeline
        self._header = header
        self._options = options
        self._spool = spool
        self._images = images
        self._directory = directory
        self._count = count
        self._fairness_key = object()
        self._exam_images = urls_of_exam(header.exam, pipeline.limits) if options.statements else ()
        self._context = Context(header, options, pipeline.limits, pipeline.typesetting)
        copies = stable_context(self._context)
        self._keys = CopyKeys(copies)
        self._copies_context = directory / "context"
        save(self._copies_context, copies)
        local = LocalExecutor(pipeline.pool, pipeline.tasks, self._fairness_key, pipeline.limits.shard_seconds)
        self._executor: Executor = local if pipeline.fleet is None else pipeline.fleet.extend(local, copies)

    async def typeset(self, copies: Sequence[SpooledCopy]) -> AsyncIterator[TypesetSegment]:
        """Yield the typeset copies, in this order; a placeholder for one that cannot be typeset.

        Raises:
            RenderFailed: not even a placeholder can be typeset.
            StorageFull: there is no room for what is being made.
        """
        waiting: deque[asyncio.Task[list[TypesetSegment]]] = deque()
        shards = self._split(copies)
        try:
            while True:
                while len(waiting) < AHEAD * self._executor.workers and (shard := next(shards, None)):
                    waiting.append(asyncio.create_task(self._typeset_shard(shard)))
                if not waiting:
                    return
                begun = time.monotonic()
                results = await waiting[0]
                self._pipeline.observer.waited(time.monotonic() - begun)
                for result in results:
                    yield result
                waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def typeset_front(self, part: FrontPart) -> TypesetSegment:
        """Typeset a part of the pages before the copies.

        Raises:
            RenderFailed: it cannot be typeset.
        """
        path = self._directory / f"front-{part.first}"
        images = await self._images.collect(urls_of_front(self._header.exam, self._pipeline.limits))
        request = FrontRequest(part, images, target=path.with_suffix(".result"))
        await asyncio.to_thread(save, path, request)
        for attempt in range(1, FRONT_ATTEMPTS + 1):
            try:
                await self._call(self._pipeline.tasks.front, self._front_context, path)
                break
            except CallFailed as error:
                # A worker is killed for others' sake too: by the kernel where memory is short, by an operator.
                if attempt == FRONT_ATTEMPTS or error.fault is not Fault.CRASH:
                    raise RenderFailed(f"the front pages: {error}") from error
        return _take(request.target)

    @cached_property
    def _front_context(self) -> Path:
        """The context of the front pages, with all of header and options, saved when the first part asks for it."""
        path = self._directory / "front"
        save(path, self._context)
        return path

    def _split(self, copies: Sequence[SpooledCopy]) -> Iterator[list[tuple[int, SpooledCopy]]]:
        """Shards of copies with their numbers in the document, from 1."""
        numbered = list(enumerate(copies, start=1))
        begin = 0
        while begin < len(numbered):
            fair = ceil((len(numbered) - begin) / (SHARES * self._executor.workers))
            size = max(1, min(SHARD_COPIES, fair))
            yield numbered[begin : begin + size]
            begin += size

    async def _typeset_shard(self, shard: Sequence[tuple[int, SpooledCopy]]) -> list[TypesetSegment]:
        """The shard's results: from the cache where they are there, the others typeset and put into the cache."""
        requests = [await self._request(copy, number) for number, copy in shard]
        keys = {
            request.spool_index: self._keys.key(request, self._spool.digest(request.spool_index))
            for request in requests
        }
        results: dict[int, TypesetSegment] = {}
        for index, key in keys.items():
            cached = self._pipeline.cache.get(key)
            if cached is not None:
                results[index] = cached
        self._came(Source.CACHE, len(results))
        for step in (self._find, self._typeset_missing):
            missing = [request for request in requests if request.spool_index not in results]
            if missing:
                await step(missing, results, keys)
        return [results[request.spool_index] for request in requests]

    async def _find(
        self, requests: list[CopyRequest], results: dict[int, TypesetSegment], keys: dict[int, str]
    ) -> None:
        """Add what was typeset somewhere else to the results."""
        await self._executor.find(Shard(self._copies_context, tuple(requests), keys))
        found = await asyncio.to_thread(self._collect, requests, keys)
        results.update(found)
        self._came(Source.FOUND, len(found))

    async def _request(self, copy: SpooledCopy, number: int) -> CopyRequest:
        images = await self._images.collect((*self._exam_images, *copy.image_urls))
        return CopyRequest(
            submission_id=copy.submission_id,
            spool_index=copy.spool_index,
            spool=self._spool.path,
            span=self._spool.span(copy.spool_index),
            number=number if self._options.audience is Audience.ANONYMOUS else None,
            images=images,
            target=self._directory / f"copy-{copy.spool_index}",
        )

    async def _typeset_missing(
        self, requests: list[CopyRequest], results: dict[int, TypesetSegment], keys: dict[int, str]
    ) -> None:
        """Add a typeset copy or a placeholder to the results for each of the requests."""
        failures, fault = await self._attempt(requests, keys)
        done = await asyncio.to_thread(self._collect, requests, keys)  # the worker is at the next shard by now
        results.update(done)
        self._came(Source.TYPESET, len(done))
        left = [request for request in requests if request.spool_index not in results]
        for request in [request for request in left if request.spool_index in failures]:
            cause = failures[request.spool_index]
            results[request.spool_index] = await self._placeholder(request, Fault.ERROR, cause)
        left = [request for request in left if request.spool_index not in failures]
        if not left:
            return
        # The worker ended while it was at the first of those left.
        suspect, *others = left
        if len(requests) == 1 or (fault is Fault.TIMEOUT and not done):
            results[suspect.spool_index] = await self._placeholder(suspect, fault, "alone")
        else:
            await self._typeset_missing([suspect], results, keys)
        if others:
            await self._typeset_missing(others, results, keys)

    def _came(self, source: Source, number: int) -> None:
        """So many more copies are there."""
        if number:
            self._count(number)
            self._pipeline.observer.copies(source, number)

    def _collect(self, requests: list[CopyRequest], keys: dict[int, str]) -> dict[int, TypesetSegment]:
        """The results that the worker left, by spool index; each is kept in the cache, too."""
        done: dict[int, TypesetSegment] = {}
        for request in requests:
            if request.target.exists():
                done[request.spool_index] = decode(request.target.read_bytes())
                self._pipeline.cache.put(keys[request.spool_index], request.target)
                request.target.unlink()
        return done

    async def _attempt(self, requests: list[CopyRequest], keys: dict[int, str]) -> tuple[dict[int, str], Fault]:
        """One call: its errors by spool index, and how the call itself ended."""
        try:
            failures = await self._executor.typeset(Shard(self._copies_context, tuple(requests), keys))
        except CallFailed as error:
            log.warning("shard.failed", fault=error.fault, copies=len(requests), cause=str(error))
            self._check_room(error)
            return {}, error.fault
        return failures, Fault.ERROR

    async def _placeholder(self, request: CopyRequest, fault: Fault, cause: str) -> TypesetSegment:
        """A placeholder and its warning, not kept in the cache: another time the copy may be typeset."""
        log.warning("copy.not_rendered", fault=fault, cause=cause)
        reason = words_in(self._options.language).warnings.faults[fault]
        try:
            await self._call(
                self._pipeline.tasks.placeholder, self._copies_context, PlaceholderRequest(request, reason)
            )
            result = _take(request.target)
        except (CallFailed, OSError) as error:
            self._check_room(error)
            raise RenderFailed(f"no placeholder: {error}") from error
        self._came(Source.PLACEHOLDER, 1)
        return TypesetSegment(result.segment, result.pages, (*result.warnings, self._warning(request, fault)))

    def _warning(self, request: CopyRequest, fault: Fault) -> ExportWarning:
        words = words_in(self._options.language).warnings
        message = words.copy_lost.format(words.faults[fault])
        return ExportWarning(code=WarningCode.COPY_NOT_RENDERED, submission_id=request.submission_id, message=message)

    async def _call(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Call a task in a worker, in this export's turn."""
        seconds = self._pipeline.limits.shard_seconds
        return await self._pipeline.pool.call(self._fairness_key, seconds, function, *arguments)

    def _check_room(self, error: Exception) -> None:
        """Raise `StorageFull` where there is no disk space left for a worker to write to."""
        if shutil.disk_usage(self._directory).free < LEAST_FREE_BYTES:
            raise StorageFull(str(error)) from error


def _take(target: Path) -> TypesetSegment:
    """Read a result file and remove it."""
    result = decode(target.read_bytes())
    target.unlink()
    return result
