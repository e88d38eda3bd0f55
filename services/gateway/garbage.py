"""Tuning of Python's garbage collector: full collections by the clock, not by allocations.

Thousands of live streams are millions of objects that stay, and each full collection stops every stream (1.1 s with
5,000 of them).
"""

import asyncio
import gc

YOUNG, MIDDLE, NEVER = 10_000, 20, 1_000_000
"""The thresholds of the three generations (`gc.set_threshold`)."""

COLLECT_SECONDS = 300.0


def freeze_heap() -> None:
    """Exclude what is loaded by now from collections (`gc.freeze`), and leave full ones to `collect_periodically`."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)


async def collect_periodically(seconds: float = COLLECT_SECONDS) -> None:
    """A full collection every `seconds`, until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        gc.collect()
