"""The process that workers are forked from: its start, and a worker's leave of it."""

import multiprocessing
import os
from multiprocessing import forkserver
from multiprocessing.context import BaseContext

PRELOADED_IN = os.getpid()
"""The process that imported this module. Workers inherit it from the forkserver: there it is their parent."""


def forkserver_context() -> BaseContext:
    """The multiprocessing context that forks workers from a server process which has imported what they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["services.renderer.workers.preload"])
    return context


def start_forkserver() -> None:
    """Start the server process, whose imports take a while, before there is anything to fork."""
    forkserver_context()
    forkserver.ensure_running()


def detach_from_forkserver() -> int:
    """Close the pipe that keeps the forkserver alive, so that it exits with the renderer; the process id of this one's
    parent, as it was when this one was forked.
    """
    # Python has no public name for the pipe by which the forking process knows that somebody needs it.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    # The forkserver ignores a preload that cannot be imported: then the worker has imported this module itself.
    return os.getppid() if os.getpid() == PRELOADED_IN else PRELOADED_IN
