"""Storage on a real database and a real socket; an S3 protocol peer on the loopback interface."""

import hashlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from contracts.owner import Owner
from dev.plain_http import TRUST_NOBODY
from dev.stack.accounts import as_account, role_of
from services.storage.app import make_app
from services.storage.headers import Description
from services.storage.ledger import Ledger
from services.storage.settings import StorageSettings
from tests import serving as listening

TOKEN = "internal-token-of-the-tests"
NO_BROKER = "amqp://127.0.0.1:1/"
RETENTION = timedelta(hours=1)


OWNER = Owner("school-1", "exam-1", "teacher-1")


def a_description(owner: Owner = OWNER) -> Description:
    return Description(owner, "Relevé de notes – 2nde B.pdf", "application/pdf")


def headers_of(described: Description) -> dict[str, str]:
    return {
        "Content-Type": described.content_type,
        "X-Filename": quote(described.filename),
        **described.owner.headers(),
    }


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def ledger(pool: asyncpg.Pool) -> Ledger:
    return Ledger(pool, retention=RETENTION)


class Client:
    """What the gateway and the renderer do with storage; `http` sends the headers of the files' owner."""

    def __init__(self, http: httpx2.AsyncClient, settings: StorageSettings, root: Path) -> None:
        self.http, self.settings, self.root = http, settings, root

    async def put(
        self, body: bytes | AsyncIterator[bytes], export_id: UUID | None = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        sent = headers_of(a_description()) | (headers or {})
        return await self.http.put(f"/exports/{export_id or uuid4()}/file", content=body, headers=sent)

    async def stored(self, body: bytes) -> str:
        answer = await self.put(body)
        assert answer.status_code == 201, answer.text
        return f"/files/{answer.json()['key']}"

    def files(self) -> set[str]:
        return {
            str((Path(folder) / name).relative_to(self.root))
            for folder, _, names in os.walk(self.root)  # passes over what is deleted meanwhile
            for name in names
        }


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> StorageSettings:
    return StorageSettings.model_validate(
        {
            "amqp_url": NO_BROKER,
            "internal_token": TOKEN,
            "database_url": as_account(database_url, role_of("storage")),
            "storage_root": f"file://{tmp_path}/root",
            "expiry_interval": 0.1,
            "max_file_bytes": 8_000_000,
            "upload_silence": 5,
        }
    )


def client_of(url: str, token: str = TOKEN) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {token}", **OWNER.headers()}
    return httpx2.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False, verify=TRUST_NOBODY)


@asynccontextmanager
async def serving(settings: StorageSettings, root: Path) -> AsyncIterator[Client]:
    """The service on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        async with listening.serving(await make_app(settings), sock), client_of(url) as http:
            yield Client(http, settings, root)


@pytest.fixture
async def storage(settings: StorageSettings, tmp_path: Path) -> AsyncIterator[Client]:
    """The service over a local folder, with no broker."""
    async with serving(settings, tmp_path / "root") as client:
        yield client
