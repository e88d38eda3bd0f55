"""What a unit test may not start fails it."""

import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest


def spawn() -> None:
    multiprocessing.get_context("spawn").Process(target=print).start()


def listen() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))


def connect() -> None:
    with socket.socket() as client:
        client.connect(("127.0.0.1", 1))


@pytest.mark.parametrize("start", [lambda: subprocess.run(["true"], check=True), os.fork, spawn, listen, connect])
def test_a_process_a_server_or_a_connection_is_refused(start: Callable[[], object]) -> None:
    with pytest.raises(pytest.fail.Exception, match="a unit test may not start anything"):
        start()


def test_the_typesetter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    with pytest.raises(pytest.fail.Exception, match="the typesetter"):
        exec("import weasyprint")  # a statement: its audit event does not depend on what was loaded before
