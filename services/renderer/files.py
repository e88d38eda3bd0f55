"""Files that appear whole, and folders that only this user may enter."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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
