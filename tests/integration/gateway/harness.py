"""A whole gateway in the test's own process, over real servers and a real storage; the test plays the renderer."""

import asyncio
import contextlib
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from contracts.events import ExportCompleted, StoredFile
from contracts.http import ALL_STATES, STATES_HEADER
from contracts.states import Format
from contracts.topology import Role, Topology
from dev.plain_http import TRUST_NOBODY
from dev.sample.model import Person
from dev.sample.people import DELCOURT
from dev.stack.accounts import as_account, role_of
from services.common.broker import Publisher, make_broker, stop
from services.common.signing import Signer
from services.gateway.__main__ import listener
from services.gateway.app import make_app
from services.gateway.identity import csrf, sessions
from services.gateway.settings import GatewaySettings
from services.storage.app import make_app as make_storage
from services.storage.settings import StorageSettings
from tests.builders import an_export_completed
from tests.integration.gateway.requests import OWNER
from tests.serving import serving
from tests.uploads import upload
from tests.waiting import wait_until

TOKEN = secrets.token_hex(16)
SECRET = secrets.token_hex(16)


def url_of(sock: socket.socket) -> str:
    """Where a socket listens."""
    return f"http://127.0.0.1:{sock.getsockname()[1]}"


def claims_of(person: Person, **overrides: Any) -> dict[str, Any]:
    """What NextAuth writes into a session."""
    claims: dict[str, Any] = {
        "id": person.id,
        "role": person.role,
        "institutionId": person.school.id if person.school else None,
        "name": person.name,
        "email": person.email,
        "exp": int(time.time()) + 3600,
    }
    return claims | overrides


def token_of(person: Person, **overrides: Any) -> str:
    """Somebody's session token."""
    return sessions.mint(claims_of(person, **overrides), sessions.derive_key(SECRET))


@dataclass
class Harness:
    """The gateway's address, its storage's, and the renderer's part."""

    url: str
    storage_url: str
    topology: Topology
    publisher: Publisher
    storages_publisher: Publisher
    hub: Any
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def browser(self, person: Person = DELCOURT, **claims: Any) -> httpx2.AsyncClient:
        """Somebody's browser, on a page of the site."""
        cookies = {sessions.COOKIE: token_of(person, **claims), csrf.COOKIE: "token"}
        headers = {csrf.HEADER: "token", "Origin": self.url}
        return self._client(cookies=cookies, headers=headers)

    def program(self, person: Person = DELCOURT, **claims: Any) -> httpx2.AsyncClient:
        """Somebody's program with a bearer token."""
        return self._client(headers={"Authorization": f"Bearer {token_of(person, **claims)}"})

    def service(self, token: str) -> httpx2.AsyncClient:
        """Another service with its token."""
        return self._client(headers={"Authorization": f"Bearer {token}"})

    def nobody(self) -> httpx2.AsyncClient:
        """A client without a session."""
        return self._client()

    def _client(self, **options: Any) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(base_url=self.url, timeout=10, trust_env=False, verify=TRUST_NOBODY, **options)
        client.headers[STATES_HEADER] = ALL_STATES
        self.clients.append(client)
        return client

    async def until(self, *needed: str) -> None:
        """Return once the gateway says that these are there."""
        nobody = self.nobody()

        async def there() -> bool:
            checks = (await nobody.get("/readyz")).json()["checks"]
            return all(checks[name] == "ok" for name in needed)

        await wait_until(there, 60)

    async def store(
        self, export_id: str | UUID, content: bytes, filename: str, kind: Format, owner: Mapping[str, str] = OWNER
    ) -> StoredFile:
        """Upload a file as a renderer does."""
        return await upload((self.storage_url, TOKEN), export_id, content, filename, kind, identity=owner)

    async def complete(
        self,
        export_id: str | UUID,
        content: bytes = b"%PDF-1.7 rapport",
        filename: str = "Rapport.pdf",
        kind: Format = Format.PDF,
        owner: Mapping[str, str] = OWNER,
        **overrides: Any,
    ) -> ExportCompleted:
        """Store a file of an export that `owner` asked for, and announce it."""
        file = await self.store(export_id, content, filename, kind, owner)
        event = an_export_completed(**{**owner, "export_id": export_id, "file": file, "format": kind, **overrides})
        await self.publisher.publish(event)
        return event


@asynccontextmanager
async def running_gateway(
    settings: GatewaySettings,
    sock: socket.socket,
    storage_url: str,
    topology: Topology,
    amqp_url: str,
    *,
    whole: bool = True,
    wait: bool = True,
) -> AsyncIterator[Harness]:
    """A running gateway, and what a test needs around it; It is waited for, `whole` with everything it wants."""
    app = make_app(settings)
    broker = make_broker(amqp_url)
    async with serving(app, sock):
        joining = asyncio.create_task(broker.connect())
        renderers, storages = (Publisher(broker, topology, role, Signer()) for role in (Role.RENDERER, Role.STORAGE))
        here = Harness(url_of(sock), storage_url, topology, renderers, storages, app.state.hub)
        if wait:
            await joining
            await here.until("database", "correcta", "broker", "consumers", *(["storage"] if whole else []))
        try:
            yield here
        finally:
            for client in here.clients:
                await client.aclose()
            joining.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await joining
            await stop(broker)


@asynccontextmanager
async def running_storage(
    root: str,
    database_url: str,
    amqp_url: str,
    namespace: str,
    account: str | None = role_of("storage"),
    **overrides: Any,
) -> AsyncIterator[str]:
    """A running storage's address, with its files in a folder or bucket; without `account` the URL has one."""
    sock = listener("127.0.0.1", 0)
    settings = StorageSettings(
        amqp_url=amqp_url,
        internal_token=TOKEN,
        broker_namespace=namespace,
        database_url=as_account(database_url, account) if account else database_url,
        storage_root=root,
        **overrides,
    )
    async with serving(await make_storage(settings), sock):
        yield url_of(sock)


@asynccontextmanager
async def following(
    client: httpx2.AsyncClient, url: str, *, forecasts: bool = False, **options: Any
) -> AsyncIterator[AsyncIterator[httpx2.ServerSentEvent]]:
    """The events of a stream, without or with those that come by the clock: how long exports will take."""
    async with client.sse(url, **options) as source:
        source.response.raise_for_status()
        yield aiter(source) if forecasts else _without_forecasts(aiter(source))


async def _without_forecasts(frames: AsyncIterator[httpx2.ServerSentEvent]) -> AsyncIterator[httpx2.ServerSentEvent]:
    async for frame in frames:
        if frame.event != "forecast":
            yield frame


async def states(frames: AsyncIterator[httpx2.ServerSentEvent]) -> AsyncIterator[dict[str, Any]]:
    """The states that a stream tells, without what it says of itself."""
    async for frame in frames:
        if frame.event != "alive" and frame.data:
            yield json.loads(frame.data)
