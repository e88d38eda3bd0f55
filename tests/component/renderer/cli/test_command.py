"""`correcta-render` as a person runs it: a process of its own, its exit code, what it says and what it leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest

from tests.builders import a_graded_exam

COMMAND = (sys.executable, "-c", "from services.renderer.cli import main; main()")


def run(folder: Path, *arguments: str, stdin: str = "", locale: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    home = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH")}
    environment = home | {"HOME": str(folder), "PYTHONPATH": str(Path(__file__).parents[4]), "LC_ALL": locale}
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment, input=stdin, capture_output=True, text=True, check=False
    )


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    path = tmp_path / "exam.json"
    path.write_bytes(a_graded_exam().to_json())
    return path


@pytest.mark.timeout(120)
def test_a_report(exam: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "report", str(exam), "-o", "report.pdf", "--workers", "1", "--language", "en", "--no-comments")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    with pikepdf.open(tmp_path / "report.pdf") as pdf:
        assert pdf.Root.Lang == "en"
    kept = [path for path in (tmp_path / ".cache").rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [".cache", "exam.json", "report.pdf"]


def test_a_table_needs_no_worker_and_may_go_to_standard_output(exam: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "csv", str(exam), "-o", "-", "--class", "c1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.lstrip("\ufeff").startswith("Etudiant;")


def test_without_a_name_the_file_names_itself(exam: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "xlsx", str(exam)).returncode == 0
    assert (tmp_path / "Notes - Devoir surveillé n° 3 dérivation - 2026-01-20.xlsx").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "missing.json"),
        ("report", "exam.json", "--audience", "everyone"),
        ("report", "exam.json", "--unknown"),
        ("csv", "exam.json", "--class", "nowhere"),
        ("csv", "broken.json"),
        ("nonsense",),
    ],
)
def test_bad_input_is_2_and_leaves_nothing(exam: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "broken.json").write_text('{"exam": 3}')
    done = run(tmp_path, *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {exam.name, "broken.json", ".cache"}


@pytest.mark.parametrize(
    ("locale", "saved", "refused"),
    [
        ("fr_FR.UTF-8", "grades.csv : 2 copies, 304 octets", "Une des classes choisies n'existe pas"),
        ("C.UTF-8", "grades.csv: 2 copies, 304 bytes", "One of the chosen classes does not exist"),
    ],
)
def test_it_speaks_the_language_of_the_locale(
    exam: Path, tmp_path: Path, locale: str, saved: str, refused: str
) -> None:
    assert run(tmp_path, "csv", str(exam), "-o", "grades.csv", locale=locale).stderr.startswith(saved)
    assert run(tmp_path, "csv", str(exam), "--class", "nowhere", locale=locale).stderr.startswith(refused)


def test_failure_is_1(exam: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "csv", str(exam), "-o", "no/such/folder/grades.csv")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_formulas_line_by_line(tmp_path: Path) -> None:
    done = run(tmp_path, "formulas", stdin="x^2\n\\notacommand{1}\n\n\\frac12\n")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["latex"] for line in told] == ["x^2", "\\notacommand{1}", "", "\\frac12"]
    assert [bool(line["warnings"]) for line in told] == [False, True, False, False]
    assert all(set(line) == {"latex", "mathml", "svg", "speech", "warnings"} for line in told)
    assert told[0]["svg"].startswith("<svg")
