"""Calls an asynchronous step again after an error: a number of times, until a deadline, or for ever.

Each failed try is one log line; a task that was cancelled tries nothing again. Written here and not taken from a
library for the reasons in docs/decisions/0012-retries-of-our-own.md.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from services.common.cancellation import check_cancelled

log = structlog.get_logger()

T = TypeVar("T")
E = TypeVar("E", bound=Exception)

Sleep = Callable[[float], Awaitable[object]]
Clock = Callable[[], float]


async def retry(
    step: Callable[[], Awaitable[T]],
    on: type[E] | tuple[type[E], ...],
    event: str,
    /,
    *,
    delay: float = 1.0,
    longest_delay: float | None = None,
    tries: int | None = None,
    seconds: float | Callable[[E], float] | None = None,
    sleep: Sleep = asyncio.sleep,
    clock: Clock = time.monotonic,
    **context: object,
) -> T:
    """What `step` returns, called again after each error of the type `on`; without `tries` and `seconds`, for ever.

    Args:
        step: called without arguments, once a try.
        on: the errors after which another try may succeed. Others pass through.
        event: the name of the log line that each failed try leaves, with the error as `cause` and `context` beside it.
        delay: seconds before the second try.
        longest_delay: the delay doubles after each try up to this; without it, it stays as it is.
        tries: how often `step` is called at most.
        seconds: no try begins later than this after the first one; a function gives it for each error.
        sleep, clock: what tests replace.

    Raises:
        E: the error of the last try.
    """
    begin, number, pause = clock(), 1, delay
    while True:
        try:
            return await step()
        except on as error:
            check_cancelled()
            allowed = seconds(error) if callable(seconds) else seconds
            if number == tries or (allowed is not None and clock() - begin + pause > allowed):
                raise
            log.warning(event, cause=error, **context)
        await sleep(pause)
        number += 1
        pause = pause if longest_delay is None else min(2 * pause, longest_delay)


async def retry_forever(
    step: Callable[[], Awaitable[T]], event: str, /, *, delay: float, sleep: Sleep = asyncio.sleep, **context: object
) -> T:
    """What `step` returns, called again after any error, a mistake of ours included: each is logged with its traceback.

    For background work, which must neither end in silence nor end the process.
    """
    while True:
        try:
            return await step()
        except Exception:
            check_cancelled()
            log.exception(event, **context)
        await sleep(delay)
