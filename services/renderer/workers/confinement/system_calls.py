"""Restricts the system calls of a process to those that typesetting makes, by seccomp: libseccomp compiles the filter.

The list is an allow-list. Any other call fails with ENOSYS, as on a kernel that does not have it, so that the C library
falls back to an older one where it knows one: sockets, programs, processes, namespaces, mounts, tracing, io_uring,
keys, changes of owners and modes, and whatever a later kernel adds. Threads are allowed: Pango looks for fonts in some.
https://docs.kernel.org/userspace-api/seccomp_filter.html, libseccomp's seccomp_rule_add(3)
"""

import ctypes
import errno
import os
from functools import cache
from typing import Any

MEMORY = ("brk", "mmap", "munmap", "mremap", "mprotect", "madvise")
FILES = (
    *("openat", "open", "close", "close_range", "read", "readv", "pread64", "write", "writev", "pwrite64", "lseek"),
    *("fstat", "newfstatat", "stat", "lstat", "statx", "fstatfs", "statfs", "access", "faccessat", "faccessat2"),
    *("readlink", "readlinkat", "getdents64", "getcwd", "rename", "renameat", "renameat2", "unlink", "unlinkat"),
    *("ftruncate", "fsync", "fdatasync", "fadvise64", "dup", "dup2", "dup3", "fcntl", "umask"),
    *("poll", "ppoll", "select", "pselect6"),
)
THREADS = (
    *("futex", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "sched_yield", "sched_getaffinity"),
    *("gettid", "getpid", "getppid", "membarrier", "exit", "exit_group"),
)
SIGNALS = ("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall")
SYSTEM = (
    *("getrandom", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times"),
    *("getrusage", "sysinfo", "uname", "getuid", "geteuid", "getgid", "getegid"),
)
ALLOWED = (*MEMORY, *FILES, *THREADS, *SIGNALS, *SYSTEM)

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_EQUAL, _MASKED_EQUAL = 4, 7
_SYNCHRONISE_THREADS = 4
_CLONE_THREAD = 0x00010000
_CLONE_NEW_NAMESPACES = 0x7E020000
_TCGETS, _FIOCLEX, _FIONCLEX = 0x5401, 0x5451, 0x5450


class _Comparison(ctypes.Structure):
    """libseccomp's `scmp_arg_cmp`: an argument's index, how it is compared, and with what."""

    _fields_ = (
        ("index", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def restrict() -> None:
    """Allow this process, with all its threads, the calls of the list only, for good.

    Raises:
        OSError: there is no libseccomp, or the kernel has no seccomp filters.
    """
    library = prepare()
    rules = library.seccomp_init(_ERRNO | errno.ENOSYS)
    if not rules:
        raise OSError(errno.ENOMEM, "seccomp_init")
    try:
        _check(library.seccomp_attr_set(rules, _SYNCHRONISE_THREADS, 1))
        for name in ALLOWED:
            _allow(library, rules, name)
        threads = _Comparison(0, _MASKED_EQUAL, _CLONE_THREAD | _CLONE_NEW_NAMESPACES, _CLONE_THREAD)
        _allow(library, rules, "clone", threads)
        _allow(library, rules, "prlimit64", _Comparison(0, _EQUAL, 0))
        for request in (_TCGETS, _FIOCLEX, _FIONCLEX):
            _allow(library, rules, "ioctl", _Comparison(1, _EQUAL, request))
        for name in ("kill", "tgkill"):
            _allow(library, rules, name, _Comparison(0, _EQUAL, os.getpid()))
        _check(library.seccomp_load(rules))
    finally:
        library.seccomp_release(rules)


@cache
def prepare() -> Any:
    """Load libseccomp, once for all processes that are forked from this one.

    Raises:
        OSError: it is not installed.
    """
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = (ctypes.c_uint32,)
    library.seccomp_attr_set.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32)
    library.seccomp_rule_add_array.argtypes = (
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint),
        ctypes.POINTER(_Comparison),
    )
    library.seccomp_syscall_resolve_name.argtypes = (ctypes.c_char_p,)
    library.seccomp_load.argtypes = (ctypes.c_void_p,)
    library.seccomp_release.argtypes = (ctypes.c_void_p,)
    library.seccomp_release.restype = None
    return library


def _allow(library: Any, rules: Any, name: str, *comparisons: _Comparison) -> None:
    """Allow a call with arguments that compare so. One that this processor's kernel does not have is passed over."""
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        array = (_Comparison * len(comparisons))(*comparisons)
        _check(library.seccomp_rule_add_array(rules, _ALLOW, number, len(comparisons), array))


def _check(status: int) -> None:
    """Raise for a negative error number."""
    if status < 0:
        raise OSError(-status, f"seccomp: {os.strerror(-status)}")
