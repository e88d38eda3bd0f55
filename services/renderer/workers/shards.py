"""The copies of one export, typeset in shards over the worker pool and handed back in order.

One poisoned copy never sinks the class: when a shard fails, the copies it finished are kept, the one it was working on
is tried once alone, and if it fails again a placeholder page and a warning stand in for it.

What a copy's page may depend on is exactly what its key is made of: the exam and the classes, the options that show on
a copy, the copy itself, its images, and the versions of everything that draws it. So a kept entry may be served again.
"""

import asyncio
import hashlib
import shutil
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import structlog

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader
from contracts.options import Audience, Language, Order, ReportOptions
from contracts.states import WarningCode
from services.renderer.errors import RenderFailed, StorageFull
from services.renderer.exam.spool import Spool, SpooledCopy
from services.renderer.images.collecting import Pictures, urls_of_exam
from services.renderer.language.words import words
from services.renderer.limits import Limits
from services.renderer.workers.cache import Cache
from services.renderer.workers.fingerprint import fingerprint
from services.renderer.workers.pool import CallFailed, Fault, WorkerPool
from services.renderer.workers.results import Entry, decode
from services.renderer.workers.tasks import PRESS, Context, CopyRequest, Press, save

log = structlog.get_logger()

SHARD_COPIES = 5
SHARES = 4
"""Shards get smaller towards the end, so that no worker is left with much while the others have nothing."""

AHEAD = 8
"""Shards per worker that may be under way or waiting for their turn to be handed back."""

NOWHEN = datetime(1970, 1, 1, tzinfo=UTC)

REASONS: dict[Language, dict[Fault, str]] = {
    Language.FR: {
        Fault.TIMEOUT: "sa mise en page demande trop de temps.",
        Fault.MEMORY: "sa mise en page demande trop de mémoire.",
        Fault.CRASH: "sa mise en page a été interrompue.",
        Fault.ERROR: "son contenu n’a pas pu être mis en page.",
    },
    Language.EN: {
        Fault.TIMEOUT: "typesetting it takes too long.",
        Fault.MEMORY: "typesetting it takes too much memory.",
        Fault.CRASH: "typesetting it was interrupted.",
        Fault.ERROR: "its content could not be typeset.",
    },
}


Count = Callable[[int], None]
"""Told how many more copies are done."""


@dataclass(frozen=True)
class Workshop:
    """What typesetting needs besides the export itself: shared by every export of a process."""

    pool: WorkerPool
    cache: Cache
    limits: Limits
    press: Press = PRESS


def stable_header(header: ExamHeader) -> ExamHeader:
    """What of a header a copy may show: the exam and the classes, not who was absent, nor when the export was made."""
    return ExamHeader(exam=header.exam, classes=header.classes, as_of=NOWHEN)


def stable_options(options: ReportOptions) -> ReportOptions:
    """The options that show on a copy, the others at their defaults."""
    return options.model_copy(update={"statistics": True, "duplex": False, "order": Order.NAME})


