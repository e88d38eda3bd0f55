"""Files in a local folder. A power cut never leaves a published file short, and never takes back one answered for.

The order that promises it: write to a temporary file in the same filesystem, fsync it, make the export's folder, fsync
the root (the folder's name), rename, fsync the folder (the file's name). Only then does `publish` return. Symbolic
links are never followed below the root.
"""

import asyncio
import contextlib
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import ParamSpec, TypeVar
from uuid import uuid4

from services.common.failpoints import failpoint
from services.storage import keys
from services.storage.errors import StorageUnavailable
from services.storage.files import CHUNK, Incoming, ListedFile
from services.storage.folders import disk_errors, entries_of, make_folder, make_root, opened, written
from services.storage.keys import Key
from services.storage.ranges import Slice

P = ParamSpec("P")
T = TypeVar("T")

INCOMING = ".incoming"
SUFFIX = ".tmp"
THREADS = 16


def _is_export(found: os.DirEntry[str]) -> bool:
    try:
        keys.export_id(found.name)
    except keys.InvalidKey:
        return False  # the filesystem's own, such as lost+found, or a stranger's: not ours to touch
    return found.is_dir(follow_symlinks=False)


class DiskIncoming:
    """A temporary file being written. The lock keeps `discard` from closing the descriptor under a running write."""

    def __init__(self, disk: "Disk", name: str, descriptor: int) -> None:
        self._disk = disk
        self.name = name
        self.descriptor: int | None = descriptor
        self.lock = Lock()

    async def write(self, chunk: bytes) -> None:
        """Append a chunk."""
        await self._disk.run(self._write, chunk)

    def _write(self, chunk: bytes) -> None:
        with self.lock:
            if self.descriptor is None:
                raise StorageUnavailable("The upload was abandoned.")
            failpoint("deposit.writing")
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]

    async def discard(self) -> None:
        """Close and remove the temporary file, unless it was published; done to its end even if the caller goes."""
        await asyncio.shield(self._disk.run(self._discard))

    def _discard(self) -> None:
        with self.lock:
            if self.descriptor is None:
                return
            descriptor, self.descriptor = self.descriptor, None
            with contextlib.suppress(OSError):
                self._disk.remove_incoming(self.name)
            with contextlib.suppress(OSError):
                os.close(descriptor)


class DiskFile:
    """An open descriptor: the bytes stay readable after the name is gone."""

    def __init__(self, disk: "Disk", descriptor: int, size: int) -> None:
        self._disk = disk
        self._descriptor: int | None = descriptor
        self._lock = Lock()
        self.size = size

    async def read(self, part: Slice) -> AsyncIterator[bytes]:
        """The part's bytes, a chunk at a time."""
        position = part.start
        while position < part.stop:
            chunk = await self._disk.run(self._pread, min(CHUNK, part.stop - position), position)
            if not chunk:
                raise StorageUnavailable("The file ends before its size.")
            position += len(chunk)
            yield chunk

    def _pread(self, length: int, position: int) -> bytes:
        with self._lock:
            if self._descriptor is None:
                raise StorageUnavailable("The file was closed.")
            return os.pread(self._descriptor, length, position)

    async def close(self) -> None:
        """Close the descriptor."""
        await asyncio.shield(self._disk.run(self._close))

    def _close(self) -> None:
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


