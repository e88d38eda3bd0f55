"""Fault injection: named points in the code at which an environment variable makes a fault happen.

Unarmed, as everywhere in production, a failpoint is one look at an empty dict. A service's `__main__` arms what its
environment names in `FAILPOINTS`: `name:action[:probability]`, several separated by commas; `once` for a probability
fires the first time only. `name@key` fires for one key only.

Actions: `kill` (SIGKILL of this process), `hang` or `hang=SECONDS` (the thread sleeps), `raise` or `raise=ENOSPC` (an
error of ours, or the system's of that name), `eat` (takes memory until there is none).
"""

import errno
import json
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

HANG_SECONDS = 3600.0
BITE_BYTES = 16 * 1024**2


class FailpointError(RuntimeError):
    """A fault that was asked for."""


@dataclass(frozen=True)
class Fault:
    """What happens at a failpoint, and how often."""

    action: str
    argument: str
    probability: float = 1.0
    once: bool = False


def _kill(_: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang(seconds: str) -> None:
    time.sleep(float(seconds or HANG_SECONDS))


def _raise(number: str) -> None:
    if number:
        raise OSError(getattr(errno, number), "a failpoint's error")
    raise FailpointError("a failpoint's error")


def _eat(_: str) -> None:
    held = []
    while True:
        held.append(bytearray(BITE_BYTES))


ACTIONS: dict[str, Callable[[str], None]] = {"kill": _kill, "hang": _hang, "raise": _raise, "eat": _eat}

_armed: dict[str, Fault] = {}


def failpoint(name: str, key: str = "") -> None:
    """A step with a name. Where it is armed its fault happens here; otherwise nothing does."""
    if _armed:
        _reach(name, key)


def arm(spec: str) -> None:
    """Arm what `spec` names instead of what was armed before; an empty one disarms all.

    Raises:
        ValueError: a part of it is not understood.
    """
    faults = dict(_parsed(part.strip()) for part in spec.split(",") if part.strip())
    _armed.clear()
    _armed.update(faults)


def _parsed(part: str) -> tuple[str, Fault]:
    name, _, rest = part.partition(":")
    asked, _, probability = rest.partition(":")
    action, _, argument = asked.partition("=")
    known = action in ACTIONS and (action != "raise" or not argument or hasattr(errno, argument))
    if not name or not known:
        raise ValueError(f"FAILPOINTS: {part!r} is not name:action[:probability]")
    if probability == "once":
        return name, Fault(action, argument, once=True)
    return name, Fault(action, argument, float(probability or 1))


def _reach(name: str, key: str) -> None:
    armed = f"{name}@{key}" if f"{name}@{key}" in _armed else name
    fault = _armed.get(armed)
    if fault is not None and random.random() < fault.probability:  # noqa: S311 - guards nothing
        if fault.once:
            del _armed[armed]
        _tell(name, fault.action)
        ACTIONS[fault.action](fault.argument)


def _tell(name: str, action: str) -> None:
    """One line of the log, past every buffer: the process may not live to write another."""
    told = {"event": "failpoint.fired", "failpoint": name, "action": action, "pid": os.getpid(), "time": time.time()}
    os.write(2, json.dumps(told).encode() + b"\n")
