"""Background tasks that run again whenever they fail, and what `/readyz` says of them."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiormq.exceptions import AMQPError

from services.common.broker import BrokerUnavailable
from services.common.cancellation import check_cancelled
from services.common.database import DatabaseUnavailable
from services.common.health import NotReady

log = structlog.get_logger()

OUTAGES = (DatabaseUnavailable, BrokerUnavailable, AMQPError, OSError, TimeoutError)
"""Errors of what a task needs: `/readyz` has a check of its own for each."""

RECOVERED_SECONDS = 10.0
"""A task that has run so long since it failed has recovered."""


class Supervisor:
    """Runs a service's background tasks; `check` is their readiness."""

    def __init__(self, *, delay: float, recovered: float = RECOVERED_SECONDS) -> None:
        self._delay, self._recovered = delay, recovered
        self._failing: dict[str, str] = {}

    async def run(self, name: str, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task, and again after each error, a mistake of ours included, until it returns."""
        while True:
            recovery = asyncio.get_running_loop().call_later(self._recovered, self._failing.pop, name, None)
            try:
                await task()
            except Exception as error:
                check_cancelled()
                log.exception("background.failed", step=name)
                if not isinstance(error, OUTAGES):
                    self._failing[name] = type(error).__name__
            else:
                self._failing.pop(name, None)
                return
            finally:
                recovery.cancel()
            await asyncio.sleep(self._delay)

    async def check(self) -> None:
        """Return where no task is failing.

        Raises:
            NotReady: the tasks that are, and the kinds of their errors.
        """
        if self._failing:
            raise NotReady(", ".join(f"{name} ({error})" for name, error in sorted(self._failing.items())))
