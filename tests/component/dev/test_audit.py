"""An audit that could not be made is no audit that found nothing: each end has an exit status of its own."""

import os
import subprocess
from pathlib import Path

import pytest

from dev.paths import ROOT

ANSWERS = {"none": "", "vulnerable": "echo {} >$file; exit 1", "away": "exit 1"}
"""What pip-audit does: it writes its answer also where it found something, and none where it could not ask."""


@pytest.mark.parametrize(
    ("gateway", "renderer", "status"),
    [
        ("none", "none", 0),
        ("none", "vulnerable", 1),
        ("away", "none", 2),
        ("vulnerable", "away", 2),
        ("away", "vulnerable", 2),
    ],
)
def test_the_exit_status_tells_the_ends_apart(tmp_path: Path, gateway: str, renderer: str, status: int) -> None:
    tool = tmp_path / "pip-audit"
    tool.write_text(f"""#!/bin/sh
case "$*" in *--strict*) ;; *) exit 0 ;; esac
file=$(printf '%s' "$*" | sed 's/.*--output //')
case "$*" in
*gateway.lock*) {ANSWERS[gateway] or ":"} ;;
*renderer.lock*) {ANSWERS[renderer] or ":"} ;;
esac
""")
    tool.chmod(0o755)
    ended = subprocess.run(
        [ROOT / "dev" / "audit.sh"], env=os.environ | {"PIP_AUDIT": str(tool)}, capture_output=True, check=False
    )
    assert ended.returncode == status
    assert (b"NOT AUDITED" in ended.stderr) is ("away" in (gateway, renderer))
    assert (b"vulnerable packages" in ended.stderr) is ("vulnerable" in (gateway, renderer))
