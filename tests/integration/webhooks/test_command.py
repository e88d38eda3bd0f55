"""The command that manages endpoints."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner, Result

from dev.stack.accounts import as_account, role_of
from services.webhooks.endpoints import app
from services.webhooks.secrets import Keyring
from services.webhooks.store import Store
from tests.integration.webhooks.conftest import KEY

pytestmark = pytest.mark.integration

URL = "https://hooks.example.org/exports"


@pytest.fixture
def command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs the command outside of the test's loop; `hooks.example.org` is a public address."""
    monkeypatch.setenv("DATABASE_URL", as_account(database_url, role_of("webhooks")))
    monkeypatch.setenv("WEBHOOK_KEYS", KEY)

    async def resolved(_: Any, host: str, port: int, **__: Any) -> list[Any]:
        known = {"hooks.example.org": "93.184.216.34", "inside.example.org": "10.0.0.7"}
        if host not in known:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (known[host], port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolved)

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))

    return run


async def test_an_endpoint_is_added_listed_rotated_and_removed(command: Callable[..., Any], store: Store) -> None:
    added = await command("add", "--institution", "inst-1", "--type", "export.completed.v1", URL)
    assert added.exit_code == 0, added.output
    secret = added.stdout.strip()
    [endpoint] = await store.all("inst-1")
    assert (endpoint.url, endpoint.event_types) == (URL, ("export.completed.v1",))
    assert Keyring(KEY).open(endpoint.secrets) == [(secret, None)]
    listed = (await command("list")).stdout
    assert str(endpoint.id) in listed
    assert secret not in listed
    rotated = (await command("rotate", str(endpoint.id))).stdout.strip()
    held = Keyring(KEY).open((await store.find(endpoint.id)).secrets)
    assert [each for each, _ in held] == [rotated, secret]
    event_id = uuid4()
    await store.enqueue("inst-1", event_id, "export.completed.v1", "{}")
    assert str(event_id) in (await command("deliveries", str(endpoint.id))).stdout
    assert (await command("redeliver", str(endpoint.id), str(event_id))).exit_code == 0
    await store.disable(endpoint.id, "410 Gone")
    assert "disabled (410 Gone)" in (await command("list", "--institution", "inst-1")).stdout
    assert (await command("enable", str(endpoint.id))).exit_code == 0
    assert (await command("remove", str(endpoint.id))).exit_code == 0
    assert await store.all() == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "--institution", "i", "http://hooks.example.org/"), "invalid_url"),
        (("add", "--institution", "i", "https://user:pw@hooks.example.org/"), "invalid_url"),
        (("add", "--institution", "i", "https://inside.example.org/"), "private_address"),
        (("add", "--institution", "i", "https://nowhere.example.org/"), "unresolved_host"),
        (("add", "--institution", "i", "--type", "export.progress.v1", URL), "unknown_event_type"),
        (("remove", str(UUID(int=1))), "unknown_endpoint"),
        (("deliveries", str(UUID(int=1))), "unknown_endpoint"),
        (("redeliver", str(UUID(int=1)), str(UUID(int=2))), "unknown_endpoint"),
    ],
)
async def test_what_is_asked_wrongly_changes_nothing_and_has_a_code(
    command: Callable[..., Any], store: Store, arguments: tuple[str, ...], code: str
) -> None:
    ended = await command(*arguments)
    assert ended.exit_code == 2
    assert code in ended.stderr
    assert await store.all() == []


async def test_a_database_that_is_away_is_said(command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    ended = await command("list")
    assert (ended.exit_code, "away" in ended.stderr) == (1, True)


async def test_a_key_of_the_command_is_one_of_the_settings(command: Callable[..., Any]) -> None:
    made = (await command("key")).stdout.strip()
    ring = Keyring(made)
    assert ring.open(ring.seal([("whsec_x", None)])) == [("whsec_x", None)]
