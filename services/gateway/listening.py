"""PostgreSQL's notifications, on a connection of their own that is made again whenever it is lost.

A notification is a hint and may be lost: after each (re)connection `on_gap` runs, and so it does every few seconds,
so that whoever listens reads again what may have been missed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import asyncpg
import structlog

from services.common.database import CONNECT_SECONDS, DatabaseUnavailable, database_errors

log = structlog.get_logger()

BEAT_SECONDS = 5.0
RETRY_SECONDS = 1.0


async def listen(
    dsn: str, channels: Mapping[str, Callable[[str], None]], on_gap: Callable[[], Awaitable[None]]
) -> None:
    """Call `channels[name](payload)` for each notification, until cancelled."""
    while True:
        try:
            await _listen_once(dsn, channels, on_gap)
        except DatabaseUnavailable as error:
            log.warning("listening.lost", cause=str(error))
        await asyncio.sleep(RETRY_SECONDS)


async def _listen_once(
    dsn: str, channels: Mapping[str, Callable[[str], None]], on_gap: Callable[[], Awaitable[None]]
) -> None:
    with database_errors():
        link = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS)
        try:
            lost = asyncio.Event()
            link.add_termination_listener(lambda _: lost.set())
            for name, act in channels.items():
                await link.add_listener(name, _adapted(act))
            while True:
                await on_gap()
                await _wait(lost)
                await link.execute("SELECT 1")
        finally:
            link.terminate()


async def _wait(lost: asyncio.Event) -> None:
    """A beat, cut short where the connection is known to be lost: nothing else would tell."""
    with suppress(TimeoutError):
        async with asyncio.timeout(BEAT_SECONDS):
            await lost.wait()


def _adapted(act: Callable[[str], None]) -> Callable[[object, int, str, object], None]:
    return lambda _connection, _pid, _channel, payload: act(str(payload))
