"""Full collections run by the clock."""

import asyncio
import gc
import subprocess
import sys
import weakref

from services.gateway import garbage
from tests.waiting import wait_until


class Knot:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_holds_itself_is_found_sooner_or_later() -> None:
    looking = asyncio.create_task(garbage.collect_periodically(0.01))
    gc.disable()
    try:
        knot = Knot()
        seen = weakref.ref(knot)
        del knot
        await wait_until(lambda: seen() is None)
    finally:
        gc.enable()
        looking.cancel()


def test_a_frozen_heap_is_left_out_of_collections_by_allocation() -> None:
    told = (
        "import gc; from services.gateway import garbage; garbage.freeze_heap(); "
        "print(gc.get_threshold(), gc.get_freeze_count() > 0)"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{(garbage.YOUNG, garbage.MIDDLE, garbage.NEVER)} True"
