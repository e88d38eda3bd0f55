"""Waiting for a condition instead of for time: a test goes on as soon as what it waits for is so."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

INTERVAL_SECONDS = 0.02
PATIENCE_SECONDS = 10.0
"""How long past the deadline a predicate may still be at work."""


class NeverHappened(AssertionError):
    """The condition was still false at the deadline."""


@overload
async def wait_until(predicate: Callable[[], Awaitable[T]], deadline: float = ...) -> T: ...


@overload
async def wait_until(predicate: Callable[[], T], deadline: float = ...) -> T: ...


async def wait_until(predicate: Callable[[], object], deadline: float = 10.0) -> object:
    """The predicate's value once it is true; the predicate may be a coroutine function.

    Raises:
        NeverHappened: it was still false, or had not answered, after `deadline` seconds.
    """
    end = time.monotonic() + deadline
    while True:
        value = predicate()
        if inspect.isawaitable(value):
            value = await _answer(value, end - time.monotonic() + PATIENCE_SECONDS)
        if value:
            return value
        if time.monotonic() > end:
            raise NeverHappened(f"still {value!r} after {deadline:g} s: {inspect.getsource(predicate).strip()}")
        await asyncio.sleep(INTERVAL_SECONDS)


async def _answer(predicate: Awaitable[T], seconds: float) -> T | None:
    """Its value, None where it does not come."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await predicate
    except TimeoutError:
        if not limit.expired():
            raise
        return None
