"""Background tasks that run again whenever they fail, and what `/readyz` says of them."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aiormq.exceptions import AMQPError

from services.common.broker import BrokerUnavailable
from services.common.database import DatabaseUnavailable
from services.common.health import NotReady
from services.common.retrying import retry_forever

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
        await retry_forever(partial(self._attempt, name, task), "background.failed", delay=self._delay, step=name)

    async def _attempt(self, name: str, task: Callable[[], Awaitable[None]]) -> None:
        recovery = asyncio.get_running_loop().call_later(self._recovered, self._failing.pop, name, None)
        try:
            await task()
        except OUTAGES:
            raise
        except Exception as error:
            self._failing[name] = type(error).__name__
            raise
        finally:
            recovery.cancel()
        self._failing.pop(name, None)

    async def check(self) -> None:
        """Return where no task is failing.

        Raises:
            NotReady: the tasks that are, and the kinds of their errors.
        """
        if self._failing:
            raise NotReady(", ".join(f"{name} ({error})" for name, error in sorted(self._failing.items())))
