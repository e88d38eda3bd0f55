"""A worker's own memory: how much of it is resident, and freed memory given back."""

import ctypes
import os
import resource
from functools import cache


def resident_bytes() -> int:
    """Resident memory of this process, in bytes. The first call has to be made before the process is confined."""
    return int(os.pread(_statm(), 200, 0).split()[1]) * resource.getpagesize()


@cache
def _statm() -> int:
    """A descriptor of `/proc/self/statm`, left open: a confined process cannot open it."""
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)


def trim_heap() -> None:
    """Return freed memory from the C library to the system: a call's worst page is seldom the next one's."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)
