"""Files that appear whole or are hashed while they are written, and folders that only this user may enter."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP})
"""Another file system, one that knows no links, or a file with as many as it may have."""


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file under a temporary name and rename it: nobody sees it in part, and only this user may read it."""
    with _appearing(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)


def link_whole(source: Path, target: Path) -> None:
    """Give a file a second name, replacing what was there; a copy with the same times where it cannot be linked.

    The file must be closed and read-only: whoever changed it under one name would change it under both.
    """
    with _appearing(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            shutil.copy2(source, temporary)


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` for the block to make a file under, renamed at its end, removed on an error."""
    temporary = path.with_name(f"{path.name}.{uuid4().hex}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class HashingFile:
    """A binary file, written from front to back, that calculates the SHA-256 of its content on the way.

    A ZIP writer returns to the header of a member whose size it knows by then. So what was written since the last
    `flush` is held in memory and may be overwritten.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._flushed = 0
        self._held = bytearray()
        self._position = 0

    def write(self, data: bytes, /) -> int:
        """Write at the current position; the number of bytes written."""
        begin = self._position - self._flushed
        self._held[begin : begin + len(data)] = data
        self._position += len(data)
        return len(data)

    def tell(self) -> int:
        """The current position, from the beginning of the file."""
        return self._position

    def seek(self, position: int, /) -> int:
        """Go to a position, from the beginning of the file.

        Raises:
            ValueError: it is before the last `flush`, or beyond the end.
        """
        if not self._flushed <= position <= self._flushed + len(self._held):
            raise ValueError(f"position {position} is not in what is held")
        self._position = position
        return position

    def flush(self) -> None:
        """Write to the file, and hash, what is held: it cannot be overwritten any more."""
        self._file.write(self._held)
        self._digest.update(self._held)
        self._flushed += len(self._held)
        self._held.clear()

    def close(self) -> None:
        """Flush; the file itself is closed by who opened it."""
        self.flush()

    def sha256(self) -> str:
        """The SHA-256 of all that was written, in hexadecimal."""
        self.flush()
        return self._digest.hexdigest()


class UnsafeFolder(RuntimeError):
    """The folder belongs to another user or is a link: its files could be read or replaced."""


def private_folder(path: Path) -> Path:
    """Create a folder if need be and restrict it to this user (mode 0700).

    Raises:
        UnsafeFolder: it is somebody else's.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise UnsafeFolder(f"{path} is not a folder of this user's own")
    path.chmod(0o700)
    return path
