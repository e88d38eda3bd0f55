"""When the garbage collector looks at everything: by the clock, not by how much was made. Thousands of live streams are
millions of objects that stay, and each look at all of them holds up every stream (1.1 s with 5,000 of them).
"""

import asyncio
import gc

YOUNG, MIDDLE, NEVER = 10_000, 20, 1_000_000
"""Allocations before the newest objects are looked at, such looks before the middle ones are, and so on."""

COLLECT_SECONDS = 300.0


def settle() -> None:
    """What is loaded by now stays: leave it alone, and look at everything only when `collect` does."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, NEVER)


async def collect(seconds: float = COLLECT_SECONDS) -> None:
    """Look at everything every few minutes, for ever."""
    while True:
        await asyncio.sleep(seconds)
        gc.collect()
