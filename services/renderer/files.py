"""Files written whole, and folders that only this user may enter."""

import os
import stat
from pathlib import Path
from uuid import uuid4


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that nobody ever sees in part, readable by this user only."""
    temporary = path.with_name(f"{path.name}.{uuid4().hex}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


class UnsafeFolder(RuntimeError):
    """The folder belongs to someone else or is a link: what is written there could be read or replaced."""


def private_folder(path: Path) -> Path:
    """The folder, made if need be, that only this user may enter.

    Raises:
        UnsafeFolder: it is somebody else's.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise UnsafeFolder(f"{path} is not a folder of this user's own")
    path.chmod(0o700)
    return path
