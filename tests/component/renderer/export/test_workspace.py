"""What an export leaves on disk: nothing, whatever ends it."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from services.renderer.export.workspace import Workspace
from services.renderer.files import UnsafeFolder, private_folder

HOLD = """
import sys, time
from pathlib import Path
from services.renderer.export.workspace import Workspace
workspace = Workspace(Path(sys.argv[1]))
with workspace.folder() as folder:
    (folder / "copy").write_text("a student's answer")
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_folder_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work")
    with workspace.folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "file").write_text("x")
    assert not folder.exists()
    with pytest.raises(ZeroDivisionError), workspace.folder() as folder:
        raise ZeroDivisionError
    assert not folder.exists()
    workspace.close()
    assert list((tmp_path / "work").iterdir()) == []


def test_what_a_killed_renderer_left_is_removed_by_the_next_and_nothing_else_is(tmp_path: Path) -> None:
    root = tmp_path / "work"
    command = [sys.executable, "-c", HOLD, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        first = Workspace(root)
        assert len(list(root.rglob("copy"))) == 1
        other.kill()
    second = Workspace(root)
    assert list(root.rglob("copy")) == []
    with first.folder() as folder:
        assert folder.exists()
    first.close()
    second.close()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeFolder):
        private_folder(tmp_path / "link")


def test_a_folder_that_others_may_enter_is_closed(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    assert stat.S_IMODE(private_folder(tmp_path / "open").stat().st_mode) == 0o700
