"""Connections to the servers of a test."""

import logging
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import aio_pika
import asyncpg
import httpx2
import pytest
from aio_pika.abc import AbstractChannel
from moto.server import ThreadedMotoServer

from dev.plain_http import TRUST_NOBODY
from services.common.database import make_pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database with schema `exports`."""
    pool = await make_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture
async def channel(amqp_url: str) -> AsyncIterator[AbstractChannel]:
    """A channel at the session's broker."""
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        yield channel


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 protocol peer."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket_url(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket of this test's own, with its credentials in the environment, as a provider's tools expect."""
    name = f"exports-{uuid4().hex[:12]}"
    environment = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "us-east-1", "ENDPOINT": s3_server}
    for variable, value in environment.items():
        monkeypatch.setenv(f"AWS_{variable}", value)
    signed = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
    httpx2.put(
        f"{s3_server}/{name}", headers={"Authorization": signed}, trust_env=False, verify=TRUST_NOBODY
    ).raise_for_status()
    return f"s3://{name}/pre/fix"
