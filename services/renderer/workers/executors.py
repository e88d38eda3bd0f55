"""Where a shard of copies is typeset: the interface (`Executor`), and the workers of this process (`LocalExecutor`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.renderer.workers.pool import WorkerPool, unheard
from services.renderer.workers.tasks import Context, CopyRequest, WorkerTasks


@dataclass(frozen=True)
class Shard:
    """A few copies to typeset in one call, and the cache key of each by its spool index. `context` is a file."""

    context: Path
    requests: tuple[CopyRequest, ...]
    keys: Mapping[int, str]

    def of(self, requests: Sequence[CopyRequest]) -> "Shard":
        """A shard of some of these copies."""
        return Shard(self.context, tuple(requests), self.keys)


class Executor(Protocol):
    """Typesets the shards of one export. Results are left at the targets of the shard's requests."""

    @property
    def workers(self) -> int:
        """How many shards may be typeset at once, at the moment."""

    async def find(self, shard: Shard) -> None:
        """Leave the results of those copies that were already typeset somewhere."""

    async def typeset(self, shard: Shard) -> dict[int, str]:
        """Typeset; the errors of those copies that have no result, by spool index.

        Raises:
            CallFailed: a worker failed; what it finished is there.
            WorkersBroken: no worker can be started.
        """


class LocalExecutor:
    """The workers of this process, in one export's turn."""

    def __init__(self, pool: WorkerPool, tasks: WorkerTasks, fairness_key: object, seconds: float) -> None:
        self._pool = pool
        self._tasks = tasks
        self._fairness_key = fairness_key
        self.seconds = seconds

    @property
    def workers(self) -> int:
        """The processes of the pool."""
        return self._pool.size

    @property
    def spare(self) -> int:
        """Workers that nobody waits for."""
        return self._pool.free

    async def find(self, shard: Shard) -> None:
        """Nothing is kept here but in the cache, which was asked."""

    async def typeset(self, shard: Shard, begun: Callable[[], None] = unheard) -> dict[int, str]:
        """Typeset in a worker; `begun` is called when it is this shard's turn."""
        return await self._pool.call(
            self._fairness_key, self.seconds, self._tasks.copies, shard.context, shard.requests, begun=begun
        )


class ExecutorMaker(Protocol):
    """Extends the local workers by others."""

    def extend(self, local: LocalExecutor, context: Context) -> Executor:
        """The executor of an export whose copies have this context."""
