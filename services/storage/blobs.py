"""Blobs that renderers share with one another: copies to typeset, and copies typeset, for as long as files are kept.

They are a cache: nothing is synced, nothing is recorded, and whoever reads one verifies it. A name is written once: the
same bytes again change nothing and make no blob younger, other bytes are refused.

`content/<sha256>` is named by what is in it. `results/<key>` is named by what it was made from, which nobody here can
verify: so only who may write blobs at all is asked, and a reader looks for the writer's signature.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog

from services.storage.errors import BlobConflict, DigestMismatch, InvalidRequest

log = structlog.get_logger()

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Kind(StrEnum):
    """What a blob is named by."""

    CONTENT = "content"
    RESULTS = "results"


@dataclass(frozen=True)
class BlobName:
    """A blob's name: `content/<sha256 of it>` or `results/<key>`, both in 64 lowercase hex digits."""

    kind: Kind
    digest: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.digest}"


def blob_name(kind: str, digest: str) -> BlobName:
    """The name in an address.

    Raises:
        InvalidRequest: it is none.
    """
    if kind not in set(Kind) or _DIGEST.fullmatch(digest) is None:
        raise InvalidRequest("A blob's name is content/ or results/ and 64 lowercase hex digits.")
    return BlobName(Kind(kind), digest)


@dataclass(frozen=True)
class ListedBlob:
    """A blob found by listing; its size in bytes, and when it was written, by the place's own clock."""

    name: str
    size: int
    written: datetime


class BlobPlace(Protocol):
    """A place that keeps blobs. Every method raises StorageFull or StorageUnavailable where the place fails."""

    async def create(self, name: str, body: bytes) -> bool:
        """Write a blob, whole or not at all; False where there is one of that name."""

    async def read(self, name: str) -> tuple[bytes, datetime] | None:
        """A blob and when it was written; None where there is none."""

    async def written(self, name: str) -> datetime | None:
        """When a blob was written; None where there is none."""

    def listed(self) -> AsyncIterator[ListedBlob]:
        """Every blob."""

    async def delete(self, name: str) -> None:
        """Remove a blob; harmless when it is not there."""


class Blobs:
    """Blobs in a place, bounded in age and in bytes."""

    def __init__(
        self,
        place: BlobPlace,
        *,
        retention: timedelta,
        capacity: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._place = place
        self._retention = retention
        self._capacity = capacity
        self._now = now
        self._added = 0

    async def put(self, name: BlobName, body: bytes) -> bool:
        """Keep a blob; False where the same one is there already.

        Raises:
            DigestMismatch: the body is not what its name says.
            BlobConflict: another one has this name; it stays.
        """
        if name.kind is Kind.CONTENT and hashlib.sha256(body).hexdigest() != name.digest:
            raise DigestMismatch("The body's sha256 is not the blob's name; send it again.")
        while not await self._place.create(str(name), body):
            found = await self._place.read(str(name))
            if found is not None and self._is_young(found[1]):
                if found[0] == body:
                    return False
                if name.kind is Kind.RESULTS:
                    log.error("blob.conflict", name=str(name), size=len(body), kept=len(found[0]))
                    raise BlobConflict("Another blob has this name.")
            await self._place.delete(str(name))  # too old, or damaged: this one's bytes are what its name says
        self._added += len(body)
        if self._added > self._capacity // 8:
            await self.sweep()
        return True

    async def get(self, name: BlobName) -> bytes | None:
        """A blob; None where there is none, or only one that is too old."""
        found = await self._place.read(str(name))
        return found[0] if found is not None and self._is_young(found[1]) else None

    async def present(self, names: Iterable[BlobName]) -> list[BlobName]:
        """Those of the names that have a blob."""
        found = []
        for name in names:
            written = await self._place.written(str(name))
            if written is not None and self._is_young(written):
                found.append(name)
        return found

    async def sweep(self) -> int:
        """Remove what is too old, and the oldest beyond the capacity; how many went."""
        self._added = 0
        free, removed = self._capacity, 0
        listed = [each async for each in self._place.listed()]
        for blob in sorted(listed, key=lambda blob: blob.written, reverse=True):
            free -= blob.size
            if free < 0 or not self._is_young(blob.written):
                await self._place.delete(blob.name)
                removed += 1
        return removed

    def _is_young(self, written: datetime) -> bool:
        return self._now() - written <= self._retention