class Disk:
    """`Files` under one root folder: `{exportId}/{sha256}`, and `.incoming/` for what is being received."""

    def __init__(self, root: Path, *, threads: int = THREADS) -> None:
        self._root = root
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="disk")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work in a thread of this disk's own."""

        def work() -> T:
            with disk_errors():
                return function(*args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @contextlib.contextmanager
    def _opened_root(self) -> Iterator[int]:
        make_root(self._root)
        with opened(self._root, follow=True) as descriptor:
            yield descriptor

    async def receive(self) -> DiskIncoming:
        """A temporary file in the same filesystem as its later place."""
        return await self.run(self._receive)

    def _receive(self) -> DiskIncoming:
        name = f"{uuid4()}{SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with self._opened_root() as root:
            make_folder(INCOMING, root)
            with opened(INCOMING, root) as incoming:
                return DiskIncoming(self, name, os.open(name, flags, 0o600, dir_fd=incoming))

    async def publish(self, incoming: Incoming, key: Key) -> None:
        """Make a received file durable, then visible, then durably visible."""
        assert isinstance(incoming, DiskIncoming)
        await self.run(self._publish, incoming, key)

    def _publish(self, incoming: DiskIncoming, key: Key) -> None:
        with incoming.lock:
            if incoming.descriptor is None:
                raise StorageUnavailable("The upload was abandoned.")
            failpoint("deposit.received")
            os.fsync(incoming.descriptor)
            failpoint("deposit.synced")
            with self._opened_root() as root, opened(INCOMING, root) as source:
                try:
                    self._place(incoming.name, source, key, root)
                except FileNotFoundError:  # another instance removed the folder, empty, between making and renaming
                    self._place(incoming.name, source, key, root)
            descriptor, incoming.descriptor = incoming.descriptor, None
            os.close(descriptor)

    def _place(self, name: str, source: int, key: Key, root: int) -> None:
        make_folder(key.folder, root)
        os.fsync(root)
        with opened(key.folder, root) as folder:
            os.rename(name, key.sha256, src_dir_fd=source, dst_dir_fd=folder)
            failpoint("deposit.renamed")
            os.fsync(folder)
            failpoint("deposit.durable")

    def remove_incoming(self, name: str) -> None:
        """Unlink one temporary file."""
        with self._opened_root() as root, opened(INCOMING, root) as incoming:
            os.unlink(name, dir_fd=incoming)

    async def open(self, key: Key, part: Slice) -> DiskFile | None:
        """An open file, or None. The part is asked for when reading."""
        return await self.run(self._open, key)

    def _open(self, key: Key) -> DiskFile | None:
        try:
            with self._opened_root() as root, opened(key.folder, root) as folder:
                descriptor = os.open(key.sha256, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except FileNotFoundError:
            return None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise StorageUnavailable("What lies at the file's place is not a file.")
        return DiskFile(self, descriptor, found.st_size)

    async def address(self, key: Key, seconds: int) -> None:
        """None: a folder has no addresses."""

    async def delete(self, key: Key) -> None:
        """Unlink the file, and its export's folder once that is empty."""
        await self.run(self._delete, key)

    def _delete(self, key: Key) -> None:
        with self._opened_root() as root:
            with contextlib.suppress(FileNotFoundError), opened(key.folder, root) as folder:
                os.unlink(key.sha256, dir_fd=folder)
                failpoint("expiry.unlinked")
                os.fsync(folder)
            self._remove_if_empty(key.folder, root)

    @staticmethod
    def _remove_if_empty(folder: str, root: int) -> None:
        with contextlib.suppress(OSError):
            os.rmdir(folder, dir_fd=root)

    async def stored(self) -> AsyncIterator[ListedFile]:
        """Every file below an export's folder."""
        for entry in await self.run(self._stored):
            yield entry

    def _stored(self) -> list[ListedFile]:
        return [
            ListedFile(f"{folder.name}/{found.name}", written(found))
            for folder in self._export_folders()
            for found in entries_of(folder.path)
        ]

    def _export_folders(self) -> list[os.DirEntry[str]]:
        return [found for found in entries_of(self._root) if _is_export(found)]

    async def sweep(self, before: datetime) -> int:
        """Remove temporary files that nobody has written to since `before`, and empty folders."""
        return await self.run(self._sweep, before)

    def _sweep(self, before: datetime) -> int:
        removed = 0
        with self._opened_root() as root:
            for found in entries_of(self._root / INCOMING):
                if found.name.endswith(SUFFIX) and written(found) < before:
                    with contextlib.suppress(FileNotFoundError):
                        self.remove_incoming(found.name)
                        removed += 1
            for folder in self._export_folders():
                if written(folder) < before:
                    self._remove_if_empty(folder.name, root)
        return removed

    async def probe(self) -> None:
        """Create and remove a temporary file."""
        incoming = await self.receive()
        await incoming.write(b"?")
        await incoming.discard()

    async def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)
