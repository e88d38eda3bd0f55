"""Real workers that typeset or misbehave as `worker_tasks` says."""

import asyncio
from collections.abc import Iterator

import pytest

from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.workers.pool import WorkerPool
from tests.component.renderer import worker_tasks

WORKER_BYTES = 600 * 1024**2


async def no_image(url: str) -> bytes | ImageProblem:
    """Fetches nothing."""
    return ImageProblem(Reason.NOT_FOUND)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """Two workers for the whole module: they are replaced when a test kills them."""
    workers = WorkerPool(2, memory=WORKER_BYTES, initialise=worker_tasks.initialise)
    workers.start()
    yield workers
    asyncio.run(workers.stop())
