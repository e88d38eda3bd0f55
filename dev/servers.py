"""A private RabbitMQ and a private PostgreSQL, each in a folder of its own, on free ports of the loopback interface.

They end with the process that started them, keep their data and port over a restart, and share nothing with servers of
the machine: not the name server (epmd), not the Erlang cookie, not a socket, not a configuration file.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Self

from dev.processes import Process, ProcessError, free_port
from dev.programs import erlang_name_server, postgres_program, rabbitmq_server

AMQP_GREETING = b"AMQP\x00\x00\x09\x01"


def _password(folder: Path) -> str:
    """This folder's password, made once."""
    file = folder / "password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(16))
    return file.read_text()


class _Server:
    """Start, stop, kill and restart; a `with` block starts and stops."""

    folder: Path

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def remove(self) -> None:
        """Stop, and forget all data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class PrivateRabbit(_Server):
    """One RabbitMQ node. Only loopback, one user with a generated password, no plugins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self._epmd_port, self._dist_port = free_port(), free_port(), free_port()
        self._password = _password(self.folder)
        self._epmd = Process([], self.folder / "epmd.log")
        self.process = Process([str(rabbitmq_server())], self.folder / "rabbitmq.log", env=self._environment())

    @property
    def url(self) -> str:
        """Where clients connect, with user and password."""
        return f"amqp://correcta:{self._password}@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start the node and return once it answers AMQP (about 5 s)."""
        self._configure()
        if not self._epmd.running:
            self._start_epmd()
        self.process.start()
        self.process.wait_until(self._answers, 90)

    def stop(self) -> None:
        """An orderly stop: what was confirmed is on disk."""
        self.process.stop()
        self._epmd.kill()

    def kill(self) -> None:
        """kill -9 of the node; clients see their connections drop.

        RabbitMQ 3.10 writes a new quorum queue's name to disk only within a second or so: one declared just before may
        not come back.
        """
        self.process.kill()

    def restart(self) -> None:
        """Stop and start, same port, same data."""
        self.stop()
        self.start()

    def _start_epmd(self) -> None:
        self._epmd.command = [str(erlang_name_server()), "-port", str(self._epmd_port), "-address", "127.0.0.1"]
        self._epmd.start()
        self._epmd.wait_until(lambda: _accepts(self._epmd_port), 10)

    def _configure(self) -> None:
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.local = 127.0.0.1:{self.port}\n"
            "default_user = correcta\n"
            f"default_pass = {self._password}\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.console = false\n"
            "log.file.level = warning\n"
        )
        (self.folder / "rabbitmq.conf").chmod(0o600)

    def _environment(self) -> dict[str, str]:
        own = str(self.folder)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": own,  # the Erlang cookie
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RUNNING_UNDER_SYSTEMD": "true",  # the script then becomes the node: its pid is the one to signal
            "RABBITMQ_NODENAME": "correcta@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CONF_ENV_FILE": f"{own}/none",
            "RABBITMQ_CONFIG_FILE": f"{own}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{own}/none.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{own}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{own}/data",
            "RABBITMQ_LOG_BASE": f"{own}/log",
        }

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(AMQP_GREETING)
                return link.recv(1) == b"\x01"  # a method frame: Connection.Start
        except OSError:
            return False


class PrivatePostgres(_Server):
    """One PostgreSQL cluster. `durable=False` skips fsync: fine for tests, wrong wherever it may be killed."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.user = _database_user() if os.geteuid() == 0 else None
        self.folder = _reachable(folder.absolute(), self.user)
        self.port = free_port()
        self._data = self.folder / "data"
        self._password = _password(self.folder)
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

    def kill(self) -> None:
        """kill -9 of the server; its children notice and end."""
        self.process.kill()

    def restart(self) -> None:
        """Stop and start, same port, same data."""
        self.stop()
        self.start()

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


def _database_user() -> str:
    """Who runs PostgreSQL when we are root, whom it refuses."""
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


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
