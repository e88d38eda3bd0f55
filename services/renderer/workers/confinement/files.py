"""Restricts a process's view of the file system by Landlock: libraries and fonts to read, one folder to write to.

Landlock needs no privileges and works in containers; Linux 5.13 has it where it was built in and enabled. What a kernel
of today refuses besides (TCP ports from 6.7 on; signals and abstract sockets of others from 6.12 on) is refused too.
https://docs.kernel.org/userspace-api/landlock.html
"""

import os
import sysconfig
from functools import cache
from pathlib import Path

import landlockpy
from landlockpy import AccessFS, Ruleset, Scope

import contracts
import services

READ = AccessFS.READ_FILE | AccessFS.READ_DIR
WRITE = READ | AccessFS.WRITE_FILE | AccessFS.MAKE_REG | AccessFS.REMOVE_FILE | AccessFS.TRUNCATE

SYSTEM = (
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/local/lib",
    "/usr/share",
    "/var/cache/fontconfig",
    "/dev/null",
)
"""Libraries, fonts, time zones and tables of languages: what a distribution installs, and nobody's data."""


def restrict_to(folder: Path) -> None:
    """Let this process read what its libraries need, and read and write in `folder`, for good.

    Raises:
        OSError: the kernel has no Landlock.
    """
    with Ruleset(scoped=Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET) as ruleset:
        for path in _readable():
            ruleset.allow_path(path, READ if path.is_dir() else AccessFS.READ_FILE)
        ruleset.allow_path(folder, WRITE)
        ruleset.restrict()


def prepare() -> None:
    """Find the C library and the folders, once for all processes that are forked from this one."""
    landlockpy.supported()
    _readable()


@cache
def _readable() -> tuple[Path, ...]:
    """What there is of the system's folders, Python's, and those of our own code; not the checkout it may lie in."""
    python = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    code = {*contracts.__path__, *services.__path__}
    cache_home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111  # without a home, too
    paths = map(Path, (*SYSTEM, *python, *code, f"{cache_home}/fontconfig"))
    return tuple(path for path in paths if os.access(path, os.R_OK))
