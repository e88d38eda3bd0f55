"""The service as a process: it says how its workers are confined, and they are told nothing of its settings."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from dev.paths import ROOT
from dev.stack.processes import free_port
from tests.waiting import wait_until

SECRET = "a secret of the service"


def settings(folder: Path, port: int) -> dict[str, str]:
    """An environment whose servers are away: workers start without them."""
    return {
        "PATH": os.environ["PATH"],
        "AMQP_URL": f"amqp://user:{SECRET.replace(' ', '-')}@127.0.0.1:9/",
        "CORRECTA_DATABASE_URL": "postgresql://user@127.0.0.1:9/correcta",
        "INTERNAL_TOKEN": SECRET,
        "SOME_SETTING": SECRET,
        "STORAGE_URL": "http://127.0.0.1:9",
        "WORK_FOLDER": str(folder / "work"),
        "PORT": str(port),
        "WORKERS": "1",
        "CONFINEMENT": "require",
    }


def children(process: int) -> set[int]:
    """The processes that descend from one."""
    found = [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return set(found).union(*(children(child) for child in found))


async def test_a_renderer_says_how_its_workers_are_confined(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "services.renderer"]
    with log.open("wb") as output:
        service = subprocess.Popen(command, env=settings(tmp_path, port), cwd=ROOT, stderr=output)  # noqa: ASYNC220
    try:
        await wait_until(lambda: b"worker.confined" in log.read_bytes() or service.poll() is not None, 60)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        [confined] = [line for line in lines if line["event"] == "worker.confined"]
        assert confined["layers"] == ["landlock", "seccomp"]
        await wait_until(lambda: b'renderer_confinement{layer="seccomp"} 1.0' in metrics(port), 30)
        forked = [child for child in children(service.pid) if b"forkserver" in proc(child, "cmdline")]
        assert len(forked) >= 2, "the process that workers are forked from, and a worker"
        for child in forked:
            assert SECRET.encode() not in proc(child, "environ")
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(30)


def proc(process: int, name: str) -> bytes:
    """What the kernel says of a process."""
    return Path(f"/proc/{process}/{name}").read_bytes()


def metrics(port: int) -> bytes:
    """What the service counts; nothing while it does not listen."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=3) as answer:
            return bytes(answer.read())
    except OSError:
        return b""
