"""How many cores there are to use, and what a worker may do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.renderer.cores import available_cores
from tests.waiting import wait_until

PARENT = """
import multiprocessing, os, sys, time
from services.renderer.workers.confinement import confine

def work(parent, path):
    confine(parent, 10**9)
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
