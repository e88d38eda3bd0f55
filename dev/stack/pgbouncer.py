"""A private PgBouncer before a private PostgreSQL, which lends a server's connection for one transaction at a time."""

import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from dev.stack.accounts import as_account
from dev.stack.postgresql import server_user
from dev.stack.processes import Process, free_port
from dev.stack.programs import debian_program
from dev.stack.server import PrivateServer


class PrivatePgBouncer(PrivateServer):
    """One PgBouncer, for the accounts whose passwords it is given: `url_of` leads through it."""

    def __init__(self, folder: Path, server_url: str, accounts: Iterable[str]) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True)
        self._port = free_port()
        server = urlsplit(server_url)
        users = {name: urlsplit(as_account(server_url, name)).password for name in accounts}
        (self.folder / "users.txt").write_text("".join(f'"{name}" "{word}"\n' for name, word in users.items()))
        (self.folder / "pgbouncer.ini").write_text(f"""\
[databases]
* = host={server.hostname} port={server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self._port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {self.folder}/users.txt
pool_mode = transaction
default_pool_size = 5
""")
        for path in (self.folder, *self.folder.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        command = [str(debian_program("pgbouncer")), str(self.folder / "pgbouncer.ini")]
        self.process = Process(command, self.folder / "pgbouncer.log", cwd=Path("/"), user=server_user())

    def start(self) -> None:
        """Start it and return once it takes connections."""
        self.process.start()
        self.process.wait_until(self._answers, 30)

    def stop(self) -> None:
        """An orderly stop."""
        self.process.stop()

    def url_of(self, url: str) -> str:
        """The same database and account, through PgBouncer, as Prisma's URLs say it."""
        parts = urlsplit(url)
        account = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{self._port}", query="pgbouncer=true"))

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True
