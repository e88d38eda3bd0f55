"""What spares the engine work changes no byte of a page."""

import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path("dev/sample/exams").resolve()
TYPESET = """
import os
import sys
from pathlib import Path
from weasyprint import HTML
from contracts.graded_exam import ExamHeader, GradedExam
from contracts.options import ReportOptions
from services.renderer import engine, typesetting
from services.renderer.grades import build_gradebook, mark_copy
from services.renderer.limits import Limits
from services.renderer.parts import Part, summary_of

if sys.argv[1] == "plain":
    os.environ["SOURCE_DATE_EPOCH"] = "0"
    engine.tune = lambda: None
    engine.Source = lambda html, fetcher: HTML(string=html, url_fetcher=fetcher, media_type="print")
graded = GradedExam.model_validate_json(Path(sys.argv[2]).read_bytes())
header = ExamHeader(exam=graded.exam, classes=graded.classes, as_of=graded.as_of)
typesetter = typesetting.Typesetter(header, ReportOptions(), Limits())
copies = [(copy, mark_copy(graded.exam, copy)) for copy in graded.submissions[:3]]
for copy, marks in copies:
    sys.stdout.buffer.write(typesetter.copy(copy, marks, {}).pdf)
sys.stdout.buffer.write(typesetter.placeholder(copies[0][1], "Trop long.").pdf)
book = build_gradebook(header, [marks for _, marks in copies], ReportOptions())
sys.stdout.buffer.write(typesetter.front(Part(0, book.rows, (3, 5, 7), summary_of(book))).pdf)
"""


def typeset(engine: str, exam: Path) -> bytes:
    command = [sys.executable, "-c", TYPESET, engine, str(exam)]
    return subprocess.run(command, check=True, capture_output=True, timeout=100).stdout


@pytest.mark.parametrize("exam", ["tous-les-contenus", "informatique"])
def test_the_tuned_engine_sets_the_same_bytes(exam: str) -> None:
    path = SAMPLES / f"{exam}.json"

    tuned = typeset("tuned", path)

    assert tuned.count(b"%%EOF") == 5
    assert tuned == typeset("plain", path)
