"""Functions that the pool runs in its worker processes: initialisation, a ping, and calls with their results or errors.

Workers import this module instead of `pool`, and with it nothing that only the parent needs.
"""

from collections.abc import Callable

from services.common.error_text import describe
from services.renderer.workers.confinement import Layer, Sandbox, confine, layers_in_force, resources
from services.renderer.workers.forking import detach_from_forkserver
from services.renderer.workers.memory import resident_bytes, trim_heap


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


def call(function: Callable[..., object], arguments: tuple[object, ...], seconds: float) -> Returned:
    """Call a function and wrap its result, or any exception but `MemoryError`, which is raised.

    A call that uses more than so many seconds of a processor ends the process.
    """
    try:
        with resources.processor_seconds(seconds):
            return Returned(function(*arguments))
    except MemoryError:
        raise
    except BaseException as error:  # some libraries' fatal errors are no Exception
        return Returned(Raised(describe(error)))


def initialise(sandbox: Sandbox, prepare: Callable[[], None]) -> None:
    """Limit what a process just forked may use, call `prepare` in it, and confine it before it is given any work."""
    resources.limit(detach_from_forkserver(), sandbox.memory)
    prepare()
    resident_bytes()
    confine(sandbox)


def ping() -> tuple[Layer, ...]:
    """The layers of confinement in force. Scheduling this makes the pool start its process before the first call."""
    return layers_in_force()
