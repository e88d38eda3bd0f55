"""Functions that the pool runs in its worker processes: initialisation, a ping, and calls with their results or errors.

Workers import this module instead of `pool`, and with it nothing that only the parent needs.
"""

from collections.abc import Callable

from services.renderer.workers.confinement import detach_from_forkserver, resident_bytes, trim_heap


class Raised:
    """The exception of a call, as text: so any can be sent to the parent, whether it can be pickled or not."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


class Returned:
    """A call's return value or `Raised`, and the worker's resident memory after it, in bytes."""

    def __init__(self, value: object) -> None:
        self.value = value
        trim_heap()
        self.resident = resident_bytes()


def call(function: Callable[..., object], arguments: tuple[object, ...]) -> Returned:
    """Call a function and wrap its result, or any exception but `MemoryError`, which is raised."""
    try:
        return Returned(function(*arguments))
    except MemoryError:
        raise
    except BaseException as error:  # some libraries' fatal errors are no Exception
        return Returned(Raised(f"{type(error).__name__}: {error}"))


def initialise(memory: int, prepare: Callable[[], None]) -> None:
    """Confine a process just forked to `memory` bytes, then call `prepare` in it."""
    detach_from_forkserver(memory)
    prepare()


def ping() -> None:
    """Do nothing: scheduling this makes the pool start its process before the first call."""
