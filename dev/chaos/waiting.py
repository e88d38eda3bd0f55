"""Waiting for what a run brings about, never longer than a deadline."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable


async def until(happened: Callable[[], bool | Awaitable[bool]], seconds: float) -> bool:
    """True once `happened()` is, False when it was not within `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = happened()
        if await value if inspect.isawaitable(value) else value:
            return True
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
