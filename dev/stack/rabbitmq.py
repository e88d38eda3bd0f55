"""A private RabbitMQ node: only loopback, an administrator with a generated password, the services' accounts with their
rights, no plugins but that for Prometheus where it is asked for; its own epmd and cookie.
"""

import json
import os
import secrets
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from dev.stack import accounts
from dev.stack.processes import Process, ProcessError, free_port
from dev.stack.programs import erlang_name_server, rabbitmq_server
from dev.stack.server import PrivateServer, password_of

ADMINISTRATOR = "correcta"
AMQP_GREETING = b"AMQP\x00\x00\x09\x01"


@dataclass(frozen=True)
class Membership:
    """What the nodes of a cluster have in common, and the name of the one that this one joins at its first start."""

    epmd_port: int
    cookie: str
    password: str
    first: str


class PrivateRabbit(PrivateServer):
    """One RabbitMQ node; with a `membership` one of several, which find each other by a name server of another's.

    RabbitMQ 3.10 writes a new quorum queue's name to disk only within a second or so: one declared just before `kill`
    may not come back.
    """

    def __init__(
        self, folder: Path, name: str = "correcta", membership: Membership | None = None, *, metrics: bool = False
    ) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = f"{name}@localhost"
        self._membership = membership
        self.port, self._dist_port = free_port(), free_port()
        self.metrics_port = free_port() if metrics else None
        self._epmd_port = membership.epmd_port if membership else free_port()
        self._password = membership.password if membership else password_of(self.folder)
        self._epmd = Process([], self.folder / "epmd.log")
        self.process = Process([str(rabbitmq_server())], self.folder / "rabbitmq.log", env=self._environment())

    @property
    def env(self) -> Mapping[str, str] | None:
        """The environment of the node, and of the tools for it."""
        return self.process.env

    @property
    def url(self) -> str:
        """Where clients connect, with the administrator's name and password."""
        return f"amqp://{ADMINISTRATOR}:{self._password}@127.0.0.1:{self.port}/"

    @property
    def metrics_url(self) -> str:
        """Where Prometheus asks, if the plugin is on."""
        return f"http://127.0.0.1:{self.metrics_port}"

    def start(self) -> None:
        """Start the node and return once it answers AMQP (about 5 s)."""
        self._configure()
        if not self._membership and not self._epmd.running:
            start_name_server(self._epmd, self._epmd_port)
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
        file = self.folder / "imported.json"  # RabbitMQ 4.0 on Erlang 27 waits for ever for the end of its input
        _write_private(file, json.dumps(definitions))
        command = [str(rabbitmq_server().with_name("rabbitmqctl")), "import_definitions", str(file)]
        done = subprocess.run(command, env=self.process.env, stdin=subprocess.DEVNULL, capture_output=True)
        file.unlink()
        if done.returncode != 0:
            raise ProcessError(f"rabbitmqctl import_definitions failed\n{done.stderr.decode(errors='replace')}")

    def _configure(self) -> None:
        plugins = "" if self.metrics_port is None else "rabbitmq_prometheus"
        (self.folder / "enabled_plugins").write_text(f"[{plugins}].\n")
        definitions = accounts.services_definitions(self._password)
        definitions["users"].append({"name": ADMINISTRATOR, "password": self._password, "tags": "administrator"})
        everything = dict.fromkeys(("configure", "write", "read"), ".*")
        definitions["permissions"].append({"user": ADMINISTRATOR, "vhost": "/", **everything})
        _write_private(self.folder / "definitions.json", json.dumps(definitions))
        joining = ""
        if self._membership:
            cookie = self.folder / ".erlang.cookie"
            if not cookie.exists():
                _write_private(cookie, self._membership.cookie)
                cookie.chmod(0o400)
            joining = _joining(self.name, self._membership.first)
        _write_private(
            self.folder / "rabbitmq.conf",
            joining + f"listeners.tcp.local = 127.0.0.1:{self.port}\n"
            f"load_definitions = {self.folder}/definitions.json\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.console = false\n"
            "log.file.level = warning\n" + _prometheus_settings(self.metrics_port),
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
            "RABBITMQ_NODENAME": self.name,
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


def _prometheus_settings(port: int | None) -> str:
    """The settings of the plugin for Prometheus."""
    return "" if port is None else f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {port}\n"


def _joining(own: str, first: str) -> str:
    """The settings by which a node joins another one at its first start; the first one joins nobody."""
    if own == first:
        return ""
    nodes = "".join(f"cluster_formation.classic_config.nodes.{n} = {name}\n" for n, name in enumerate((first, own), 1))
    return f"cluster_formation.peer_discovery_backend = classic_config\n{nodes}"


class RabbitCluster(PrivateServer):
    """Three nodes with one name server. `kill` and `restart` are the nodes' own; `turn` gives each of them in turn."""

    def __init__(self, folder: Path, size: int = 3) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._epmd_port = free_port()
        membership = Membership(self._epmd_port, secrets.token_hex(16), password_of(self.folder), "node-1@localhost")
        names = [f"node-{number}" for number in range(1, size + 1)]
        self.nodes = [PrivateRabbit(self.folder / name, name, membership) for name in names]
        self._turns = cycle(self.nodes)
        self._epmd = Process([], self.folder / "epmd.log")

    @property
    def url(self) -> str:
        """The addresses of all nodes."""
        return " ".join(node.url for node in self.nodes)

    @property
    def name(self) -> str:
        """A node's name, for questions about the whole."""
        return self.nodes[0].name

    @property
    def env(self) -> Mapping[str, str] | None:
        """The environment of the tools for that node."""
        return self.nodes[0].process.env

    def start(self) -> None:
        """Start the first node, then the others, which join it."""
        start_name_server(self._epmd, self._epmd_port)
        for node in self.nodes:
            node.start()

    def stop(self) -> None:
        """An orderly stop of all, the first one last: it may start first again."""
        for node in reversed(self.nodes):
            node.stop()
        self._epmd.kill()

    def turn(self) -> PrivateRabbit:
        """The next node in turn."""
        return next(self._turns)


def start_name_server(process: Process, port: int) -> None:
    """Start Erlang's name server for the nodes of one folder."""
    process.command = [str(erlang_name_server()), "-port", str(port), "-address", "127.0.0.1"]
    process.start()
    process.wait_until(lambda: _accepts(port), 10)


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
