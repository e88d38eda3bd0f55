"""Runs one command and ends it when the process that asked for it is gone, however that one died.

Run as a script, standard library only: `guard.py PARENT_PID REPORT_FD USER COMMAND...` (`-` for the same user). The
command's pid is written to REPORT_FD. A guard killed outright takes its command along (PR_SET_PDEATHSIG); that signal
alone would not do for the parent, because the kernel ties it to the parent's thread.
"""

import ctypes
import os
import pwd
import select
import signal
import subprocess
import sys

GRACE_SECONDS = 5
PR_SET_PDEATHSIG = 1
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)


def prepare_command() -> None:
    """In the child, before exec: receive signals again (ignored ones would stay so), and die with the guard."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command: list[str], user: str) -> "subprocess.Popen[bytes]":
    """The command, as another user where one is named."""
    if user == "-":
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=prepare_command)
    group = pwd.getpwnam(user).pw_gid
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, preexec_fn=prepare_command, user=user, group=group, extra_groups=[]
    )


def stop(child: "subprocess.Popen[bytes]") -> None:
    """Send SIGTERM to the command, then SIGKILL."""
    child.terminate()
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


def wait_for_either(parent: int, child: int) -> bool:
    """True once the child has ended, False once the parent has."""
    child_end = os.pidfd_open(child)
    try:
        parent_end = os.pidfd_open(parent)
    except ProcessLookupError:
        return False
    poll = select.poll()
    poll.register(parent_end, select.POLLIN)
    poll.register(child_end, select.POLLIN)
    return child_end in {descriptor for descriptor, _ in poll.poll()}


def main(parent: str, report: str, user: str, *command: str) -> int:
    """Exit status: the command's own, or 128 + signal."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    child = start(list(command), user)
    os.write(int(report), b"%d\n" % child.pid)
    os.close(int(report))
    if not wait_for_either(int(parent), child.pid):
        stop(child)
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
