"""Publishes the request of an export again when no renderer can know of it any more: the broker lost its queues.

An export is taken for lost when nothing was heard of it for a while though no request waits at the broker. A renderer
reports as soon as it begins, so a queued export is then lost. One that is being made may be silent for long: it is lost
only if it was not heard of since the broker lost something. Making an export twice is harmless, the first end wins.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from services.common.broker import BrokerUnavailable
from services.common.database import DatabaseUnavailable
from services.gateway.store import Store

log = structlog.get_logger()

SETTLING_SECONDS = 2.0
"""What was heard before a loss is written to the row within this."""

LOOKS = 4
"""Looks in the time of silence after which an export is taken for lost."""


class Resender:
    """Looks for lost exports.

    `waiting` tells how many requests wait at the broker, `losses` how often it lost something so far, and `silence` is
    how long an export is not heard of before it is taken for lost.
    """

    def __init__(
        self,
        store: Store,
        *,
        waiting: Callable[[], Awaitable[int]],
        losses: Callable[[], int],
        silence: timedelta,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._waiting, self._losses = store, waiting, losses
        self._silence, self._clock = silence, clock
        self._known = 0
        self._lost_at: float | None = None

    async def run(self) -> None:
        """Look a few times in each silence, until cancelled."""
        while True:
            await asyncio.sleep(self._silence.total_seconds() / LOOKS)
            try:
                await self.look()
            except (BrokerUnavailable, DatabaseUnavailable) as error:
                log.warning("resend.unavailable", cause=str(error))

    async def look(self) -> None:
        """Put the requests of lost exports into the outbox once more.

        Raises:
            BrokerUnavailable, DatabaseUnavailable: nothing was done.
        """
        if self._losses() != self._known:
            self._known, self._lost_at = self._losses(), self._clock() + SETTLING_SECONDS
        since_loss = None if self._lost_at is None else timedelta(seconds=self._clock() - self._lost_at)
        if await self._store.unheard(self._silence, since_loss) and not await self._waiting():
            for export_id in await self._store.resend(self._silence, since_loss):
                log.warning("export.requested_again", export=str(export_id))
