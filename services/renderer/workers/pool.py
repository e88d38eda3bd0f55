"""The worker processes, shared fairly by the exports in flight.

Each worker stands alone in a pool of its own, so that one that is killed (by a timeout, by its memory limit, from
outside) takes nobody's work with it. A free worker goes to the next export in turn that waits for one: a short export
started beside a long one waits for one shard, not for the long one's end. Cancelling a call ends its worker.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from enum import StrEnum
from threading import Thread
from typing import TypeVar, cast

import structlog
from pebble import ProcessExpired, ProcessPool

from services.renderer.workers import child
from services.renderer.workers.confinement import forkserver_context

log = structlog.get_logger()

Result = TypeVar("Result")

RECYCLE_AFTER = 120
"""Calls after which a worker is replaced, so that memory a library keeps cannot add up."""


RETIRE_BYTES = 220 * 1024**2
"""Memory a worker may still hold after a call. One that a huge copy has blown up gives it back by ending."""


class Fault(StrEnum):
    """Why a call had no result though its caller did nothing wrong."""

    TIMEOUT = "timeout"
    CRASH = "crash"
    MEMORY = "memory"
    ERROR = "error"


class CallFailed(Exception):
    """A worker did not finish a call; the worker is replaced where it had to be ended."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault


class WorkersBroken(Exception):
    """Not even a new worker gets as far as its first call: that is no call's fault."""


class WorkerPool:
    """`size` worker processes, each allowed `memory` bytes; `warm` is called once in each new one."""

    def __init__(
        self,
        size: int,
        *,
        memory: int,
        warm: Callable[[], None],
        recycle_after: int = RECYCLE_AFTER,
        retire_bytes: int = RETIRE_BYTES,
    ) -> None:
        self.size = size
        self._workers = [_Worker(memory, warm, recycle_after, retire_bytes) for _ in range(size)]
        self._free = list(self._workers)
        self._waiting: OrderedDict[object, deque[asyncio.Future[_Worker]]] = OrderedDict()
        self._starting: Thread | None = None
        self._ready: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the processes; they get ready in the background."""
        self._ready = None
        self._starting = Thread(target=self._start_workers, name="starting-workers", daemon=True)
        self._starting.start()

    async def stop(self) -> None:
        """End every worker, whatever it does."""
        await self._started()
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def call(self, lane: object, seconds: float, function: Callable[..., Result], *arguments: object) -> Result:
        """Run a function in a worker, in its turn among the lanes; a lane is an export.

        Raises:
            CallFailed: the worker failed, died, or took longer than `seconds`.
            WorkersBroken: no worker can be started.
        """
        await self._started()
        async with self._turn(lane) as worker:
            return await worker.call(seconds, function, *arguments)

    def _start_workers(self) -> None:
        for worker in self._workers:
            worker.start_early()

    async def _started(self) -> None:
        """Wait until every process was asked for: the first one is there when the forkserver has loaded. Who came first
        goes on first.
        """
        if self._starting is not None:
            self._ready = self._ready or asyncio.create_task(asyncio.to_thread(self._starting.join))
            await asyncio.shield(self._ready)
            self._starting = None

    @property
    def busy(self) -> int:
        """Workers at work."""
        return self.size - len(self._free)

    @asynccontextmanager
    async def _turn(self, lane: object) -> AsyncIterator["_Worker"]:
        worker = self._free.pop() if self._free else await self._wait(lane)
        try:
            yield worker
        finally:
            self._release(worker)

    async def _wait(self, lane: object) -> "_Worker":
        turn: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(lane, deque()).append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            # The turn may have been granted in the same instant.
            if turn.done() and not turn.cancelled():
                self._release(turn.result())
            raise

    def _release(self, worker: "_Worker") -> None:
        """Give a worker to the next lane in turn."""
        while self._waiting:
            lane, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[lane] = turns  # back to the end of the queue of lanes
            if not turn.done():
                turn.set_result(worker)
                return
        self._free.append(worker)


class _Worker:
    """One worker process and its successors."""

    def __init__(self, memory: int, warm: Callable[[], None], recycle_after: int, retire_bytes: int) -> None:
        self._memory = memory
        self._warm = warm
        self._recycle_after = recycle_after
        self._retire_bytes = retire_bytes
        self._pool: ProcessPool | None = None
        self._ending: list[Thread] = []

    def start(self) -> ProcessPool:
        self._pool = ProcessPool(
            max_workers=1,
            max_tasks=self._recycle_after,
            initializer=child.prepare,
            initargs=(self._memory, self._warm),
            context=forkserver_context(),
        )
        self._pool.schedule(child.nothing)
        return self._pool

    def start_early(self) -> None:
        """Start before there is work. Where that is cut short from outside, the first call starts another."""
        try:
            self.start()
        except (BrokenProcessPool, RuntimeError) as error:
            log.warning("worker.replaced", cause=repr(error))
            self._discard()

    async def stop(self) -> None:
        self._discard()
        ending, self._ending = self._ending, []
        await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in ending))

    async def call(self, seconds: float, function: Callable[..., Result], *arguments: object) -> Result:
        try:
            return await self._call(seconds, function, *arguments)
        except (BrokenProcessPool, RuntimeError) as error:
            # An idle worker was killed from outside: nobody's fault, so a new one does the work.
            log.warning("worker.replaced", cause=str(error))
            await self.stop()
        try:
            return await self._call(seconds, function, *arguments)
        except (BrokenProcessPool, RuntimeError) as error:
            raise WorkersBroken(str(error)) from error

    async def _call(self, seconds: float, function: Callable[..., Result], *arguments: object) -> Result:
        pool = self._pool or self.start()
        future = pool.schedule(child.run, args=(function, arguments), timeout=seconds)
        try:
            outcome: child.Returned = await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise CallFailed(Fault.TIMEOUT, f"more than {seconds:.0f} s") from error
        except ProcessExpired as error:
            raise CallFailed(Fault.CRASH, f"exit code {error.exitcode}") from error
        except MemoryError as error:
            raise CallFailed(Fault.MEMORY, "memory limit") from error
        except asyncio.CancelledError:
            self._discard()
            raise
        if outcome.resident > self._retire_bytes:
            self._discard()
            self.start_early()
        if isinstance(outcome.value, child.Raised):
            raise CallFailed(Fault.ERROR, outcome.value.detail)
        return cast("Result", outcome.value)

    def _discard(self) -> None:
        """End the process at once and let the next call start a new one: what it was doing is nobody's any more."""
        pool, self._pool = self._pool, None
        if pool is not None:
            thread = Thread(target=_end, args=(pool,), daemon=True)
            thread.start()
            self._ending = [other for other in self._ending if other.is_alive()] + [thread]


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
