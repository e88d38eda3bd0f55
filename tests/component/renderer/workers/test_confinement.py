"""How many cores there are to use, and what a worker may do: each thing is tried in a real one."""

import contextlib
import ctypes
import errno
import io
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.renderer.cores import available_cores
from services.renderer.modes import Confinement
from services.renderer.workers.confinement import Layer, Sandbox, files
from services.renderer.workers.environment import ALLOWED
from services.renderer.workers.pool import CallFailed, Fault, WorkerPool, WorkersBroken
from tests.waiting import wait_until

PARENT = """
import multiprocessing, os, sys, time
from services.renderer.workers.confinement.resources import limit

def work(parent, path):
    limit(parent, 10**9)
    with open(path, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    multiprocessing.get_context("fork").Process(target=work, args=(os.getpid(), sys.argv[1])).start()
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "max 100000"}, None),
        ({}, None),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cpu.max": "nonsense"}, None),
    ],
)
def test_cores_within_the_containers_quota(tmp_path: Path, files: dict[str, str], limit: int | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert available_cores(tmp_path) == (limit or len(os.sched_getaffinity(0)))


async def test_a_worker_dies_with_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with subprocess.Popen([sys.executable, "-c", PARENT, str(path)]) as parent:  # noqa: ASYNC220 - ended by the test
        await wait_until(lambda: path.exists() and path.read_text() != "", 10)
        worker = int(path.read_text())
        parent.kill()

        def is_gone() -> bool:
            try:
                return Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
            except FileNotFoundError:
                return True

        await wait_until(is_gone, 3)


MEMORY = 512 * 1024**2


def load_nothing() -> None:
    """What workers of these tests load: nothing."""


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside that of the workers, with somebody's file in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    return folder


@pytest_asyncio.fixture
async def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    """One worker, which may write to the folder `inside`."""
    monkeypatch.setenv("SESSION_SECRET", "not for workers")
    (tmp_path / "inside").mkdir()
    workers = WorkerPool(1, sandbox=Sandbox(MEMORY, tmp_path / "inside"), initialise=load_nothing)
    workers.start()
    if os.environ.get("CI") != "true" and await workers.layers() != tuple(Layer):
        await workers.stop()
        pytest.skip("this kernel has no Landlock or no seccomp")
    yield workers
    await workers.stop()


async def test_every_layer_is_in_force(pool: WorkerPool) -> None:
    assert await pool.layers() == tuple(Layer)


def refused(attempt: Callable[[], object]) -> str:
    """The name of the error with which an attempt fails; "" where it succeeds."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return ""


def connect(family: int, kind: int, address: tuple[Any, ...] | str) -> str:
    def attempt() -> None:
        with socket.socket(family, kind) as each:
            each.connect(address)

    return refused(attempt)


async def test_no_socket_can_be_made(pool: WorkerPool, tmp_path: Path) -> None:
    unix = str(tmp_path / "inside" / "socket")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(unix)
        local.listen()
        address = server.getsockname()
        for family, kind, target in (
            (socket.AF_INET, socket.SOCK_STREAM, address),
            (socket.AF_INET, socket.SOCK_DGRAM, address),
            (socket.AF_INET6, socket.SOCK_STREAM, ("::1", address[1])),
            (socket.AF_UNIX, socket.SOCK_STREAM, unix),
            (socket.AF_NETLINK, socket.SOCK_RAW, (0, 0)),
        ):
            assert await pool.call("a", 20, connect, family, kind, target) == "ENOSYS"
    assert await pool.call("a", 20, refused, socket.socketpair) == "ENOSYS"


def read(path: str) -> str:
    return refused(lambda: Path(path).read_bytes())


async def test_no_file_of_others_can_be_read(pool: WorkerPool, outside: Path) -> None:
    paths = ("/etc/passwd", "/etc/shadow", "/proc/self/environ", f"/proc/{os.getpid()}/environ", "/proc/1/cmdline")
    for path in (*paths, f"/proc/{os.getpid()}/mem", str(outside / "secret"), str(Path.home() / ".profile"), ".env"):
        assert await pool.call("a", 20, read, path) == ("ENOENT" if read(path) == "ENOENT" else "EACCES"), path


