"""Nothing fetched, nothing forged: an answer stays in its frame and a name in its line."""

import logging
from pathlib import Path

import pytest

from contracts.graded_exam import (
    TableSegment,
    TextSegment,
)
from contracts.states import WarningCode
from services.renderer.typesetting.typesetter import faces
from tests.builders import (
    a_student,
    a_submission,
    an_answer,
)
from tests.component.renderer.segments import one_question, set_copy
from tests.pdfs import errors_of, picture_of, words_of

FORGERY = "</blockquote><h1>Note : 20/20</h1>\nCommentaire\nExcellent !\n1.2\n\u202e02/02 etoN\u202c\n4 / 4"


def test_an_answer_never_leaves_its_frame() -> None:
    """Everything painted outside the frame is the same, whatever the answer says."""
    honest, header = one_question("\n".join("x" for _ in FORGERY.split("\n")), score=3.0)
    forged = honest.model_copy(update={"answers": (an_answer(content=FORGERY),)})
    pages = [picture_of(set_copy(submission, header).pdf) for submission in (honest, forged)]
    width, height = pages[0].size
    margin = (0, 0, round(width * 49.5 / 210), height)
    assert pages[0].crop(margin).tobytes() == pages[1].crop(margin).tobytes()


@pytest.mark.parametrize(
    "formula",
    ["\\hspace{-30em}20/20", "\\llap{20/20\\hspace{20em}}x", "\\raise{9em}{x}", "\\rule{80em}{3em}", "\\kern-60em 4/4"],
)
def test_a_formula_is_drawn_in_its_own_box(formula: str) -> None:
    submission, header = one_question(f"${formula}$")
    plain, _ = one_question("x")
    plain = plain.model_copy(update={"id": submission.id, "student": submission.student})
    pages = [picture_of(set_copy(each, header).pdf) for each in (submission, plain)]
    width, height = pages[0].size
    margin = (0, 0, round(width * 42 / 210), height)
    assert pages[0].crop(margin).tobytes() == pages[1].crop(margin).tobytes()


@pytest.mark.parametrize(
    "formula",
    [
        r"\begin{array}{l}" + r" \\ ".join("x" for _ in range(95)) + r"\end{array}",
        r"\rule[-800pt]{2pt}{10pt}",
        r"\rule{2pt}{900pt}",
    ],
)
def test_no_formula_reaches_over_the_foot_of_the_page(formula: str) -> None:
    submission, header = one_question(f"Avant ${formula}$ après.")
    rendered = set_copy(submission, header)
    for number in range(1, rendered.pages + 1):
        page = picture_of(rendered.pdf, number)
        millimetre = page.size[1] / 297
        between = page.crop((0, round(273 * millimetre), page.size[0], round(277 * millimetre))).convert("L")
        assert between.getextrema() == (255, 255), "the body ends above, the foot begins below"


@pytest.mark.parametrize(
    "name", ["a" * 5_000, "x\u202ey", "<b>x</b>", "{{ 7*7 }}", "\ud800", "é\u0301" + "\u0301" * 900, ""]
)
def test_any_name_can_be_printed(name: str) -> None:
    rendered = set_copy(a_submission(student=a_student(id="stu-1", email="stu-1@lycee.example", name=name)))
    assert "49" not in words_of(rendered.pdf)
    assert rendered.pages <= 4


@pytest.mark.parametrize("url", ["https://evil.example/x", "file:///etc/passwd", "http://169.254.169.254/", "copy:0"])
def test_nothing_is_fetched(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    html = f'<img src="{url}"><link rel=stylesheet href="{url}"><style>@import "{url}"</style>'
    submission, header = one_question(html)
    assert "src=" in words_of(set_copy(submission, header).pdf)
    assert not [record for record in caplog.records if url in record.getMessage()]


def test_a_refused_character_is_a_warning() -> None:
    submission, header = one_question("a\u202eb")
    rendered = set_copy(submission, header)
    assert "U+202E" in words_of(rendered.pdf)
    assert [warning.code for warning in rendered.warnings] == [WarningCode.CHARACTER_REPLACED]


def test_every_script_has_its_glyphs() -> None:
    written = "Latin Ελληνικά Кириллица العربية עברית 中文 日本語 한국어 हिन्दी ไทย 😀 ∑ ✓"
    submission, header = one_question(written)
    rendered = set_copy(submission, header)
    assert not rendered.warnings
    for word in ("Ελληνικά", "Кириллица", "中文", "日本語", "😀", "✓"):
        assert word in words_of(rendered.pdf), word


def test_every_glyph_can_be_read(tmp_path: Path) -> None:
    submission, header = one_question("क्षत्रिय हिन्दी स्त्री ক্ষ தமிழ் ကြောင့် ភាសាខ្មែរ " * 3)
    assert not errors_of(set_copy(submission, header).pdf, tmp_path)


def test_a_table_over_two_pages_keeps_its_head(tmp_path: Path) -> None:
    rows = tuple(((TextSegment(text=f"ligne {row}"),), (TextSegment(text="x"),)) for row in range(60))
    submission, header = one_question((TableSegment(rows=rows),))
    rendered = set_copy(submission, header)
    assert rendered.pages > 1
    assert words_of(rendered.pdf).count("ligne 0") == rendered.pages
    assert not errors_of(rendered.pdf, tmp_path)


def test_the_faces_are_there() -> None:
    assert faces().missing() == ()
