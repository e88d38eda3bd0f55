"""`make down`: ends what `make up` started, by its pid, and waits until it is gone."""

import os
import select
import signal
import sys

from dev.paths import RUN
from dev.stack.local import AlreadyRunning, occupied
from dev.stack.up import NAME

WAIT_SECONDS = 60


def end(pid: int) -> bool:
    """SIGTERM, and whether it is gone in time."""
    handle = os.pidfd_open(pid)
    signal.pidfd_send_signal(handle, signal.SIGTERM)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(WAIT_SECONDS * 1000))


def main() -> int:
    """Exit status: 0 where nothing runs any more."""
    try:
        with occupied(RUN / NAME):
            print("Nothing is running.")
    except AlreadyRunning as other:
        if not end(other.pid):
            print(f"Process {other.pid} did not end within {WAIT_SECONDS} s.", file=sys.stderr)
            return 1
        print("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
