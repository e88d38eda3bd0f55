"""Full collections run by the clock."""

import asyncio
import gc
import weakref

from services.gateway import garbage
from tests.waiting import wait_until


class Cycle:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_holds_itself_is_found_sooner_or_later() -> None:
    looking = asyncio.create_task(garbage.collect_periodically(0.01))
    gc.disable()
    try:
        cycle = Cycle()
        seen = weakref.ref(cycle)
        del cycle
        await wait_until(lambda: seen() is None)
    finally:
        gc.enable()
        looking.cancel()
