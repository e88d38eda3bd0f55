"""The worker's side of a call: what it does before its first one, and how a result or an error is sent back.

Workers load this module instead of `pool`, and with it nothing that only the other side needs.
"""

from collections.abc import Callable

from services.renderer.workers.confinement import trim_heap, detach_from_forkserver, resident_bytes


class Raised:
    """What a call raised, as text: any exception crosses the pipe, whether it can be pickled or not."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


class Returned:
    """What a call returned or raised, and the bytes the worker holds after it."""

    def __init__(self, value: object) -> None:
        self.value = value
        trim_heap()
        self.resident = resident_bytes()


def run(function: Callable[..., object], arguments: tuple[object, ...]) -> Returned:
    """Call a function; only a lack of memory is raised here."""
    try:
        return Returned(function(*arguments))
    except MemoryError:
        raise
    except BaseException as error:  # some libraries' fatal errors are no Exception
        return Returned(Raised(f"{type(error).__name__}: {error}"))


def prepare(memory: int, warm: Callable[[], None]) -> None:
    """Make a process just forked a worker that may hold `memory` bytes, and get it ready."""
    detach_from_forkserver(memory)
    warm()


def nothing() -> None:
    """Asks for a worker, so that it is started before there is work."""
