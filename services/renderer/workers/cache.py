"""A cache of result files on disk, by keys of what the copies were made of: only changed copies are typeset again.

Bounded in bytes (least recently used goes first) and in age (no student's page outlives the files' retention, however
often it is used). Shared by the renderers of a machine without locks: files appear by rename, a missing one is only a
miss, and a damaged one is removed and typeset again, never served. The folder belongs to one user.

A worker's result file is linked into the cache, not written again, so a file here is read-only and never changed.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from services.renderer.files import link_whole
from services.renderer.limits import CAPACITY_BYTES, RETENTION_SECONDS
from services.renderer.workers.results import DamagedResult, TypesetSegment, decode

log = structlog.get_logger()

TEMPORARY_SECONDS = 600.0
"""Age at which a file that was never finished belongs to a renderer that died."""


class Cache(Protocol):
    """Keeps result files by key."""

    def get(self, key: str) -> TypesetSegment | None:
        """The result under a key, verified; None where there is none, or only one that is too old or damaged."""

    def put(self, key: str, result: Path) -> None:
        """Keep a verified result file, which is read-only and never changed again; its own name may be removed."""


class NoCache:
    """Keeps nothing."""

    def get(self, key: str) -> TypesetSegment | None:
        return None

    def put(self, key: str, result: Path) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class _CachedFile:
    path: Path
    size: int
    used: float


class DiskCache:
    """A cache in a folder.

    A file's modification time is when the copy was typeset and never moves, a link has the same one; its access time is
    when it was last used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        capacity: int = CAPACITY_BYTES,
        retention: float = RETENTION_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._capacity = capacity
        self._retention = retention
        self._now = now
        self._added = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)

    def get(self, key: str) -> TypesetSegment | None:
        """The result under a key, if it is whole and young enough."""
        path = self._path(key)
        try:
            typeset = path.stat().st_mtime
            if self._now() - typeset > self._retention:
                path.unlink(missing_ok=True)
                return None
            result = decode(path.read_bytes())
            os.utime(path, (self._now(), typeset))
        except DamagedResult:
            log.warning("cache.damaged", key=key)
            path.unlink(missing_ok=True)
            return None
        except OSError:
            return None
        return result

    def put(self, key: str, result: Path) -> None:
        """Link a result file into the folder. Where the disk is full or broken, it is not kept: never an error."""
        path = self._path(key)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            link_whole(result, path)
            size = result.stat().st_size
        except OSError as error:
            log.warning("cache.not_kept", cause=str(error))
            return
        self._added += size
        if self._added > self._capacity // 8:
            self.sweep()

    def sweep(self) -> None:
        """Remove files that are too old, and the least recently used beyond the capacity."""
        self._added = 0
        free = self._capacity
        for file in sorted(self._survivors(), key=lambda file: file.used, reverse=True):
            free -= file.size
            if free < 0:
                file.path.unlink(missing_ok=True)

    def _survivors(self) -> Iterator[_CachedFile]:
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                limit = TEMPORARY_SECONDS if path.suffix == ".tmp" else self._retention
                if self._now() - status.st_mtime > limit:
                    path.unlink(missing_ok=True)
                else:
                    yield _CachedFile(path, status.st_size, status.st_atime)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key
