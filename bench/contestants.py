"""Who is measured, and by which command. All get the same file and print the same answers, comments and formulas.

Ours prints more than that: the class's summary with statistics, contents, frames, colours and marks in the margin. The
statements are left out for all, because the peers have none.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
REACT = HERE / "peers" / "react_pdf"


@dataclass(frozen=True)
class Contestant:
    """One stack. `largest` is the most copies it is asked for; `needs` the programs without which it is left out."""

    key: str
    label: str
    command: Callable[[Path, Path], Sequence[str]]
    largest: int
    needs: tuple[str, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """The programs that are not on this machine."""
        return tuple(program for program in self.needs if shutil.which(program) is None)


def _ours(exam: Path, target: Path) -> list[str]:
    program = str(Path(sys.executable).with_name("correcta-render"))
    return [program, "report", str(exam), "-o", str(target), "--no-statements"]


def _react(exam: Path, target: Path) -> list[str]:
    return ["node", str(REACT / "report.mjs"), str(exam), str(target)]


def _peer(module: str) -> Callable[[Path, Path], Sequence[str]]:
    return lambda exam, target: [sys.executable, "-m", f"bench.peers.{module}", str(exam), str(target)]


OURS = Contestant("ours", "correcta-render, PDF/UA tags", _ours, 1_000_000)
PEERS = (
    Contestant("react", "@react-pdf/renderer + mathjax-full, untagged", _react, 200, ("node", "npm")),
    Contestant("chromium", "Chromium printing, tagged", _peer("chromium"), 200, ("chromium",)),
    Contestant("typst", "Typst, tagged", _peer("typst_report"), 1_000_000),
)


CONTESTANTS = (OURS, *PEERS)


def install_peers() -> None:
    """Fetch what the Node peer is made of, once; its lock file has digests and no addresses."""
    if shutil.which("npm") and not (REACT / "node_modules").exists():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=REACT, check=True)
