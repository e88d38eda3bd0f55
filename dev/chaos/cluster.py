"""A cluster on one machine: private servers and several processes of each service, behind TCP proxies that can fail.

A service that ends without being killed by the run is started again, as a supervisor would, and that is noted.
"""

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil

from dev.chaos.faults import BROKER, DATABASE, Parameters
from dev.chaos.history import History
from dev.chaos.proxy import Proxy
from dev.stack.local import prepare
from dev.stack.postgresql import PrivatePostgres
from dev.stack.processes import Process, ProcessError, free_port
from dev.stack.rabbitmq import PrivateRabbit, RabbitCluster
from dev.stack.server import PrivateServer
from dev.stack.services import Secrets, Servers, Service, settings_of

RUN_ID = "CHAOS_RUN"
"""The variable in the environment of every process of a run, by which `orphans` finds them."""

UNBOUNDED = {
    "EXPORTS_PER_INSTITUTION": "100000",
    "DOCUMENTS_PER_INSTITUTION": "1000000",
    "SHEETS_PER_INSTITUTION": "1000000",
    "STARTS_PER_MINUTE_USER": "1000000",
    "STARTS_PER_MINUTE_INSTITUTION": "1000000",
    "STREAMS_PER_USER": "10000",
    "STREAMS_PER_INSTITUTION": "10000",
}
"""Quotas lifted: few people start all exports of a run."""

NOTHING_ELSE: Mapping[str, str] = {}

START_TRIES = 20
"""A server killed outright may find its port or its shared memory still taken for a moment."""


