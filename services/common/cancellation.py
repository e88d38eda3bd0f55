"""Whether the current task is to end, where a library has turned its cancellation into an error, or an error into one.

asyncio counts who asked for a cancellation (`Task.cancelling`), whatever became of the CancelledError on its way.
"""

import asyncio


def is_cancelled() -> bool:
    """Whether somebody has asked for the current task to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def check_cancelled() -> None:
    """Raise CancelledError if somebody has asked for the current task to end."""
    if is_cancelled():
        raise asyncio.CancelledError
