"""LISTEN on PostgreSQL's channels, over a connection of its own that is made again whenever it is lost.

A notification is a hint and may be lost: `on_gap` runs after each (re)connection and every few seconds, so that the
listener reads again what may have been missed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import NoReturn

from services.common.database import CONNECT_SECONDS, DatabaseUnavailable, connect, database_errors
from services.common.retrying import retry

BEAT_SECONDS = 5.0
RETRY_SECONDS = 1.0


async def listen(
    url: str, channels: Mapping[str, Callable[[str], None]], on_gap: Callable[[], Awaitable[None]]
) -> None:
    """Call `channels[name](payload)` for each notification, until cancelled."""
    await retry(lambda: _listen_once(url, channels, on_gap), DatabaseUnavailable, "listening.lost", delay=RETRY_SECONDS)


async def _listen_once(
    url: str, channels: Mapping[str, Callable[[str], None]], on_gap: Callable[[], Awaitable[None]]
) -> NoReturn:
    with database_errors():
        link = await connect(url, command_timeout=CONNECT_SECONDS)
        try:
            lost = asyncio.Event()
            link.add_termination_listener(lambda _: lost.set())
            for name, act in channels.items():
                await link.add_listener(name, _adapted(act))
            while True:
                await on_gap()
                await _wait_for_loss(lost)
                await link.execute("SELECT 1")
        finally:
            link.terminate()


async def _wait_for_loss(lost: asyncio.Event) -> None:
    """Wait `BEAT_SECONDS`, or until the connection is lost: the loop would not notice otherwise."""
    with suppress(TimeoutError):
        async with asyncio.timeout(BEAT_SECONDS):
            await lost.wait()


def _adapted(act: Callable[[str], None]) -> Callable[[object, int, str, object], None]:
    return lambda _connection, _pid, _channel, payload: act(str(payload))
