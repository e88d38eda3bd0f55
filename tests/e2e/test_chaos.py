"""The quick form of `make chaos`: everything is killed, frozen and cut off while teachers export; all is kept."""

import re
import subprocess
import sys

import pytest

from dev.paths import ROOT

SEED = 8


@pytest.mark.e2e
@pytest.mark.timeout(400)
def test_sixty_exports_and_twenty_kills_lose_nothing() -> None:
    command = [sys.executable, "-m", "dev.chaos", "--seed", str(SEED), "--exports", "60", "--kills", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    exports = re.search(r"exports: (\d+)", done.stdout)
    assert exports is not None
    assert int(exports[1]) >= 60
