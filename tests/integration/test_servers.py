"""The private servers keep their data and address over a crash, and are reached by nobody but their owner."""

import asyncio
import stat

import aio_pika
import asyncpg
import pytest

from dev.stack.postgresql import PrivatePostgres
from dev.stack.rabbitmq import PrivateRabbit
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


async def _keep_in_a_quorum_queue(url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        await channel.default_exchange.publish(aio_pika.Message(b"still here", delivery_mode=2), "kept")


async def _ready(url: str) -> int | None:
    async with await aio_pika.connect(url) as connection:
        queue = await (await connection.channel()).declare_queue("kept", passive=True)
        return queue.declaration_result.message_count


async def test_a_broker_keeps_confirmed_messages_over_a_restart(private_rabbit: PrivateRabbit) -> None:
    url = private_rabbit.url
    await _keep_in_a_quorum_queue(url)
    await asyncio.to_thread(private_rabbit.restart)
    assert private_rabbit.url == url
    await wait_until(lambda: _ready(url), 15)


async def test_a_database_keeps_committed_rows_over_a_crash(private_postgres: PrivatePostgres) -> None:
    url = private_postgres.url
    connection = await asyncpg.connect(url)
    await connection.execute("create table kept as select 7 as value")
    await asyncio.to_thread(private_postgres.kill)
    await asyncio.to_thread(private_postgres.start)
    again = await asyncpg.connect(url)
    assert await again.fetchval("select value from kept") == 7
    await again.close()


async def test_a_wrong_password_is_refused(postgres_url: str, amqp_url: str) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(_with_wrong_password(postgres_url))
    with pytest.raises(aio_pika.exceptions.ProbableAuthenticationError):
        await aio_pika.connect(_with_wrong_password(amqp_url))


def _with_wrong_password(url: str) -> str:
    user, _, host = url.rpartition("@")
    return f"{user}x@{host}"


def test_passwords_are_for_their_owner_alone(private_postgres: PrivatePostgres) -> None:
    mode = (private_postgres.folder / "password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_each_test_has_a_database_of_its_own(database_url: str, postgres_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("select to_regclass('exports.export')") is not None
    assert await connection.fetchval("select count(*) from exports.export") == 0
    await connection.close()
