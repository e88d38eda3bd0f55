"""The tuning of WeasyPrint changes no byte of a page."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.renderer.modes import Typesetting, usable

SAMPLES = Path("dev/sample/exams").resolve()
TYPESET = """
import sys
from pathlib import Path
from contracts.graded_exam import ExamHeader, GradedExam
from contracts.options import ReportOptions
from services.renderer.grading.gradebook import build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.limits import Limits
from services.renderer.pages.front_parts import FrontPart, summary_of
from services.renderer.modes import Typesetting
from services.renderer.typesetting.typesetter import Typesetter

graded = GradedExam.model_validate_json(Path(sys.argv[2]).read_bytes())
header = ExamHeader(exam=graded.exam, classes=graded.classes, as_of=graded.as_of)
typesetter = Typesetter(header, ReportOptions(), Limits(), Typesetting(sys.argv[1]))
copies = [(copy, mark_copy(graded.exam, copy)) for copy in graded.submissions[:3]]
for copy, marks in copies:
    sys.stdout.buffer.write(typesetter.copy(copy, marks, {}).pdf)
sys.stdout.buffer.write(typesetter.placeholder(copies[0][1], "Trop long.").pdf)
book = build_gradebook(header, [marks for _, marks in copies], ReportOptions())
sys.stdout.buffer.write(typesetter.front(FrontPart(0, book.rows, (3, 5, 7), summary_of(book))).pdf)
"""


def typeset(tuning: str, exam: Path) -> bytes:
    command = [sys.executable, "-c", TYPESET, tuning, str(exam)]
    return subprocess.run(command, check=True, capture_output=True, timeout=100).stdout


@pytest.mark.skipif(usable(Typesetting.TUNED) is Typesetting.PLAIN, reason="this version of WeasyPrint is not tuned")
@pytest.mark.parametrize("exam", ["tous-les-contenus", "informatique"])
def test_tuned_weasyprint_writes_the_same_bytes(exam: str) -> None:
    path = SAMPLES / f"{exam}.json"

    tuned = typeset("tuned", path)

    assert tuned.count(b"%%EOF") == 5
    assert tuned == typeset("plain", path)