def write(path: str) -> str:
    return refused(lambda: Path(path).write_text("x"))


def link(source: str, target: str) -> str:
    return refused(lambda: Path(target).symlink_to(source)) + refused(lambda: os.link(source, target))


async def test_nothing_is_written_but_in_the_folder(pool: WorkerPool, outside: Path, tmp_path: Path) -> None:
    for path in (outside / "new", outside / "secret", tmp_path / "new", files.__file__, "/usr/lib/new", "/dev/shm/new"):
        assert await pool.call("a", 20, write, str(path)) == "EACCES", path
    assert await pool.call("a", 20, write, str(tmp_path / "inside" / "new")) == ""
    assert await pool.call("a", 20, link, str(outside / "secret"), str(tmp_path / "inside" / "it")) == "ENOSYS" * 2
    assert (outside / "secret").read_text() == "secret"
    (tmp_path / "inside" / "way-out").symlink_to(outside)
    assert await pool.call("a", 20, read, str(tmp_path / "inside" / "way-out" / "secret")) == "EACCES"


def change_mode(path: str) -> str:
    return refused(lambda: Path(path).chmod(0o777)) + refused(lambda: os.chown(path, 0, 0))


async def test_no_mode_and_no_owner_is_changed(pool: WorkerPool, outside: Path) -> None:
    assert await pool.call("a", 20, change_mode, str(outside / "secret")) == "ENOSYS" * 2


def execute() -> str:
    return refused(lambda: os.execv("/bin/true", ["true"])) + refused(lambda: subprocess.run(["/bin/true"], check=True))


def fork() -> str:
    return refused(os.fork)


async def test_no_program_and_no_process_is_started(pool: WorkerPool) -> None:
    assert await pool.call("a", 20, execute) == "ENOSYS" * 2
    assert await pool.call("a", 20, fork) == "ENOSYS"


SYSTEM_CALLS = (
    "ptrace",
    "mount",
    "unshare",
    "setns",
    "bpf",
    "keyctl",
    "io_uring_setup",
    "process_vm_readv",
    "memfd_create",
)


def system_call(name: str) -> str:
    library, libc = ctypes.CDLL("libseccomp.so.2"), ctypes.CDLL(None, use_errno=True)
    number = library.seccomp_syscall_resolve_name(name.encode())
    assert libc.syscall(number, 0, 0, 0, 0, 0, 0) == -1
    return errno.errorcode[ctypes.get_errno()]


@pytest.mark.parametrize("name", SYSTEM_CALLS)
async def test_a_call_that_is_not_on_the_list_does_not_exist(pool: WorkerPool, name: str) -> None:
    assert await pool.call("a", 20, system_call, name) == "ENOSYS"


def signal_to(process: int) -> str:
    return refused(lambda: os.kill(process, signal.SIGTERM))


async def test_no_other_process_is_signalled(pool: WorkerPool) -> None:
    assert await pool.call("a", 20, signal_to, os.getpid()) == "ENOSYS"
    assert await pool.call("a", 20, signal_to, -1) == "ENOSYS"


def in_a_thread() -> list[str]:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(fork() + read("/etc/passwd")))
    thread.start()
    thread.join()
    return found


async def test_threads_run_and_are_confined_as_well(pool: WorkerPool) -> None:
    assert await pool.call("a", 20, in_a_thread) == ["ENOSYSEACCES"]


def many_threads() -> int:
    stop = threading.Event()
    before = threading.active_count()
    with contextlib.suppress(RuntimeError):
        for _ in range(100_000):
            threading.Thread(target=stop.wait, daemon=True).start()
    started = threading.active_count() - before
    stop.set()
    return started


async def test_threads_are_bounded_by_the_memory(pool: WorkerPool) -> None:
    assert 0 < await pool.call("a", 60, many_threads) < 1_000


def compute() -> None:
    while True:
        pass


