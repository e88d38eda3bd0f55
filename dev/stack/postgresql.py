"""A private PostgreSQL cluster: only loopback TCP, one superuser with a generated password."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from dev.stack.processes import Process, ProcessError, free_port
from dev.stack.programs import postgres_program
from dev.stack.server import PrivateServer, password_of

MEMORY = Path("/dev/shm")
LEAST_FREE = 2 * 1024**3
"""Bytes that must be free in memory for data to lie there: what the tests' databases take at once, and more."""


class PrivatePostgres(PrivateServer):
    """One PostgreSQL cluster. `durable=False` skips fsync and keeps the data in memory where there is room: fine for
    tests, wrong wherever it may be killed. ext4 looks for an inode that was not freed lately each time a file is made,
    so that databases made and dropped by the hundred cost as much as the tests in them.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.user = server_user()
        self.folder = _reachable(folder.absolute(), self.user)
        self.port = free_port()
        self._data = (None if durable else _in_memory()) or self.folder / "data"
        self._password = password_of(self.folder)
        self.process = Process(self._command(durable), self.folder / "postgres.log", cwd=Path("/"), user=self.user)

    @property
    def url(self) -> str:
        """The maintenance database `postgres`, as superuser."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """One database of the cluster."""
        return f"postgresql://correcta:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Make the cluster where there is none yet, start it and return once it takes connections."""
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self.process.start()
        self.process.wait_until(self._answers, 60)

    def stop(self) -> None:
        """An orderly stop; open connections are ended."""
        self.process.signal(signal.SIGINT)  # "fast": SIGTERM would wait for clients to leave
        self.process.stop()

    def remove(self) -> None:
        """Stop, and forget all data, wherever they are."""
        super().remove()
        shutil.rmtree(self._data, ignore_errors=True)
        if self._data.parent.parent == MEMORY:
            self._data.parent.rmdir()

    def _command(self, durable: bool) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "max_connections": "200",
            "timezone": "UTC",
            "jit": "off",
            "fsync": "on" if durable else "off",
            "synchronous_commit": "on" if durable else "off",
            "full_page_writes": "on" if durable else "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(postgres_program("postgres")), "-D", str(self._data), *options]

    def _initialise(self) -> None:
        secret = self.folder / "password.init"
        secret.touch(mode=0o600)
        secret.write_text(self._password)
        self._data.mkdir(mode=0o700, exist_ok=True)
        if self.user is not None:
            shutil.chown(secret, self.user)
            shutil.chown(self._data, self.user)
        command = [str(postgres_program("initdb")), "-D", str(self._data), "-U", "correcta", "--auth=scram-sha-256"]
        command += [f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        done = _run_as(self.user, command)
        secret.unlink()
        if done.returncode != 0:
            shutil.rmtree(self._data)
            raise ProcessError(f"initdb failed\n{done.stderr.decode(errors='replace')}")

    def _answers(self) -> bool:
        command = [str(postgres_program("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0


def _in_memory() -> Path | None:
    """A place for data in memory, where there is room; those of processes that were killed are removed."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < LEAST_FREE:
        return None
    prefix = f"correcta-exports-{os.getuid()}-"
    for folder in MEMORY.glob(f"{prefix}*"):
        with suppress(ValueError):
            if not Path(f"/proc/{int(folder.name.removeprefix(prefix).partition('-')[0])}").exists():
                shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=MEMORY))
    folder.chmod(0o711)
    return folder / "data"


def server_user() -> str | None:
    """Who runs PostgreSQL and PgBouncer when we are root, whom they refuse; None: we ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _run_as(user: str | None, command: list[str]) -> subprocess.CompletedProcess[bytes]:
    if user is None:
        return subprocess.run(command, capture_output=True, check=False)
    group = pwd.getpwnam(user).pw_gid
    return subprocess.run(command, capture_output=True, check=False, cwd="/", user=user, group=group, extra_groups=[])


def _reachable(folder: Path, user: str | None) -> Path:
    """The folder, or one in the temporary folder where the server's user may not enter it (a checkout in /root)."""
    folder.mkdir(parents=True, exist_ok=True)
    if _run_as(user, ["test", "-x", str(folder)]).returncode == 0:
        return folder
    name = sha256(str(folder).encode()).hexdigest()[:12]
    elsewhere = Path(tempfile.gettempdir()) / f"correcta-exports-{os.getuid()}-{name}"
    elsewhere.mkdir(mode=0o711, exist_ok=True)
    if elsewhere.stat().st_uid != os.getuid():
        raise ProcessError(f"{elsewhere} belongs to someone else")
    return elsewhere
