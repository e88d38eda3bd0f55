"""The service on a real broker, with a subscriber's account, and a real database, beside an endpoint that answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import pytest
from cryptography.fernet import Fernet

from contracts.topology import Role, Topology
from dev.stack.accounts import as_account, role_of
from services.common.broker import Publisher, make_broker, stop
from services.common.database import make_pool
from services.common.declaration import declare
from services.common.signing import Signer
from services.webhooks.app import make_app
from services.webhooks.secrets import Keyring, new_secret
from services.webhooks.settings import WebhookSettings
from services.webhooks.store import Endpoint, Store
from tests.integration.webhooks.receiver import Receiver, receiving
from tests.waiting import wait_until

KEY = Fernet.generate_key().decode()

Running = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    made = await make_pool(as_account(database_url, role_of("webhooks")))
    yield made
    made.terminate()


@pytest.fixture
def store(pool: asyncpg.Pool) -> Store:
    return Store(pool)


@pytest.fixture
def add(store: Store, receiver: Receiver) -> Callable[..., Any]:
    """Adds an endpoint of an institution by the name of its path."""

    async def added(institution: str, name: str, *types: str) -> Endpoint:
        secret = receiver.secrets.setdefault(name, new_secret())
        return await store.add(institution, f"{receiver.url}/{name}", types, Keyring(KEY).seal([(secret, None)]))

    return added


@pytest.fixture
async def publisher(amqp_url: str, topology: Topology) -> AsyncIterator[Publisher]:
    """The gateway's, on the declared topology."""
    await declare(amqp_url, topology)
    broker = make_broker(amqp_url)
    await broker.connect()
    yield Publisher(broker, topology, Role.GATEWAY, Signer())
    await stop(broker)


@pytest.fixture
def running(database_url: str, amqp_url: str, topology: Topology, publisher: Publisher) -> Running:
    """Runs the service while the block lasts, in which it hears events."""

    @asynccontextmanager
    async def run(**overrides: Any) -> AsyncIterator[Any]:
        values: dict[str, Any] = {
            "amqp_url": amqp_url,
            "database_url": as_account(database_url, role_of("webhooks")),
            "broker_namespace": topology.namespace,
            "webhook_queue": f"{topology.namespace}.webhooks.events",
            "webhook_keys": KEY,
            "webhook_networks": "127.0.0.0/8",
            "webhook_allow_http": True,
            "webhook_schedule": "1s 1s 1s 1s 1s 1s 1s 1s 1s",
            "webhook_answer_seconds": 2.0,
        }
        app = await make_app(WebhookSettings(**(values | overrides)))
        async with app.router.lifespan_context(app):
            [ready] = [route for route in app.routes if getattr(route, "path", "") == "/readyz"]

            async def hears() -> bool:
                answer = await ready.endpoint(None)  # type: ignore[attr-defined]
                return bool(answer.status_code == 200)

            await wait_until(hears, 20)
            yield app

    return run
