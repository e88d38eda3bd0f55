"""Runs an `Assembler` on a thread of its own, so that copies are added while others are typeset.

Copies stand in the document in the order in which they were handed over; how many may wait is bounded in bytes.
"""

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from services.renderer.assembly import Assembler

AHEAD_BYTES = 16 * 1024**2
"""Bytes of copies handed over and not yet in the document; beyond that, `add` waits."""


class Binder:
    """Adds copies to a document on a thread. An asynchronous context manager: at its exit the thread has ended."""

    def __init__(self, assembler: Assembler) -> None:
        self._assembler = assembler
        self._thread = ThreadPoolExecutor(1, "binder")
        self._waiting: deque[tuple[asyncio.Future[int], int]] = deque()
        self._bytes = 0

    async def add(self, segment: bytes) -> None:
        """Hand over the next copy's segment.

        Raises:
            MalformedSegment: this or an earlier one is not a segment; `done` raises it at the latest.
        """
        loop = asyncio.get_running_loop()
        self._waiting.append((loop.run_in_executor(self._thread, self._assembler.add, segment), len(segment)))
        self._bytes += len(segment)
        while self._waiting and (self._bytes > AHEAD_BYTES or self._waiting[0][0].done()):
            await self._first()

    async def done(self) -> None:
        """Wait until all copies are in the document."""
        while self._waiting:
            await self._first()

    async def _first(self) -> None:
        future, size = self._waiting[0]
        await future
        self._waiting.popleft()
        self._bytes -= size

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for future, _ in self._waiting:
            future.cancel()
        await asyncio.gather(*(future for future, _ in self._waiting), return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown)
