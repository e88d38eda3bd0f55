"""Typeset copies by what they were made of, so that an export after a few regraded copies typesets only those.

Bounded in bytes (least recently used goes first) and in age (no student's page outlives the files' retention, however
often it is used). Shared by the renderers of a machine without locks: entries appear by rename, a missing one is only a
miss, and a damaged one is removed and typeset again, never served. The folder belongs to one user.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from services.renderer.files import write_whole
from services.renderer.limits import CAPACITY_BYTES, RETENTION_SECONDS
from services.renderer.workers.results import DamagedEntry, Entry, decode, encode

log = structlog.get_logger()

TEMPORARY_SECONDS = 600.0
"""Age at which a file that was never finished belongs to a renderer that died."""


class Cache(Protocol):
    """Where typeset copies may be found again."""

    def get(self, key: str) -> Entry | None:
        """The entry under a key, verified; None where there is none worth having."""

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry, if there is room; never an error."""


class NoCache:
    """Keeps nothing."""

    def get(self, key: str) -> Entry | None:
        return None

    def put(self, key: str, entry: Entry) -> None:
        """Forget it."""


@dataclass(frozen=True)
class _Kept:
    path: Path
    size: int
    used: float


class DiskCache:
    """The cache in a folder.

    The file's modification time is when the copy was typeset and never moves; its access time is when it was last used.
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
        self._written = 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)

    def get(self, key: str) -> Entry | None:
        """The entry under a key, if it is whole and young enough."""
        path = self._path(key)
        try:
            made = path.stat().st_mtime
            if self._now() - made > self._retention:
                path.unlink(missing_ok=True)
                return None
            entry = decode(path.read_bytes())
            os.utime(path, (self._now(), made))
        except DamagedEntry:
            log.warning("cache.damaged", key=key)
            path.unlink(missing_ok=True)
            return None
        except OSError:
            return None
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry. A full or broken disk costs the cache, not the export."""
        path = self._path(key)
        data = encode(entry)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            log.warning("cache.not_kept", cause=str(error))
            return
        self._written += len(data)
        if self._written > self._capacity // 8:
            self.sweep()

    def sweep(self) -> None:
        """Remove what is too old, and the least recently used beyond the capacity."""
        self._written = 0
        kept = sorted(self._survivors(), key=lambda one: one.used, reverse=True)
        room = self._capacity
        for one in kept:
            room -= one.size
            if room < 0:
                one.path.unlink(missing_ok=True)

    def _survivors(self) -> Iterator[_Kept]:
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                status = path.stat()
                limit = TEMPORARY_SECONDS if path.suffix == ".tmp" else self._retention
                if self._now() - status.st_mtime > limit:
                    path.unlink(missing_ok=True)
                else:
                    yield _Kept(path, status.st_size, status.st_atime)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key
