"""The interface to the bytes (`Files`), implemented over a local folder and over a bucket.

A file becomes visible under its key in one step, whole and durable, or not at all. What is being
received has no key yet.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.storage.keys import Key
from services.storage.ranges import Slice

CHUNK = 1024 * 1024
"""How many bytes move at once between a body and the files."""


@dataclass(frozen=True)
class ListedFile:
    """Something found by listing: the name it has there and when it was last written, by the files' own clock."""

    name: str
    modified: datetime


class Incoming(Protocol):
    """Bytes on their way in. Ends in `Files.publish` or in `discard`; `discard` after either is harmless."""

    async def write(self, chunk: bytes) -> None:
        """Append. Raises StorageFull or StorageUnavailable."""

    async def discard(self) -> None:
        """Forget what was received and free its room; never raises."""


class Opened(Protocol):
    """A file open for reading: what was opened stays readable to its end even when the file is deleted meanwhile."""

    @property
    def size(self) -> int:
        """Bytes in the whole file."""

    def read(self, part: Slice) -> AsyncIterator[bytes]:
        """The part's bytes in order. Raises StorageUnavailable when they cannot all be had."""

    async def close(self) -> None:
        """Let go of it; never raises, harmless when repeated."""


class Files(Protocol):
    """A place that keeps files. Every method raises StorageFull or StorageUnavailable where the place fails."""

    async def receive(self) -> Incoming:
        """Begin to receive a file."""

    async def publish(self, incoming: Incoming, key: Key) -> None:
        """Make what was received the file of this key. When it returns, the file survives a loss of power."""

    async def open(self, key: Key, part: Slice) -> Opened | None:
        """Open a file to read `part` of it; None when it is not there."""

    async def address(self, key: Key, seconds: int) -> str | None:
        """Where anybody can GET a file for so long without asking us; None where the place has no such addresses."""

    async def delete(self, key: Key) -> None:
        """Remove a file; harmless when it is not there."""

    def stored(self) -> AsyncIterator[ListedFile]:
        """Every published file, by its key's text, whatever its name looks like."""

    async def sweep(self, before: datetime) -> int:
        """Remove leftovers of uploads last written before a moment; how many there were."""

    async def probe(self) -> None:
        """Return when a file could be stored now."""

    async def close(self) -> None:
        """Let go of threads and connections."""
