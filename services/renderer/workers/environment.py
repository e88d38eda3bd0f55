"""The environment of the worker processes: an allow-list, held by the process that all of them are forked from.

Variables that were deleted in a process still stand in its `/proc/<pid>/environ`, and so in those of its forks. A
program that is executed anew has only what it is given.
"""

import os
import sys

ALLOWED = frozenset(
    {
        *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"),
        *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONHASHSEED"),
        *("PYTHONWARNINGS", "PYTHONMALLOC", "PYTHONUTF8", "PYTHONFAULTHANDLER"),
        *("LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_COLLATE", "LC_NUMERIC", "LC_TIME", "LC_MONETARY"),
    }
)
"""What Python, its libraries and the font cache need. Settings reach workers as arguments, secrets never."""


def execute_without_the_rest() -> None:
    """Execute this program again with the allowed variables only, where there are others; open files stay open."""
    kept = {name: value for name, value in os.environ.items() if name in ALLOWED}
    if len(kept) < len(os.environ):
        os.execve(sys.executable, sys.orig_argv, kept)  # noqa: S606  # our own command line
