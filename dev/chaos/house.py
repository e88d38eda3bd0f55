"""The processes of a run: private servers, and several of each service, each behind a network that can fail.

Whoever dies without being killed by the run is started again, as an operator's supervisor would, and that is noted.
"""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil

from dev.chaos.faults import BROKER, DATABASE, Parameters
from dev.chaos.history import History
from dev.chaos.proxy import Proxy
from dev.stack.local import prepare
from dev.stack.postgresql import PrivatePostgres
from dev.stack.processes import Process, ProcessError, free_port
from dev.stack.rabbitmq import PrivateRabbit
from dev.stack.services import Servers, Service

MARK = "CHAOS_RUN"
"""In the environment of every process of a run, so that none can hide."""

UNBOUNDED = {"EXPORTS_PER_INSTITUTION": "100000", "STREAMS_PER_USER": "10000", "STREAMS_PER_INSTITUTION": "10000"}
"""Few teachers do the work of many."""

START_TRIES = 20
"""A server killed outright may find its port or its shared memory still taken for a moment."""


class House:
    """Everything that runs. `names` are the services' processes; `extra` are settings of theirs beyond the usual."""

    def __init__(
        self,
        folder: Path,
        parameters: Parameters,
        history: History,
        extra: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.folder, self._history, self._extra = folder, history, extra or {}
        self.rabbit, self.postgres = PrivateRabbit(folder / "rabbit"), PrivatePostgres(folder / "postgres")
        self.mark, self.session_secret, self._token = (secrets.token_hex(16) for _ in range(3))
        self.names = [name for kind in ("storage", "gateway", "renderer") for name in parameters.instances(kind)]
        self._ports = {name: free_port() for name in self.names}
        self.proxies = {(name, to): self._proxy(to) for name in self.names for to in (BROKER, DATABASE, "storage")}
        self.services: dict[str, Service] = {}
        self.ours: set[str] = set()
        """Services that are down on purpose: nobody else may start them."""

    async def start_servers(self) -> None:
        """Start the broker and the database, with the sample school in it."""
        broker = asyncio.create_task(asyncio.to_thread(self.rabbit.start))
        await asyncio.to_thread(self.postgres.start)
        self.servers = await prepare(self.postgres, self.rabbit.url)
        await broker

    async def start_services(self) -> None:
        """Start all services and return when each is ready."""
        for proxy in self.proxies.values():
            await proxy.start()
        for name in self.names:
            await self.revive(name)
        await asyncio.gather(*(asyncio.to_thread(self.services[name].wait_until_ready) for name in self.names))

    async def stop(self) -> None:
        """End the services in an orderly way; the servers stay for the last questions."""
        self.ours.update(self.names)
        await asyncio.gather(*(asyncio.to_thread(service.process.stop) for service in self.services.values()))
        for proxy in self.proxies.values():
            await proxy.stop()

    def close(self) -> None:
        """End whatever still runs."""
        for service in self.services.values():
            service.process.kill()
        self.postgres.stop()
        self.rabbit.stop()

    async def kill(self, name: str) -> bool:
        """kill -9; whether a living process died of it."""
        self.ours.add(name)
        process = self.services[name].process
        alive, pid = process.running, process.pid
        await asyncio.to_thread(process.kill)
        return alive and not psutil.pid_exists(pid)

    async def revive(self, name: str, failpoints: str = "") -> None:
        """Start a service's process anew."""
        self.services[name] = self._service(name, failpoints)
        await asyncio.to_thread(self.services[name].process.start)
        self.ours.discard(name)

    async def keep(self) -> None:
        """Start again whoever died by itself, until cancelled."""
        while True:
            for name in self.names:
                process = self.services[name].process
                if name not in self.ours and not process.running:
                    self._history.note("died", service=name, status=process.status, words=process.tail(5))
                    await self.revive(name)
            await asyncio.sleep(0.25)

    async def restart(self, target: str, how: str, away: float) -> bool:
        """Take a server down, keep it down for a while, start it with its data."""
        server: PrivateRabbit | PrivatePostgres = self.rabbit if target == BROKER else self.postgres
        pid = server.process.pid
        await asyncio.to_thread(server.kill if how == "kill" else server.stop)
        gone = not psutil.pid_exists(pid)
        await asyncio.sleep(away)
        for left in reversed(range(START_TRIES)):
            try:
                await asyncio.to_thread(server.start)
                break
            except ProcessError:
                if not left:
                    raise
                await asyncio.sleep(0.5)
        return gone

    def process_of(self, target: str) -> Process:
        """The process of a service or a server."""
        servers = {BROKER: self.rabbit.process, DATABASE: self.postgres.process}
        return servers[target] if target in servers else self.services[target].process

    def strays(self) -> list[str]:
        """Processes of the run that belong to nobody any more."""
        living = {service.process.pid for service in self.services.values() if service.process.running}
        return [found for found, family in self._marked() if not family & living]

    def _marked(self) -> Iterator[tuple[str, set[int]]]:
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) != self.mark or "guard.py" in " ".join(process.cmdline()):
                    continue
                family = {process.pid, *(parent.pid for parent in process.parents())}
                yield f"{process.pid} {' '.join(process.cmdline())[:120]}", family
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue

    def _proxy(self, to: str) -> Proxy:
        storages = [port for name, port in self._ports.items() if name.startswith("storage")]
        ports = {BROKER: [self.rabbit.port], DATABASE: [self.postgres.port], "storage": storages}[to]
        return Proxy(lambda: ports)

    def _service(self, name: str, failpoints: str) -> Service:
        module = name.partition("-")[0]
        settings = self._settings(name, module) | {MARK: self.mark, "FAILPOINTS": failpoints}
        return Service(module, self.folder / "logs" / f"{name}.log", settings, self._ports[name])

    def _settings(self, name: str, module: str) -> dict[str, str]:
        servers = self._through(name, self.servers)
        common = {
            "AMQP_URL": servers.amqp_url,
            "INTERNAL_TOKEN": self._token,
            "STORAGE_URL": f"http://127.0.0.1:{self.proxies[name, 'storage'].port}",
            "CORRECTA_DATABASE_URL": servers.correcta_database_url,
        }
        own: dict[str, dict[str, str]] = {
            "gateway": {"SESSION_SECRET": self.session_secret, "SITE_URL": self._site(), **UNBOUNDED},
            "renderer": {"WORK_FOLDER": str(self.folder / "work"), "WORKERS": "1", "CACHE_BYTES": "0"},
            "storage": {"STORAGE_ROOT": (self.folder / "files").as_uri(), "RETENTION_PER_INSTITUTION": "1000000"},
        }
        database = {} if module == "renderer" else {"DATABASE_URL": servers.database_url}
        return common | database | own[module] | dict(self._extra.get(module, {}))

    def _site(self) -> str:
        """Every gateway serves the pages of all."""
        return " ".join(f"http://127.0.0.1:{port}" for name, port in self._ports.items() if name.startswith("gateway"))

    def _through(self, name: str, servers: Servers) -> Servers:
        broker, database = self.proxies[name, BROKER].port, self.proxies[name, DATABASE].port
        return Servers(
            _at(servers.amqp_url, broker),
            _at(servers.database_url, database),
            _at(servers.correcta_database_url, database),
        )


def _at(url: str, port: int) -> str:
    """The same address at another port."""
    parts = urlsplit(url)
    user, _, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
