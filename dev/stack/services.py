"""The services as processes of their own on servers that are already there; every secret is made for this run.

The services get the environment written here and nothing of the caller's but PATH, HOME and TMPDIR.
"""

import os
import secrets
import signal
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from contracts.topology import Role
from dev.paths import ROOT
from dev.stack.accounts import MIGRATIONS, as_account, role_of, user_of
from dev.stack.processes import Process, free_port
from services.common.signing_keys import new_keys, trusted_list

READY_SECONDS = 60.0

_INHERITED = ("PATH", "HOME", "TMPDIR")


@dataclass(frozen=True)
class Servers:
    """What a stack runs on, as an administrator connects to it. `namespace` keeps stacks on one broker apart.

    Each service connects with an account of its own (`dev.stack.accounts`); a broker without them (`broker_accounts`)
    knows the administrator only.
    """

    amqp_url: str
    database_url: str
    correcta_database_url: str
    namespace: str = ""
    broker_accounts: bool = True

    def amqp_url_of(self, service: str) -> str:
        """Where a service connects to the broker."""
        return as_account(self.amqp_url, user_of(service, self.namespace)) if self.broker_accounts else self.amqp_url


@dataclass(frozen=True)
class Plan:
    """How many renderers, which port for the gateway (0: any), and settings beyond the usual, by service's name."""

    renderers: int = 1
    port: int = 0
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Secrets:
    """What one run's services have: the key of session cookies, the tokens of who stores and who reads files and who
    shares blobs, and the keys by which each role signs its messages.
    """

    session: str = field(default_factory=lambda: secrets.token_hex(32))
    put_token: str = field(default_factory=lambda: secrets.token_hex(32))
    get_token: str = field(default_factory=lambda: secrets.token_hex(32))
    blobs_token: str = field(default_factory=lambda: secrets.token_hex(32))
    signing_keys: Mapping[Role, str] = field(default_factory=new_keys)

    def settings_of(self, module: str) -> dict[str, str]:
        """The secrets that one service gets, and no other's."""
        put, get = {"STORAGE_PUT_TOKEN": self.put_token}, {"STORAGE_GET_TOKEN": self.get_token}
        blobs = {"STORAGE_BLOBS_TOKEN": self.blobs_token}
        own = {
            "gateway": {**get, "SESSION_SECRET": self.session},
            "renderer": {**put, **blobs},
            "storage": {**put, **get, **blobs},
        }
        signing = {"SIGNING_KEY": self.signing_keys[Role(module)], "TRUSTED_KEYS": trusted_list(self.signing_keys)}
        return {**own[module], **signing, "SIGNATURES": "require"}


def settings_of(module: str, servers: Servers, secret: Secrets, storage_url: str, folder: Path) -> dict[str, str]:
    """The environment that a service needs at least; what it keeps lies in `folder`."""
    common = {
        "AMQP_URL": servers.amqp_url_of(module),
        "BROKER_NAMESPACE": servers.namespace,
        **secret.settings_of(module),
    }
    ours = {
        "DATABASE_URL": as_account(servers.database_url, role_of(module)),
        "MIGRATION_DATABASE_URL": as_account(servers.database_url, MIGRATIONS),
    }
    if module == "storage":
        return common | ours | {"STORAGE_ROOT": (folder / "files").as_uri()}
    correcta = as_account(servers.correcta_database_url, role_of(module))
    reading = common | {"CORRECTA_DATABASE_URL": correcta, "STORAGE_URL": storage_url}
    if module == "renderer":
        return reading | {"WORK_FOLDER": str(folder / "work")}
    return reading | ours


class Service:
    """One service's process and its address."""

    def __init__(self, module: str, log: Path, settings: Mapping[str, str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        own = {"HOST": "127.0.0.1", "PORT": str(port), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", f"services.{module}"]
        self.process = Process(command, log, env=inherited | own | dict(settings), cwd=ROOT)

    def answers(self, path: str) -> bool:
        """Whether a GET on the path is answered with 200."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=3) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def wait_until_ready(self, path: str = "/readyz", seconds: float = READY_SECONDS) -> None:
        """Return once `path` answers 200; raise with its last words when it died instead."""
        self.process.wait_until(lambda: self.answers(path), seconds)


class Stack:
    """A gateway, a storage and any number of renderers. Data and logs live in `folder`."""

    def __init__(self, folder: Path, servers: Servers, plan: Plan | None = None) -> None:
        self.folder, self.servers, self.plan = folder.absolute(), servers, plan or Plan()
        self._secrets = Secrets()
        self.storage = self._service("storage", "storage", free_port())
        self.gateway = self._service("gateway", "gateway", self.plan.port or free_port())
        self.renderers: list[Service] = []

    @property
    def session_secret(self) -> str:
        """What session cookies of this stack are made with."""
        return self._secrets.session

    @property
    def signing_keys(self) -> Mapping[Role, str]:
        """The private keys of this stack's roles."""
        return self._secrets.signing_keys

    @property
    def url(self) -> str:
        """Where browsers go."""
        return self.gateway.url

    @property
    def services(self) -> tuple[Service, ...]:
        """All of them, in the order they start."""
        return (self.storage, self.gateway, *self.renderers)

    def start(self, *, ready: str = "/readyz") -> None:
        """Start everything at once and return when all answer `ready` (`/healthz` while a server is away)."""
        for service in (self.storage, self.gateway):
            service.process.start()
        while len(self.renderers) < self.plan.renderers:
            self.add_renderer()
        for service in self.services:
            service.wait_until_ready(ready)

    def add_gateway(self) -> Service:
        """One more gateway, started; it is the caller's to stop."""
        gateway = self._service("gateway", "gateway-2", free_port())
        gateway.process.start()
        return gateway

    def add_renderer(self) -> Service:
        """One more renderer, started; it takes exports as soon as it is ready."""
        renderer = self._service("renderer", f"renderer-{len(self.renderers) + 1}", free_port())
        renderer.process.start()
        self.renderers.append(renderer)
        return renderer

    def stop(self) -> None:
        """Renderers first, together: they may still have a file to hand over. Then the others."""
        for renderer in self.renderers:
            renderer.process.signal(signal.SIGTERM)
        for service in (*self.renderers, self.gateway, self.storage):
            service.process.stop()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _service(self, module: str, name: str, port: int) -> Service:
        storage_url = "" if module == "storage" else self.storage.url
        usual = settings_of(module, self.servers, self._secrets, storage_url, self.folder)
        settings = usual | dict(self.plan.settings.get(module, {}))
        return Service(module, self.folder / "logs" / f"{name}.log", settings, port)
