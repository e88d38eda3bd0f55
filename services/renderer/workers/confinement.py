"""What a worker process may do and how it ends: it dies with its parent, stays within its memory, ignores the
terminal's signals, and is the first that a kernel short of memory takes.
"""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def resident_bytes() -> int:
    """The memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def give_back() -> None:
    """Return to the system what the C library keeps of freed memory: a call's worst page is seldom the next one's."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)


def nursery_context() -> BaseContext:
    """How processes are started: forked from one that has loaded what they need, and nothing of this one's."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["services.renderer.workers.preload"])
    return context


def open_nursery() -> None:
    """Start that process, which takes a while to load, before there is anything to fork."""
    nursery_context()
    forkserver.ensure_running()


def leave_nursery(memory: int) -> None:
    """`confine` a process just forked from the nursery, which ends once nobody but the renderer keeps it alive."""
    from services.renderer.workers import preload

    # Python has no public name for the pipe by which the forking process knows that somebody needs it.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    confine(os.getppid() if os.getpid() == preload.PID else preload.PID, memory)


def confine(parent: int, memory: int) -> None:
    """Make this process a worker of `parent` that may hold `memory` bytes. Runs first thing in the worker."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before the kernel was told to watch it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The pool ends a worker by SIGTERM: a handler would wait for a long call into C to return.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")
