"""Blobs in a local folder: `.blobs/{kind}/{two digits}/{name}` below the root, beside the exports' files.

A blob appears by a link, which fails where there is one of that name. Nothing is synced: what a power cut leaves short
is found damaged by whoever reads it.
"""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from services.storage.blobs import ListedBlob
from services.storage.disk import INCOMING, SUFFIX, Disk
from services.storage.folders import entries_of, make_folder, make_root, opened

BLOBS = ".blobs"


class BlobFolder:
    """`BlobPlace` under the root of a `Disk`, whose threads it uses."""

    def __init__(self, disk: Disk, root: Path) -> None:
        self._disk = disk
        self._root = root

    async def create(self, name: str, body: bytes) -> bool:
        """Write a temporary file and link it to its name."""
        return await self._disk.run(self._create, name, body)

    def _create(self, name: str, body: bytes) -> bool:
        make_root(self._root)
        temporary = f"{uuid4()}{SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with opened(self._root, follow=True) as root:
            make_folder(INCOMING, root)
            with opened(INCOMING, root) as incoming, self._folder(root, name, make=True) as folder:
                descriptor = os.open(temporary, flags, 0o600, dir_fd=incoming)
                try:
                    with os.fdopen(descriptor, "wb") as file:
                        file.write(body)
                    os.link(temporary, _digest(name), src_dir_fd=incoming, dst_dir_fd=folder)
                except FileExistsError:
                    return False
                finally:
                    os.unlink(temporary, dir_fd=incoming)
        return True

    async def read(self, name: str) -> tuple[bytes, datetime] | None:
        """A blob's bytes."""
        return await self._disk.run(self._read, name)

    def _read(self, name: str) -> tuple[bytes, datetime] | None:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with opened(self._root, follow=True) as root, self._folder(root, name) as folder:
                descriptor = os.open(_digest(name), flags, dir_fd=folder)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read(), datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)

    async def written(self, name: str) -> datetime | None:
        """The time of a blob's file."""
        return await self._disk.run(self._written, name)

    def _written(self, name: str) -> datetime | None:
        try:
            with opened(self._root, follow=True) as root, self._folder(root, name) as folder:
                status = os.stat(_digest(name), dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return datetime.fromtimestamp(status.st_mtime, UTC)

    async def listed(self) -> AsyncIterator[ListedBlob]:
        """Every blob."""
        for blob in await self._disk.run(self._listed):
            yield blob

    def _listed(self) -> list[ListedBlob]:
        found = []
        for kind in entries_of(self._root / BLOBS):
            for folder in entries_of(kind.path):
                for file in entries_of(folder.path):
                    with contextlib.suppress(FileNotFoundError):
                        status = file.stat(follow_symlinks=False)
                        written = datetime.fromtimestamp(status.st_mtime, UTC)
                        found.append(ListedBlob(f"{kind.name}/{file.name}", status.st_size, written))
        return found

    async def delete(self, name: str) -> None:
        """Unlink a blob's file."""
        await self._disk.run(self._delete, name)

    def _delete(self, name: str) -> None:
        with (
            contextlib.suppress(FileNotFoundError),
            opened(self._root, follow=True) as root,
            self._folder(root, name) as folder,
        ):
            os.unlink(_digest(name), dir_fd=folder)

    @staticmethod
    @contextlib.contextmanager
    def _folder(root: int, name: str, *, make: bool = False) -> Iterator[int]:
        """The folder that a blob's file lies in, by descriptor; never through a symbolic link."""
        kind, _, digest = name.partition("/")
        with contextlib.ExitStack() as stack:
            parent = root
            for part in (BLOBS, kind, digest[:2]):
                if make:
                    make_folder(part, parent)
                parent = stack.enter_context(opened(part, parent))
            yield parent


def _digest(name: str) -> str:
    return name.rpartition("/")[2]
