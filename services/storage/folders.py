"""Folders by descriptor (`dir_fd`), one system call each, with the device's errors as storage's own."""

import contextlib
import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from services.storage.errors import StorageError, StorageFull, StorageUnavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@contextlib.contextmanager
def disk_errors() -> Iterator[None]:
    """Turn the device's errors into storage's own."""
    try:
        yield
    except OSError as error:
        raise _failure(error) from error


def _failure(error: OSError) -> StorageError:
    if error.errno in _FULL:
        return StorageFull("The device is full; free space or wait for older files to expire.", cause=str(error))
    return StorageUnavailable("The device does not take or give bytes; try again later.", cause=str(error))


@contextlib.contextmanager
def opened(name: str | Path, parent: int | None = None, *, follow: bool = False) -> Iterator[int]:
    """A folder's descriptor for the length of a block. A symbolic link is an error unless `follow`."""
    descriptor = os.open(name, _FOLDER if follow else _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def make_folder(name: str, parent: int) -> None:
    """Make a folder only we can enter; harmless when it is there."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=parent)


def make_root(root: Path) -> None:
    """Make the root and what is missing above it, each name durable before the next."""
    missing = [folder for folder in (root, *root.parents) if not folder.exists()]
    for folder in reversed(missing):
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        with opened(folder.parent, follow=True) as parent:
            os.fsync(parent)


def entries_of(folder: str | Path) -> list[os.DirEntry[str]]:
    """What a folder holds; nothing when it isn't there."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []


def written(found: os.DirEntry[str]) -> datetime:
    """When something was last written, by the filesystem's clock."""
    try:
        return datetime.fromtimestamp(found.stat(follow_symlinks=False).st_mtime, UTC)
    except FileNotFoundError:
        return datetime.now(UTC)  # gone meanwhile: as if new, so that nothing is done to it
