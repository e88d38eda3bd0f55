"""Watches what a process does: every connection, name looked up, program started and file opened is written to a log.

The interpreter's audit events are used (PEP 578): they are raised whichever library acts, and a hook cannot be removed.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from services.renderer.workers import tasks
from services.renderer.workers.tasks import CopyRequest, PlaceholderRequest, WorkerTasks

STARTS = frozenset({"os.exec", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"})
"""Events of programs that are started."""

CHANGES = frozenset(
    {"os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
)
"""Events of files that are changed without being opened."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


_log = -1
"""In a worker, the descriptor of its log."""


def watched_engine(log: str) -> None:
    """Prepare a worker as the renderer does, then log what it does from here on. Runs in the worker."""
    global _log
    tasks.preload_engine()
    _log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.addaudithook(lambda event, arguments: _note(said_of(event, arguments)))
    _note("watched")


def _note(line: str) -> None:
    if line:
        os.write(_log, line.encode("utf-8", "backslashreplace").replace(b"\n", b" ") + b"\n")


@contextmanager
def _measured() -> Iterator[None]:
    """Log the processor time that the block takes, in seconds."""
    begun = time.process_time()
    try:
        yield
    finally:
        _note(f"cpu {time.process_time() - begun:.3f}")


def _copies(context: Path, requests: tuple[CopyRequest, ...]) -> dict[int, str]:
    with _measured():
        return tasks.typeset_copies(context, requests)


def _placeholder(context: Path, request: PlaceholderRequest) -> None:
    with _measured():
        tasks.typeset_placeholder(context, request)


def _front(context: Path, request: Path) -> None:
    with _measured():
        tasks.typeset_front(context, request)


MEASURED = WorkerTasks(copies=_copies, placeholder=_placeholder, front=_front)
"""The renderer's own tasks; each call's processor time is logged."""


def said_of(event: str, arguments: tuple[object, ...]) -> str:
    """The line of an event; empty for one that is not watched."""
    if event == "open":
        path, _, flags = arguments
        if isinstance(path, int):  # a descriptor: whatever made it was an event of its own
            return ""
        kind = "write" if isinstance(flags, int) and flags & WRITING else "read"
        return f"{kind} {path}"
    if event in CHANGES:
        return f"write {arguments[0]}"
    if event.startswith("socket.") or event in STARTS:
        return f"{event} {arguments[1:]}"
    return ""


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def watched(log: Path) -> int:
    """How many processes were watched."""
    return _lines(log).count("watched")


def dearest(log: Path) -> float:
    """The processor time of the call that took most, in seconds."""
    return max((float(line[4:]) for line in _lines(log) if line.startswith("cpu ")), default=0.0)


def misdeeds(log: Path, own: Path, canary: Path) -> list[str]:
    """What watched processes did beyond reading, and writing below their `own` folder; reading the canary's file is
    beyond, too.
    """
    found: list[str] = []
    for line in _lines(log):
        deed, _, what = line.partition(" ")
        if deed in ("watched", "cpu") or (deed == "read" and what != str(canary)):
            continue
        if deed == "write" and (what.startswith(f"{own}/") or what == os.devnull):
            continue
        found.append(line)
    return sorted(set(found))


_OUTWARD = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
_listeners: list[list[str]] = []


@cache
def _listen() -> None:
    """Have every call outward of this process told to the listeners of the moment."""
    sys.addaudithook(_tell)


def _tell(event: str, arguments: tuple[object, ...]) -> None:
    if _listeners and event in _OUTWARD:
        said = f"{event} {arguments[1] if event.startswith('socket.connect') else arguments}"
        for each in _listeners:
            each.append(said)


@contextmanager
def own_calls() -> Iterator[list[str]]:
    """What this process asks for in the block: connections, datagrams and names looked up."""
    _listen()
    calls: list[str] = []
    _listeners.append(calls)
    try:
        yield calls
    finally:
        _listeners.remove(calls)


def strangers(calls: Iterable[str], known: str) -> list[str]:
    """The calls that are neither to a known host and port, such as `127.0.0.1:8000`, nor to a socket with a path, by
    which worker processes are asked for.
    """
    host, _, port = known.rpartition(":")
    allowed = (f"'{host}', {port}", "socket.connect /", "socket.connect b'")
    return [call for call in calls if not any(each in call for each in allowed)]
