"""Limits of what a worker process uses: memory, processor time, open files, the size of a file; and its end.

It is killed when its parent ends, and the kernel's out-of-memory killer takes it first.
"""

import contextlib
import ctypes
import math
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE_BYTES = 1024**3
"""The largest file that a worker may write; a copy's result is a few hundred kilobytes."""

OPEN_FILES = 256

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def limit(parent: int, memory: int) -> None:
    """Make this process a worker of `parent` that may hold `memory` bytes. Runs first thing in the worker."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the kernel was told to watch it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The pool ends a worker by SIGTERM: a handler would wait for a long call into C to return.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    os.umask(0o077)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")


def forbid_new_privileges() -> None:
    """No program that this process executes has more rights than it, whatever its owner and bits. Linux's prctl(2).

    Raises:
        OSError: the kernel is older than 3.5.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")


@contextmanager
def processor_seconds(seconds: float) -> Iterator[None]:
    """End this process by SIGXCPU when the block uses more time of a processor. Blocks nest: the shortest holds."""
    before, hard = resource.getrlimit(resource.RLIMIT_CPU)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    end = math.ceil(usage.ru_utime + usage.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (end if before == resource.RLIM_INFINITY else min(before, end), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (before, hard))


def _lower(kind: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    hard = resource.getrlimit(kind)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (value, value))
