"""Limits of a worker process: it is killed when its parent ends, its memory is bounded, SIGINT is ignored, and the
kernel's out-of-memory killer takes it first.
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

PRELOADED_IN = os.getpid()
"""The process that imported this module. Workers inherit it from the forkserver: there it is their parent."""


def resident_bytes() -> int:
    """Resident memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def trim_heap() -> None:
    """Return freed memory from the C library to the system: a call's worst page is seldom the next one's."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)


def forkserver_context() -> BaseContext:
    """The multiprocessing context that forks workers from a server process which has imported what they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["services.renderer.workers.preload"])
    return context


def start_forkserver() -> None:
    """Start the server process, whose imports take a while, before there is anything to fork."""
    forkserver_context()
    forkserver.ensure_running()


def detach_from_forkserver(memory: int) -> None:
    """Close the pipe that keeps the forkserver alive, so that it exits with the renderer; `confine` this process."""
    # Python has no public name for the pipe by which the forking process knows that somebody needs it.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    # The forkserver ignores a preload that cannot be imported: then the worker has imported this module itself.
    confine(os.getppid() if os.getpid() == PRELOADED_IN else PRELOADED_IN, memory)


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
