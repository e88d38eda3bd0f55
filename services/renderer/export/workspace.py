"""Private folders on disk, one for each export, removed when the export ends, also after a crash.

Each renderer locks a folder of its own for as long as it runs; one that starts removes the folders that none has
locked.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

from services.renderer.files import private_folder


class Workspace:
    """One renderer's folder. `close` removes it."""

    def __init__(self, root: Path) -> None:
        self._root = private_folder(root)
        self._own = self._root / uuid4().hex
        with _exclusive(self._root):
            self._remove_orphans()
            self._own.mkdir(mode=0o700)
            self._lock = _lock(self._own)

    @property
    def own_folder(self) -> Path:
        """The folder that holds those of all its exports."""
        return self._own

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A folder for one export, removed afterwards whatever happened."""
        path = Path(mkdtemp(dir=self._own))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._own, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _remove_orphans(self) -> None:
        for path in self._root.iterdir():
            if not path.is_dir():
                continue
            held = None
            with contextlib.suppress(OSError):
                held = _lock(path)
            if held is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(held)


@contextmanager
def _exclusive(root: Path) -> Iterator[None]:
    """Let one renderer at a time make or remove folders: a new one is never an orphan before it is locked."""
    descriptor = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """A lock on a folder, held until the descriptor is closed or the process ends; None where another holds it."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
