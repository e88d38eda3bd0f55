"""One copy that asks for far too much costs bounded time and memory, and leaves its neighbours as they are."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from bench.exams import exam, write
from bench.measurement import Watch

COMMAND = (sys.executable, "-c", "from services.renderer.cli import main; main()")
SECONDS = 110
BYTES = 1_100_000_000
"""A worker's limit, and what the others hold."""

FORMULAS = " ".join(f"$x_{{{n}}}+\\frac{{{n}}}{{2}}$" for n in range(5_000))
LONG = "+".join(f"x_{{{n}}}" for n in range(1_000))[:3_990].rpartition("+")[0]
TABLE = [{"type": "table", "rows": [[[{"type": "text", "text": f"{r} {c}"}] for c in range(50)] for r in range(200)]}]
PAGES = "\n".join(f"Ligne numéro {n}, avec un peu de texte et $x^2$." for n in range(12_000))


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize("content", [FORMULAS, f"${LONG}$", TABLE, PAGES], ids=["formulas", "long", "table", "pages"])
def test_too_much_in_one_copy(content: Any, tmp_path: Path) -> None:
    graded = exam(3)
    graded["submissions"][1]["answers"][2]["content"] = content
    path, target = write(graded, tmp_path / "exam.json"), tmp_path / "report.pdf"

    with (
        subprocess.Popen(
            [*COMMAND, "report", str(path), "-o", str(target), "--no-cache"], stderr=subprocess.PIPE
        ) as process,
        Watch(process.pid) as watch,
    ):
        _, said = process.communicate(timeout=SECONDS)

    assert process.returncode == 0, said.decode()
    assert b"[s0]" not in said
    assert b"[s2]" not in said
    assert watch.most < BYTES
    with pikepdf.open(target) as document, document.open_outline() as outline:
        titles = json.dumps([str(item.title) for part in outline.root for item in (part, *part.children)])
    assert all(f"{number:04d}" in titles for number in range(3))
