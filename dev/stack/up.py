"""`make up`: the stack with the sample school, until Ctrl-C, SIGTERM or `make down`."""

import os
import select
import signal
import socket
import sys
from types import FrameType

from rich.console import Console
from rich.markup import escape

from dev.paths import ROOT
from dev.sample import people
from dev.sample.subjects import mathematiques
from dev.stack.local import AlreadyRunning, Local, running
from dev.stack.processes import ProcessError
from dev.stack.programs import MissingProgram
from dev.stack.services import Plan

NAME = "up"
USUAL_PORT = 8080

console = Console(highlight=False, soft_wrap=True)


def usual_port() -> int:
    """The port people expect, 0 (any) where it is taken."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", USUAL_PORT))
        except OSError:
            return 0
    return USUAL_PORT


def announce(local: Local) -> None:
    """Where to go and whom to be."""
    url = local.stack.url
    console.print(f"\n  Dashboard   {url}/dashboard/exams/{mathematiques.MATHEMATIQUES.id}/grading")
    console.print(f"  Sign in     {url}/demo/sign-in  (as {people.OKONKWO.name}, or anybody of the sample school)")
    console.print(f"  Logs        {(local.stack.folder / 'logs').relative_to(ROOT)}/")
    console.print("  Stop        Ctrl-C, or make down\n")


def watch(local: Local) -> None:
    """Until told to stop; a service that ends by itself is an error."""
    processes = {os.pidfd_open(service.process.pid): service.process for service in local.stack.services}
    poll = select.poll()
    for descriptor in processes:
        poll.register(descriptor, select.POLLIN)
    ended = processes[poll.poll()[0][0]]
    raise ProcessError(f"{ended.log.stem} ended by itself\n{ended.tail()}")


def stop(number: int, _: FrameType | None) -> None:
    """SIGTERM and SIGINT end the block that runs the stack."""
    raise SystemExit(0 if number == signal.SIGTERM else 130)


def main() -> int:
    """Exit status: 0 after `make down`, 130 after Ctrl-C, 1 where something failed."""
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    console.print("Starting a private RabbitMQ and PostgreSQL, the gateway, storage and a renderer…")
    try:
        with running(NAME, Plan(port=usual_port(), settings={"gateway": {"DEMO": "true"}})) as local:
            announce(local)
            watch(local)
    except (AlreadyRunning, MissingProgram, ProcessError) as error:
        console.print(f"[red]{escape(str(error))}[/]")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