class Shards:
    """The copies of one export."""

    def __init__(
        self,
        workshop: Workshop,
        header: ExamHeader,
        options: ReportOptions,
        *,
        spool: Spool,
        pictures: Pictures,
        directory: Path,
        count: Count,
    ) -> None:
        self._workshop = workshop
        self._options = options
        self._spool = spool
        self._pictures = pictures
        self._directory = directory
        self._count = count
        self._lane = object()
        self._exam_images = urls_of_exam(header.exam) if options.statements else ()
        self.context = directory / "context"
        context = Context(stable_header(header), stable_options(options), workshop.limits, spool.path)
        save(self.context, context)
        shared = (fingerprint(), context.header.model_dump_json(), context.options.model_dump_json(), workshop.limits)
        self._shared_key = hashlib.sha256(repr(shared).encode())

    @property
    def lane(self) -> object:
        """This export's turn at the pool."""
        return self._lane

    async def entries(self, copies: Sequence[SpooledCopy]) -> AsyncIterator[Entry]:
        """The copies, typeset, in this order.

        Raises:
            RenderFailed: not even a placeholder can be typeset.
            StorageFull: there is no room for what is being made.
        """
        waiting: deque[asyncio.Task[list[Entry]]] = deque()
        shards = self._split(copies)
        try:
            while True:
                while len(waiting) < AHEAD * self._workshop.pool.size and (shard := next(shards, None)):
                    waiting.append(asyncio.create_task(self._typeset(shard)))
                if not waiting:
                    return
                for entry in await waiting[0]:
                    yield entry
                waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def _split(self, copies: Sequence[SpooledCopy]) -> Iterator[list[tuple[int, SpooledCopy]]]:
        """Shards of copies with their positions in the document, from 1."""
        numbered = list(enumerate(copies, start=1))
        begin = 0
        while begin < len(numbered):
            fair = ceil((len(numbered) - begin) / (SHARES * self._workshop.pool.size))
            size = max(1, min(SHARD_COPIES, fair))
            yield numbered[begin : begin + size]
            begin += size

    async def _typeset(self, shard: Sequence[tuple[int, SpooledCopy]]) -> list[Entry]:
        """The shard's entries: kept ones from the cache, the others typeset and kept."""
        requests = [await self._request(copy, position) for position, copy in shard]
        keys = {request.place: self._key(request) for request in requests}
        entries: dict[int, Entry] = {}
        for request in requests:
            kept = self._workshop.cache.get(keys[request.place])
            if kept is not None:
                entries[request.place] = kept
        self._count(len(entries))
        missing = [request for request in requests if request.place not in entries]
        if missing:
            await self._settle(missing, entries, keys)
        return [entries[request.place] for request in requests]

    async def _request(self, copy: SpooledCopy, position: int) -> CopyRequest:
        images = await self._pictures.find((*self._exam_images, *copy.image_urls))
        return CopyRequest(
            submission_id=copy.submission_id,
            place=copy.place,
            span=self._spool.span(copy.place),
            position=position if self._options.audience is Audience.ANONYMOUS else None,
            images=images,
            target=self._directory / f"copy-{copy.place}",
        )

    def _key(self, request: CopyRequest) -> str:
        digest = self._shared_key.copy()
        digest.update(self._spool.line(request.place))
        digest.update(repr(request.position).encode())
        for url, found in sorted(request.images.items(), key=lambda item: item[0]):
            # A picture's file is named by its content.
            digest.update(f"{url} {found.name if isinstance(found, Path) else found!r}\n".encode())
        return digest.hexdigest()

    async def _settle(self, requests: list[CopyRequest], entries: dict[int, Entry], keys: dict[int, str]) -> None:
        """Typeset each of the requests, or a placeholder for it."""
        failures, fault = await self._attempt(requests)
        done = await asyncio.to_thread(self._keep, requests, keys)  # the worker is at the next shard by now
        entries.update(done)
        self._count(len(done))
        left = [request for request in requests if request.place not in entries]
        for request in [request for request in left if request.place in failures]:
            entries[request.place] = await self._stand_in(request, Fault.ERROR, failures[request.place])
        left = [request for request in left if request.place not in failures]
        if not left:
            return
        # The worker ended while it was at the first of those left.
        suspect, *others = left
        if len(requests) == 1 or (fault is Fault.TIMEOUT and not done):
            entries[suspect.place] = await self._stand_in(suspect, fault, "alone")
        else:
            await self._settle([suspect], entries, keys)
        if others:
            await self._settle(others, entries, keys)

    def _keep(self, requests: list[CopyRequest], keys: dict[int, str]) -> dict[int, Entry]:
        """What of the requests was typeset, by place; it is kept for other exports."""
        done = {request.place: self._take(request) for request in requests if request.target.exists()}
        for place, entry in done.items():
            self._workshop.cache.put(keys[place], entry)
        return done

    async def _attempt(self, requests: list[CopyRequest]) -> tuple[dict[int, str], Fault]:
        """One call to a worker: what it says of each copy it gave up, and how the call itself ended."""
        seconds = self._workshop.limits.shard_seconds
        try:
            failures = await self._workshop.pool.call(
                self._lane, seconds, self._workshop.press.copies, self.context, tuple(requests)
            )
        except CallFailed as error:
            log.warning("shard.failed", fault=error.fault, copies=len(requests), cause=str(error))
            self._check_room(error)
            return {}, error.fault
        return failures, Fault.ERROR

    async def _stand_in(self, request: CopyRequest, fault: Fault, cause: str) -> Entry:
        """A placeholder and its warning. It is not kept: another time the copy may be typeset."""
        log.warning("copy.not_rendered", fault=fault, cause=cause)
        reason = REASONS[self._options.language][fault]
        seconds = self._workshop.limits.shard_seconds
        try:
            placeholder = self._workshop.press.placeholder
            await self._workshop.pool.call(self._lane, seconds, placeholder, self.context, request, reason)
            entry = self._take(request)
        except (CallFailed, OSError) as error:
            self._check_room(error)
            raise RenderFailed(f"no placeholder: {error}") from error
        self._count(1)
        return Entry(entry.segment, entry.pages, (*entry.warnings, self._warning(request, fault)))

    def _warning(self, request: CopyRequest, fault: Fault) -> ExportWarning:
        language = self._options.language
        message = words(language).copy_lost.format(REASONS[language][fault])
        return ExportWarning(code=WarningCode.COPY_NOT_RENDERED, submission_id=request.submission_id, message=message)

    @staticmethod
    def _take(request: CopyRequest) -> Entry:
        entry = decode(request.target.read_bytes())
        request.target.unlink()
        return entry

    def _check_room(self, error: Exception) -> None:
        """A worker that cannot write is not a copy's fault."""
        if shutil.disk_usage(self._directory).free < 1_000_000:
            raise StorageFull(str(error)) from error
