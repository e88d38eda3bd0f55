"""What the private RabbitMQ and PostgreSQL have in common: a folder with a password, start, stop, kill and restart.

They run on free ports of the loopback interface, end with the process that started them, keep their data and port over
a restart, and share nothing with servers of the machine: no socket, no configuration file, no credentials.
"""

import secrets
import shutil
from pathlib import Path
from typing import Self

from dev.stack.processes import Process


def password_of(folder: Path) -> str:
    """This folder's password, made once."""
    file = folder / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(16))
    return file.read_text()


class PrivateServer:
    """Start, stop, kill and restart; a `with` block starts and stops."""

    folder: Path
    process: Process

    def start(self) -> None:
        """Start it and return once it takes connections."""
        raise NotImplementedError

    def stop(self) -> None:
        """An orderly stop: what was confirmed is on disk."""
        raise NotImplementedError

    def kill(self) -> None:
        """SIGKILL of the server's process; clients see their connections drop."""
        self.process.kill()

    def restart(self) -> None:
        """Stop and start, same port, same data."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop, and forget all data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
