"""`make env` writes what compose asks for, once, and a new installation requires signatures."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from contracts.topology import Role
from dev.paths import ROOT
from services.common.signing_keys import trusted_list


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout of the script alone."""
    (tmp_path / "dev").mkdir()
    shutil.copy(ROOT / "dev" / "env.sh", tmp_path / "dev")
    return tmp_path


def run(folder: Path) -> dict[str, str]:
    subprocess.run([folder / "dev" / "env.sh"], check=True)
    return dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines())


def test_what_is_written_is_all_that_compose_needs(folder: Path) -> None:
    written = run(folder)
    needed = set(re.findall(r"\$\{([A-Z_]+):\?make env writes one", (ROOT / "compose.yaml").read_text()))
    assert needed <= written.keys()
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600


def test_the_signing_keys_are_those_that_the_services_read(folder: Path) -> None:
    written = run(folder)
    assert trusted_list({role: written[f"{role.upper()}_SIGNING_KEY"] for role in Role}) == written["TRUSTED_KEYS"]
    assert written["SIGNATURES"] == "require"


def test_what_is_there_stays(folder: Path) -> None:
    first = run(folder)
    assert run(folder) == first


def test_an_installation_of_before_gets_keys_and_goes_on_accepting_what_is_unsigned(folder: Path) -> None:
    (folder / ".env").write_text("POSTGRES_PASSWORD=mine\n")
    written = run(folder)
    assert written["POSTGRES_PASSWORD"] == "mine"
    assert "TRUSTED_KEYS" in written
    assert "SIGNATURES" not in written
