"""A canary, and a renderer whose workers are watched."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dev.hostile.canary import Canary, canary
from dev.hostile.rendering import Renderer, running
from services.renderer.limits import Limits

PATIENT = Limits(shard_seconds=600)
"""On a busy machine no wall clock decides: processor time does."""


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Canary]:
    """A canary that hears whatever is sent to it."""
    with canary(tmp_path) as made:
        yield made


@pytest.fixture
async def renderer(listening: Canary, tmp_path: Path) -> AsyncIterator[Renderer]:
    """The whole renderer, with two workers."""
    async with running(listening, tmp_path / "renderer", PATIENT) as made:
        yield made
