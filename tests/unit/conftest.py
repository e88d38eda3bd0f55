"""Unit tests start nothing: no process, no connection, no typesetter. Whatever tries fails its test. What imports the
typesetter when it is loaded is found by import-linter (contract `unit`).
"""

import multiprocessing.util
import sys
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
STARTS = {
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "socket.bind",
    "socket.connect",
    "subprocess.Popen",
}
"""Audit events of the interpreter: raised whichever library starts it."""

_running = False


def refuse(what: str) -> NoReturn:
    """Fail the test, by an exception that `except Exception` does not catch."""
    pytest.fail(f"a unit test may not start anything ({what}): this one belongs in tests/component")


def audit(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse what a unit test may not do. A hook cannot be removed, so it looks whether one is running."""
    if not _running:
        return
    if event in STARTS:
        refuse(event)
    if event == "import" and str(arguments[0]).partition(".")[0] == "weasyprint":
        refuse("the typesetter")


def refuse_spawn(*_: object) -> NoReturn:
    """In the place of the one way of starting a process that raises no audit event."""
    refuse("multiprocessing")


sys.addaudithook(audit)


def watch(item: pytest.Item) -> Generator[None, None, None]:
    """Refuse from here to the end of a unit test's phase."""
    global _running
    with pytest.MonkeyPatch.context() as patch:
        if HERE in item.path.parents:
            patch.setattr(multiprocessing.util, "spawnv_passfds", refuse_spawn)
            _running = True
        try:
            return (yield)
        finally:
            _running = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Watch a unit test's fixtures, those of the whole session among them."""
    return (yield from watch(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Watch a unit test, but not what is torn down after it: a session's servers end with any test."""
    return (yield from watch(item))
