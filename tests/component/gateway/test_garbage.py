"""A frozen heap, in a process of its own: freezing cannot be undone."""

import subprocess
import sys

from services.gateway import garbage


def test_a_frozen_heap_is_left_out_of_collections_by_allocation() -> None:
    told = (
        "import gc; from services.gateway import garbage; garbage.freeze_heap(); "
        "print(gc.get_threshold(), gc.get_freeze_count() > 0)"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{(garbage.YOUNG, garbage.MIDDLE, garbage.NEVER)} True"
