"""A private RabbitMQ node: only loopback, an administrator with a generated password, the services' accounts with their
rights, no plugins; its own epmd and cookie.
"""

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

from dev.stack import accounts
from dev.stack.processes import Process, ProcessError, free_port
from dev.stack.programs import erlang_name_server, rabbitmq_server
from dev.stack.server import PrivateServer, password_of

ADMINISTRATOR = "correcta"
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
        """Where clients connect, with the administrator's name and password."""
        return f"amqp://{ADMINISTRATOR}:{self._password}@127.0.0.1:{self.port}/"

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

    def add_services(self, namespace: str) -> None:
        """The services' accounts of one more stack."""
        self._import(accounts.services_definitions(self._password, namespace))

    def add_subscriber(self, name: str, namespace: str = "") -> str:
        """The account of a subscriber; where it connects."""
        self._import(accounts.subscribers_definitions(name, self._password, namespace))
        return accounts.as_account(self.url, name)

    def _import(self, definitions: dict[str, Any]) -> None:
        done = subprocess.run(
            [str(rabbitmq_server().with_name("rabbitmqctl")), "import_definitions"],
            env=self.process.env,
            input=json.dumps(definitions).encode(),
            capture_output=True,
        )
        if done.returncode != 0:
            raise ProcessError(f"rabbitmqctl import_definitions failed\n{done.stderr.decode(errors='replace')}")

    def _start_epmd(self) -> None:
        self._epmd.command = [str(erlang_name_server()), "-port", str(self._epmd_port), "-address", "127.0.0.1"]
        self._epmd.start()
        self._epmd.wait_until(lambda: _accepts(self._epmd_port), 10)

    def _configure(self) -> None:
        (self.folder / "enabled_plugins").write_text("[].\n")
        definitions = accounts.services_definitions(self._password)
        definitions["users"].append({"name": ADMINISTRATOR, "password": self._password, "tags": "administrator"})
        everything = dict.fromkeys(("configure", "write", "read"), ".*")
        definitions["permissions"].append({"user": ADMINISTRATOR, "vhost": "/", **everything})
        _write_private(self.folder / "definitions.json", json.dumps(definitions))
        _write_private(
            self.folder / "rabbitmq.conf",
            f"listeners.tcp.local = 127.0.0.1:{self.port}\n"
            f"load_definitions = {self.folder}/definitions.json\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.console = false\n"
            "log.file.level = warning\n",
        )

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


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
