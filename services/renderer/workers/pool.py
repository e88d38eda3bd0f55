"""A pool of worker processes, each running one function call at a time, shared fairly by the exports in flight.

Each worker is a process pool of one, so that one that is killed (by a timeout, by its memory limit, from outside) ends
no other call. A free worker goes to the export that has had the least of their time, so that a short export beside a
long one takes hardly longer than alone; every so many turns, and among those that had much, to the one that waits
longest. Cancelling a call kills its worker.
"""

import asyncio
import signal
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from enum import StrEnum
from threading import Thread
from typing import TypeVar, cast

import structlog
from pebble import ProcessExpired, ProcessPool

from services.common.error_text import describe
from services.renderer.workers import child
from services.renderer.workers.confinement import Layer, Sandbox
from services.renderer.workers.forking import forkserver_context
from services.renderer.workers.turns import Turns

log = structlog.get_logger()

Result = TypeVar("Result")

RECYCLE_AFTER = 120
"""Calls after which a worker is replaced, so that memory a library keeps cannot add up."""

RETIRE_BYTES = 220 * 1024**2
"""Resident memory after a call above which a worker is replaced: a huge copy's memory goes back to the system."""


LOST_SECONDS = 30.0
"""Beyond a call's own limit, after which its result is taken for lost: the library counts the limit only from the
moment at which the process says that it has begun (pebble 5.2), and one that is frozen or dies before says nothing.
"""


class Fault(StrEnum):
    """Why a call has no result."""

    TIMEOUT = "timeout"
    CRASH = "crash"
    MEMORY = "memory"
    ERROR = "error"


class Replacement(StrEnum):
    """Why a worker process was replaced before its time."""

    TIMEOUT = "timeout"
    CRASH = "crash"
    CANCELLED = "cancelled"
    RETIRED = "retired"
    LOST = "lost"


class CallFailed(Exception):
    """A worker did not finish a call; where its process had to be killed, the next call has a new one."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault


class WorkersBroken(Exception):
    """Not even a newly started worker process accepts a call."""


def _uncounted(_: Replacement) -> None:
    """Replacements are only logged."""


def unheard() -> None:
    """Nobody waits for the beginning."""


class WorkerPool:
    """`size` worker processes, each confined to `sandbox`.

    `initialise` is called once in each new process, before it is confined; `on_replaced` in this one whenever a process
    is replaced early.
    """

    def __init__(
        self,
        size: int,
        *,
        sandbox: Sandbox,
        initialise: Callable[[], None],
        recycle_after: int = RECYCLE_AFTER,
        retire_bytes: int = RETIRE_BYTES,
        on_replaced: Callable[[Replacement], None] = _uncounted,
    ) -> None:
        self.size = size
        self._workers = [_Worker(sandbox, initialise, recycle_after, retire_bytes, on_replaced) for _ in range(size)]
        self._free = list(self._workers)
        self._waiting: OrderedDict[object, deque[asyncio.Future[_Worker]]] = OrderedDict()
        self._turns = Turns()
        self._freed = asyncio.Event()
        self._starting: Thread | None = None
        self._ready: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the processes in the background; calls made meanwhile wait for them."""
        self._ready = None
        self._starting = Thread(target=self._start_workers, name="starting-workers", daemon=True)
        self._starting.start()

    async def stop(self) -> None:
        """Kill every worker process and wait until all have ended."""
        await self._started()
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    async def call(
        self,
        fairness_key: object,
        seconds: float,
        function: Callable[..., Result],
        *arguments: object,
        begun: Callable[[], None] = unheard,
    ) -> Result:
        """Run a function in a worker process and return its result; which key is next, `Turns` says.

        The function is one that a worker can import; arguments and result are pickled. Calls of one export share one
        key, any hashable object. `begun` is called when it is this call's turn: cancelled before, it costs nothing.

        Raises:
            CallFailed: the worker failed, died, or took longer than `seconds`.
            WorkersBroken: no worker can be started.
        """
        await self._started()
        async with self._turn(fairness_key) as worker:
            begun()
            return await worker.call(seconds, function, *arguments)

    def _start_workers(self) -> None:
        for worker in self._workers:
            worker.prestart()

    async def _started(self) -> None:
        """Wait until every process was asked for: the first one is there when the forkserver has loaded. Callers go on
        in the order in which they came.
        """
        if self._starting is not None:
            self._ready = self._ready or asyncio.create_task(asyncio.to_thread(self._starting.join))
            await asyncio.shield(self._ready)
            self._starting = None

    async def layers(self) -> tuple[Layer, ...]:
        """The layers of confinement that are in force in a worker.

        Raises:
            WorkersBroken: no worker can be started; where all layers are required, for want of one.
        """
        return await self.call(self, 60.0, child.ping)

    async def check(self) -> None:
        """Return unless the last attempt at starting a worker failed.

        Raises:
            WorkersBroken.
        """
        broken = [worker.broken for worker in self._workers if worker.broken]
        if len(broken) == len(self._workers):
            raise WorkersBroken(broken[0])

    @property
    def busy(self) -> int:
        """Workers that are running a call."""
        return self.size - len(self._free)

    @property
    def free(self) -> int:
        """Workers that no call has and none waits for."""
        return len(self._free)

    async def until_free(self) -> None:
        """Wait until there is a free worker, for which nobody else waits."""
        await self._started()
        while not self._free:
            self._freed.clear()
            await self._freed.wait()

    @property
    def waiting(self) -> int:
        """Calls that wait for a free worker."""
        return sum(not turn.done() for turns in self._waiting.values() for turn in turns)

    @asynccontextmanager
    async def _turn(self, fairness_key: object) -> AsyncIterator["_Worker"]:
        worker = self._free.pop() if self._free else await self._wait(fairness_key)
        begun = time.monotonic()
        try:
            yield worker
        finally:
            self._turns.note(fairness_key, time.monotonic() - begun)
            self._release(worker)

    async def _wait(self, fairness_key: object) -> "_Worker":
        turn: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(fairness_key, deque()).append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            # The turn may have been granted in the same instant.
            if turn.done() and not turn.cancelled():
                self._release(turn.result())
            raise

    def _release(self, worker: "_Worker") -> None:
        """Give a free worker to the first waiting call of the next key, or keep it for the next call."""
        while self._waiting:
            fairness_key = self._turns.next(self._waiting)
            turns = self._waiting.pop(fairness_key)
            turn = turns.popleft()
            if turns:
                self._waiting[fairness_key] = turns  # back to the end of the queue of keys
            if not turn.done():
                turn.set_result(worker)
                return
        self._free.append(worker)
        self._freed.set()