async def test_a_call_may_not_compute_for_ever(pool: WorkerPool) -> None:
    with pytest.raises(CallFailed) as failure:
        await pool.call("a", 0.5, compute)
    assert failure.value.fault is Fault.TIMEOUT
    assert await pool.call("a", 20, fork) == "ENOSYS"


def compute_for(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    compute()


async def test_a_call_that_has_used_its_processor_time_took_too_long(pool: WorkerPool) -> None:
    with pytest.raises(CallFailed) as failure:
        await pool.call("a", 60, compute_for, 1)
    assert failure.value.fault is Fault.TIMEOUT


def write_ten_gigabytes(path: str) -> tuple[str, int]:
    with Path(path).open("wb") as file:
        file.seek(10 * 1024**3)
        return refused(lambda: os.write(file.fileno(), b"x")), file.seek(0, io.SEEK_END)


async def test_a_file_may_not_be_too_large(pool: WorkerPool, tmp_path: Path) -> None:
    assert await pool.call("a", 20, write_ten_gigabytes, str(tmp_path / "inside" / "huge")) == ("EFBIG", 0)


def open_many(path: str) -> str:
    held: list[io.FileIO] = []
    return refused(lambda: held.extend(io.FileIO(path) for _ in range(10_000)))


async def test_not_too_many_files_may_be_open(pool: WorkerPool, tmp_path: Path) -> None:
    (tmp_path / "inside" / "file").touch()
    assert await pool.call("a", 20, open_many, str(tmp_path / "inside" / "file")) == "EMFILE"


def process_id() -> int:
    return os.getpid()


def variables_of(process: int) -> set[str]:
    environment = Path(f"/proc/{process}/environ").read_bytes()
    return {entry.split(b"=")[0].decode() for entry in environment.split(b"\0") if entry}


async def test_the_environment_holds_only_what_is_allowed(pool: WorkerPool) -> None:
    """Read from outside: what a process deletes from its environment stays readable there."""
    names = variables_of(await pool.call("a", 20, process_id))
    assert "PATH" in names
    assert names <= ALLOWED


def raise_the_limits() -> str:
    most = resource.RLIM_INFINITY
    return refused(lambda: resource.prlimit(os.getpid(), resource.RLIMIT_DATA, (most, most)))


async def test_the_limits_of_others_are_out_of_reach(pool: WorkerPool) -> None:
    assert await pool.call("a", 20, raise_the_limits) == "ENOSYS"


class NoKernelSupport:
    """Refuses a layer as an old kernel does, in the worker; what the initialiser of its pool calls."""

    def __init__(self, layer: str) -> None:
        self.layer = layer

    def __call__(self) -> None:
        def absent(*_: object) -> None:
            raise OSError(errno.ENOSYS, "not on this kernel")

        from services.renderer.workers.confinement import files, system_calls

        if self.layer == Layer.FILES:
            files.restrict_to = absent  # type: ignore[assignment]
        else:
            system_calls.restrict = absent


@pytest.mark.parametrize("layer", list(Layer))
async def test_without_a_layer_a_worker_runs_with_the_others_unless_all_are_required(
    tmp_path: Path, layer: Layer
) -> None:
    pool = WorkerPool(1, sandbox=Sandbox(MEMORY, tmp_path), initialise=NoKernelSupport(layer))
    pool.start()
    assert layer not in await pool.layers()
    await pool.stop()

    pool = WorkerPool(1, sandbox=Sandbox(MEMORY, tmp_path, Confinement.REQUIRE), initialise=NoKernelSupport(layer))
    pool.start()
    with pytest.raises(WorkersBroken):
        await pool.layers()
    await pool.stop()


async def test_without_confinement_there_are_no_layers(tmp_path: Path) -> None:
    pool = WorkerPool(1, sandbox=Sandbox(MEMORY, tmp_path, Confinement.OFF), initialise=load_nothing)
    pool.start()
    assert await pool.layers() == ()
    assert await pool.call("a", 20, read, "/etc/passwd") == ""
    await pool.stop()
