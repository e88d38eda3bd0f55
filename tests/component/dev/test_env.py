"""`make env` writes what compose asks for, once, and a new installation requires signatures."""

import os
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


@pytest.mark.parametrize("where", ["environment", "file"])
def test_beside_a_correcta_its_secret_is_asked_for_and_not_made_up(folder: Path, where: str) -> None:
    environment = {"PATH": os.environ["PATH"]}
    if where == "file":
        (folder / ".env").write_text("CORRECTA_DATABASE=db.example:5432/correcta\n")
    else:
        environment["CORRECTA_DATABASE"] = "db.example:5432/correcta"
    script = folder / "dev" / "env.sh"
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("SESSION_SECRET: add Correcta's NEXTAUTH_SECRET")
    text = (folder / ".env").read_text()
    assert text.count("CORRECTA_DATABASE=db.example:5432/correcta\n") == 1
    assert "SESSION_SECRET" not in text
    (folder / ".env").write_text(f"{text}SESSION_SECRET=correctas\n")
    assert run(folder)["SESSION_SECRET"] == "correctas"
