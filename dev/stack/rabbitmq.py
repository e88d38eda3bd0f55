"""A private RabbitMQ node: only loopback, one user with a generated password, no plugins; its own epmd and cookie."""

import os
import socket
from pathlib import Path

from dev.stack.processes import Process, free_port
from dev.stack.programs import erlang_name_server, rabbitmq_server
from dev.stack.server import PrivateServer, password_of

AMQP_GREETING = b"AMQP\x00\x00\x09\x01"


class PrivateRabbit(PrivateServer):
    """One RabbitMQ node.

    RabbitMQ 3.10 writes a new quorum queue's name to disk only within a second or so: one declared just before `kill`
    may not come back.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self._epmd_port, self._dist_port = free_port(), free_port(), free_port()
        self._password = password_of(self.folder)
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


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
