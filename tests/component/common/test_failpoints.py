"""What an armed failpoint does to the process it is in."""

import signal
import subprocess
import sys

import pytest

from dev.paths import ROOT


@pytest.mark.parametrize(("spec", "status"), [("a:kill", -signal.SIGKILL), ("a:hang=0.01", 0), ("a:eat", 1)])
def test_what_it_does_to_a_process(spec: str, status: int) -> None:
    code = f"""
import resource
from services.common.failpoints import arm, failpoint
arm({spec!r})
resource.setrlimit(resource.RLIMIT_DATA, (200_000_000, 200_000_000))
failpoint("a")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert '"failpoint.fired"' in done.stderr
