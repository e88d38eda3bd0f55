"""Real workers that typeset or misbehave as `worker_tasks` says."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.renderer.images.collecting import Found
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.workers.confinement import Sandbox
from services.renderer.workers.pool import WorkerPool
from tests.component.renderer import worker_tasks

WORKER_BYTES = 600 * 1024**2


async def no_image(url: str) -> bytes | ImageProblem:
    """Fetches nothing."""
    return ImageProblem(Reason.NOT_FOUND)


async def no_drawing(path: Path) -> Found:
    """Draws nothing."""
    return ImageProblem(Reason.DAMAGED)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    """Two workers for the whole module: they are replaced when a test kills them."""
    sandbox = Sandbox(WORKER_BYTES, tmp_path_factory.getbasetemp())
    workers = WorkerPool(2, sandbox=sandbox, initialise=worker_tasks.initialise)
    workers.start()
    yield workers
    asyncio.run(workers.stop())