class Cluster:
    """The processes of a run. `names` are those of services; `extra` holds settings beyond the usual, by service."""

    def __init__(
        self,
        folder: Path,
        parameters: Parameters,
        history: History,
        extra: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.folder, self._history, self._extra = folder, history, extra or {}
        several = parameters.broker_nodes > 1
        self.rabbit: PrivateRabbit | RabbitCluster = (
            RabbitCluster(folder / "rabbit", parameters.broker_nodes) if several else PrivateRabbit(folder / "rabbit")
        )
        self.postgres = PrivatePostgres(folder / "postgres")
        self._run_id, self._secrets = secrets.token_hex(16), Secrets()
        self.names = [name for kind in ("storage", "gateway", "renderer") for name in parameters.instances(kind)]
        self._ports = {name: free_port() for name in self.names}
        to_all = (*self._brokers, DATABASE, "storage")
        self.proxies = {(name, to): self._proxy(to) for name in self.names for to in to_all}
        self.services: dict[str, Service] = {}
        self.down_on_purpose: set[str] = set()
        """Services that `supervise` must not start again."""

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
            await self.start(name)
        await asyncio.gather(*(asyncio.to_thread(self.services[name].wait_until_ready) for name in self.names))

    async def stop(self) -> None:
        """End the services in an orderly way; the servers stay, to be read."""
        self.down_on_purpose.update(self.names)
        await asyncio.gather(*(asyncio.to_thread(service.process.stop) for service in self.services.values()))
        for proxy in self.proxies.values():
            await proxy.stop()

    @property
    def session_secret(self) -> str:
        """What session cookies of this cluster are made with."""
        return self._secrets.session

    def close(self) -> None:
        """End whatever still runs."""
        for service in self.services.values():
            service.process.kill()
        self.postgres.stop()
        self.rabbit.stop()

    async def kill(self, name: str) -> bool:
        """kill -9; whether a living process died of it."""
        self.down_on_purpose.add(name)
        process = self.services[name].process
        alive, pid = process.running, process.pid
        await asyncio.to_thread(process.kill)
        return alive and not psutil.pid_exists(pid)

    async def start(self, name: str, failpoints: str = "", settings: Mapping[str, str] = NOTHING_ELSE) -> None:
        """Start a new process of a service, with these failpoints armed and these settings beyond the usual."""
        self.services[name] = self._service(name, failpoints, settings)
        await asyncio.to_thread(self.services[name].process.start)
        self.down_on_purpose.discard(name)

    async def supervise(self) -> None:
        """Start again every service that ended by itself, until cancelled."""
        while True:
            for name in self.names:
                process = self.services[name].process
                if name not in self.down_on_purpose and not process.running:
                    self._history.note("died", service=name, status=process.status, words=process.tail(5))
                    await self.start(name)
            await asyncio.sleep(0.25)

    async def restart(self, target: str, how: str, away: float) -> bool:
        """Take a server down, start it with its data after `away` seconds; whether its process had ended."""
        server: PrivateServer = self._broker_node() if target == BROKER else self.postgres
        pid = server.process.pid
        await asyncio.to_thread(server.kill if how == "kill" else server.stop)
        gone = not psutil.pid_exists(pid)
        await asyncio.sleep(away)
        await _started(server)
        return gone

    def process_of(self, target: str) -> Process:
        """The process of a service or a server."""
        if target == BROKER:
            return self._broker_node().process
        return self.postgres.process if target == DATABASE else self.services[target].process

    @property
    def _nodes(self) -> list[PrivateRabbit]:
        return self.rabbit.nodes if isinstance(self.rabbit, RabbitCluster) else [self.rabbit]

    @property
    def _brokers(self) -> dict[str, PrivateRabbit]:
        """The broker's nodes by the names of the proxies before them."""
        return {BROKER if not number else f"{BROKER}-{number + 1}": node for number, node in enumerate(self._nodes)}

    def _broker_node(self) -> PrivateRabbit:
        """The node that a fault of the broker meets: each in turn."""
        return self.rabbit.turn() if isinstance(self.rabbit, RabbitCluster) else self.rabbit

    def orphans(self) -> list[str]:
        """Processes of the run that no living service has started."""
        living = {service.process.pid for service in self.services.values() if service.process.running}
        return [found for found, family in self._marked() if not family & living]

    def _marked(self) -> Iterator[tuple[str, set[int]]]:
        for process in psutil.process_iter():
            try:
                if process.environ().get(RUN_ID) != self._run_id or "guard.py" in " ".join(process.cmdline()):
                    continue
                family = {process.pid, *(parent.pid for parent in process.parents())}
                yield f"{process.pid} {' '.join(process.cmdline())[:120]}", family
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue

    def _proxy(self, to: str) -> Proxy:
        storages = [port for name, port in self._ports.items() if name.startswith("storage")]
        nodes = {name: [node.port] for name, node in self._brokers.items()}
        ports = (nodes | {DATABASE: [self.postgres.port], "storage": storages})[to]
        return Proxy(lambda: ports)

    def _service(self, name: str, failpoints: str, settings: Mapping[str, str]) -> Service:
        module = name.partition("-")[0]
        storage_url = f"http://127.0.0.1:{self.proxies[name, 'storage'].port}"
        usual = settings_of(module, self._behind_proxies(name), self._secrets, storage_url, self.folder)
        own = self._settings(module) | {RUN_ID: self._run_id, "FAILPOINTS": failpoints, **settings}
        return Service(module, self.folder / "logs" / f"{name}.log", usual | own, self._ports[name])

    def _settings(self, module: str) -> dict[str, str]:
        own: dict[str, dict[str, str]] = {
            "gateway": {"SITE_URL": self._origins(), **UNBOUNDED},
            "renderer": {"WORKERS": "1", "CACHE_BYTES": "0"},
        }
        return own.get(module, {}) | dict(self._extra.get(module, {}))

    def _origins(self) -> str:
        """The origins of all gateways, space-separated: a page of any of them may post to any other."""
        return " ".join(f"http://127.0.0.1:{port}" for name, port in self._ports.items() if name.startswith("gateway"))

    def _behind_proxies(self, name: str) -> Servers:
        servers = self.servers
        database = self.proxies[name, DATABASE].port
        nodes = zip(self._brokers, servers.amqp_url.split(" "), strict=True)
        return replace(
            servers,
            amqp_url=" ".join(_at(url, self.proxies[name, node].port) for node, url in nodes),
            database_url=_at(servers.database_url, database),
            correcta_database_url=_at(servers.correcta_database_url, database),
        )


async def _started(server: PrivateServer) -> None:
    for _ in range(START_TRIES - 1):
        with suppress(ProcessError):
            return await asyncio.to_thread(server.start)
        await asyncio.sleep(0.5)
    return await asyncio.to_thread(server.start)


def _at(url: str, port: int) -> str:
    """The same address at another port."""
    parts = urlsplit(url)
    user, _, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