class _Worker:
    """One worker process and, when it ends, the next."""

    def __init__(
        self,
        sandbox: Sandbox,
        initialise: Callable[[], None],
        recycle_after: int,
        retire_bytes: int,
        on_replaced: Callable[[Replacement], None],
    ) -> None:
        self._sandbox = sandbox
        self._initialise = initialise
        self._recycle_after = recycle_after
        self._retire_bytes = retire_bytes
        self._on_replaced = on_replaced
        self._pool: ProcessPool | None = None
        self._ending: list[Thread] = []
        self.broken = ""
        """Why no process could be started the last time; empty where one runs."""

    def start(self) -> ProcessPool:
        self._pool = ProcessPool(
            max_workers=1,
            max_tasks=self._recycle_after,
            initializer=child.initialise,
            initargs=(self._sandbox, self._initialise),
            context=forkserver_context(),
        )
        self._pool.schedule(child.ping)
        return self._pool

    def prestart(self) -> None:
        """Start before there is a call. Where that is cut short from outside, the first call starts another."""
        try:
            self.start()
        except (BrokenProcessPool, RuntimeError) as error:
            self.broken = describe(error)
            self._replaced(Replacement.LOST, self.broken)
            self._terminate()

    async def stop(self) -> None:
        self._terminate()
        ending, self._ending = self._ending, []
        await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in ending))

    async def call(self, seconds: float, function: Callable[..., Result], *arguments: object) -> Result:
        try:
            return await self._call(seconds, function, *arguments)
        except (BrokenProcessPool, RuntimeError) as error:
            # The process was killed from outside while it was idle: the call has not begun, so a new one can run it.
            self._replaced(Replacement.LOST, describe(error))
            await self.stop()
        try:
            return await self._call(seconds, function, *arguments)
        except (BrokenProcessPool, RuntimeError) as error:
            self.broken = describe(error)
            raise WorkersBroken(self.broken) from error

    async def _call(self, seconds: float, function: Callable[..., Result], *arguments: object) -> Result:
        pool = self._pool or self.start()
        future = pool.schedule(child.call, args=(function, arguments, seconds), timeout=seconds)
        try:
            async with asyncio.timeout(seconds + LOST_SECONDS) as limit:
                outcome: child.Returned = await asyncio.wrap_future(future)
        except TimeoutError as error:
            self._replaced(Replacement.TIMEOUT, f"more than {seconds:.0f} s")
            if limit.expired():
                self._terminate()
            raise CallFailed(Fault.TIMEOUT, f"more than {seconds:.0f} s") from error
        except ProcessExpired as error:
            raise self._ended(error.exitcode) from error
        except MemoryError as error:
            self._renew("memory limit")
            raise CallFailed(Fault.MEMORY, "memory limit") from error
        except asyncio.CancelledError:
            self._replaced(Replacement.CANCELLED, "the call was cancelled")
            self._terminate()
            raise
        self.broken = ""
        if outcome.resident > self._retire_bytes:
            self._renew(f"{outcome.resident} bytes held")
        if isinstance(outcome.value, child.Raised):
            raise CallFailed(Fault.ERROR, outcome.value.detail)
        return cast("Result", outcome.value)

    def _ended(self, exitcode: int) -> CallFailed:
        """Why a call's process ended before the call."""
        if exitcode == -signal.SIGXCPU:
            self._replaced(Replacement.TIMEOUT, "processor time")
            return CallFailed(Fault.TIMEOUT, "processor time")
        self._replaced(Replacement.CRASH, f"exit code {exitcode}")
        return CallFailed(Fault.CRASH, f"exit code {exitcode}")

    def _renew(self, cause: str) -> None:
        """Start another process in the place of one that holds much: it would have too little for the next call."""
        self._replaced(Replacement.RETIRED, cause)
        self._terminate()
        self.prestart()

    def _replaced(self, reason: Replacement, cause: str) -> None:
        log.info("worker.replaced", reason=reason, cause=cause)
        self._on_replaced(reason)

    def _terminate(self) -> None:
        """Kill the process, in the background; the next call starts a new one."""
        pool, self._pool = self._pool, None
        if pool is not None:
            thread = Thread(target=_end, args=(pool,), daemon=True)
            thread.start()
            self._ending = [other for other in self._ending if other.is_alive()] + [thread]


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
