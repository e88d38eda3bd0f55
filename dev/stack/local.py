"""The whole thing on one machine: private broker and database, the sample school, the services.

Its folder is kept: a second start finds the databases filled. One process at a time may use a folder.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from dev.paths import RUN
from dev.sample import load
from dev.stack import accounts
from dev.stack.postgresql import PrivatePostgres
from dev.stack.rabbitmq import PrivateRabbit
from dev.stack.services import Plan, Servers, Stack


class AlreadyRunning(RuntimeError):
    """Another process uses this folder."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"already running, as process {pid}: stop that one first (make down)")
        self.pid = pid


@dataclass(frozen=True)
class Local:
    """A running stack and its private servers."""

    rabbit: PrivateRabbit
    postgres: PrivatePostgres
    stack: Stack


@contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """The folder, for this process alone; its lock file says which process that is.

    Raises:
        AlreadyRunning: another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(int(lock.read() or 0)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def running(name: str, plan: Plan | None = None) -> Iterator[Local]:
    """A stack in `.run/NAME`, all of it ended when the block is left.

    Raises:
        AlreadyRunning: another process uses the folder.
    """
    folder = RUN / name
    with ExitStack() as stack:
        stack.enter_context(occupied(folder))
        postgres = PrivatePostgres(folder / "postgres")
        rabbit = PrivateRabbit(folder / "rabbit")
        stack.callback(postgres.stop)
        stack.callback(rabbit.stop)
        with ThreadPoolExecutor(1) as meanwhile:
            broker = meanwhile.submit(rabbit.start)
            postgres.start()
            servers = asyncio.run(prepare(postgres, rabbit.url))
            broker.result()
        yield Local(rabbit, postgres, stack.enter_context(Stack(folder, servers, plan)))


async def prepare(postgres: PrivatePostgres, amqp_url: str) -> Servers:
    """The databases, made on the first start: ours, and Correcta's with the sample school; the services' roles in both.

    Databases are named after the sample's content, so that a changed sample is loaded into new ones.
    """
    version = load.version()
    exports, correcta = f"exports_{version}", f"correcta_{version}"
    admin = await asyncpg.connect(postgres.url)
    try:
        known = {row["datname"] for row in await admin.fetch("select datname from pg_database")}
        if exports not in known:
            await admin.execute(f"create database {exports}")
        if correcta not in known:
            await admin.execute(f"drop database if exists {correcta}_loading")
            await admin.execute(f"create database {correcta}_loading")
            await load.load(postgres.url_of(f"{correcta}_loading"))
            await admin.execute(f"alter database {correcta}_loading rename to {correcta}")
    finally:
        await admin.close()
    servers = Servers(amqp_url, postgres.url_of(exports), postgres.url_of(correcta))
    await accounts.make_roles(postgres.url)
    await accounts.run(servers.database_url, "exports.sql")
    await accounts.run(servers.correcta_database_url, "correcta.sql")
    return servers
