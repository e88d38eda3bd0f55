"""Databases for tests: made once as templates, copied for each test, dropped afterwards."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from dev.sample import load
from dev.stack import accounts
from dev.stack.accounts import as_account, role_of
from dev.stack.services import Servers
from services.common import migrations
from services.gateway.migrations import MIGRATIONS as GATEWAY
from services.storage.migrations import MIGRATIONS as STORAGE
from services.webhooks.migrations import MIGRATIONS as WEBHOOKS

MakeServers = Callable[[str], AbstractContextManager[Servers]]
"""The fixture `make_servers`: from a name to what a stack of that name connects to."""


def outside_the_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine to its end on a loop of its own, wherever the caller stands."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(work())).result()


def url_of(server_url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def execute(server_url: str, statement: str) -> None:
    """One statement on the maintenance database."""

    async def work() -> None:
        connection = await asyncpg.connect(server_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    outside_the_loop(work)


def make_roles(server_url: str) -> None:
    """The services' roles."""
    outside_the_loop(lambda: accounts.make_roles(server_url))


def migrate(url: str) -> None:
    """Schema `exports`, up to date, owned by the role apart; the services' roles may do there what they need."""
    outside_the_loop(lambda: accounts.run(url, "exports.sql"))
    owner_url = as_account(url, accounts.MIGRATIONS)
    with ThreadPoolExecutor(1) as thread:
        for name, service in (("gateway", GATEWAY), ("storage", STORAGE), ("webhooks", WEBHOOKS)):
            own_url = as_account(url, role_of(name))
            thread.submit(partial(migrations.migrate, own_url, service, owner_url=owner_url)).result()


def load_sample(url: str) -> None:
    """Correcta's tables and the sample school; the services' roles may read there what they need."""
    outside_the_loop(lambda: load.load(url))
    outside_the_loop(lambda: accounts.run(url, "correcta.sql"))


@contextmanager
def template(server_url: str, fill: Callable[[str], None]) -> Iterator[str]:
    """The name of a new database that `fill` has been given the URL of."""
    name = f"template_{uuid4().hex[:12]}"
    execute(server_url, f'create database "{name}"')
    fill(url_of(server_url, name))
    yield name
    execute(server_url, f'drop database "{name}" with (force)')


@contextmanager
def copy(server_url: str, template_name: str) -> Iterator[str]:
    """The URL of a new database made from a template."""
    name = f"test_{uuid4().hex[:12]}"
    execute(server_url, f'create database "{name}" template "{template_name}"')
    yield url_of(server_url, name)
    execute(server_url, f'drop database "{name}" with (force)')
