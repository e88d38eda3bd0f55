"""A store, or a whole gateway, on databases and broker objects of the test's own."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from contracts.topology import Topology
from dev.stack.accounts import as_account, role_of
from services.gateway.__main__ import listener
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from tests.integration.gateway.harness import SECRET, TOKEN, Harness, running_gateway, running_storage


@pytest.fixture
def store(pool: asyncpg.Pool) -> Store:
    """Exports in that database."""
    return Store(pool)


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    """Where the gateway will listen."""
    with listener("127.0.0.1", 0) as made:
        yield made


@pytest.fixture
async def storage_url(tmp_path: Path, database_url: str, amqp_url: str, topology: Topology) -> AsyncIterator[str]:
    """A storage with an empty folder."""
    async with running_storage(tmp_path.as_uri(), database_url, amqp_url, topology.namespace) as url:
        yield url


@pytest.fixture
def settings(
    sock: socket.socket,
    database_url: str,
    correcta_database_url: str,
    storage_url: str,
    amqp_url: str,
    topology: Topology,
) -> Callable[..., GatewaySettings]:
    """The gateway's settings, with what a test wants otherwise."""

    def make(**overrides: Any) -> GatewaySettings:
        values: dict[str, Any] = {
            "amqp_url": amqp_url,
            "internal_token": TOKEN,
            "broker_namespace": topology.namespace,
            "database_url": as_account(database_url, role_of("gateway")),
            "correcta_database_url": as_account(correcta_database_url, role_of("gateway")),
            "storage_url": storage_url,
            "session_secret": SECRET,
            "port": sock.getsockname()[1],
        }
        return GatewaySettings(**(values | overrides))

    return make


@pytest.fixture
async def harness(
    settings: Callable[..., GatewaySettings], sock: socket.socket, storage_url: str, topology: Topology, amqp_url: str
) -> AsyncIterator[Harness]:
    """A running gateway with the usual settings."""
    async with running_gateway(settings(), sock, storage_url, topology, amqp_url) as running:
        yield running
