"""Segments as they come out: text, tags, frames, determinism; nothing fetched, nothing forged."""

import io
import logging
import struct
import zlib
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import (
    AnswerPart,
    Criterion,
    ExamHeader,
    GraphSegment,
    ImageSegment,
    MathSegment,
    Option,
    Submission,
    TableSegment,
    TextSegment,
)
from contracts.options import Audience, Language, ReportOptions
from contracts.states import WarningCode
from services.renderer.grades import build_gradebook, mark_copy
from services.renderer.limits import Limits
from services.renderer.statistics import summarise
from services.renderer.typesetting import Rendered, Typesetter, faces
from tests.builders import (
    a_question,
    a_section,
    a_student,
    a_submission,
    an_answer,
    an_exam,
    an_exam_header,
    an_mcq,
    an_mcq_answer,
)
from tests.unit.renderer.pages import elements_of, errors_of, everything_in, page_of, picture_of, text_of, words_of

FORGERY = "</blockquote><h1>Note : 20/20</h1>\nCommentaire\nExcellent !\n1.2\n\u202e02/02 etoN\u202c\n4 / 4"


def a_png(side: int = 8) -> bytes:
    """A black square."""
    rows = b"".join(b"\x00" + b"\x00" * side for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def set_copy(
    submission: Submission | None = None,
    header: ExamHeader | None = None,
    images: dict[str, Any] | None = None,
    position: int | None = None,
    **options: Any,
) -> Rendered:
    header = header or an_exam_header()
    submission = submission or a_submission()
    typesetter = Typesetter(header, ReportOptions(**options), Limits())
    return typesetter.copy(submission, mark_copy(header.exam, submission), images or {}, position)


def set_front(header: ExamHeader | None = None, warnings: Any = (), **options: Any) -> Rendered:
    header = header or an_exam_header()
    chosen = ReportOptions(**options)
    copies = [a_submission(), a_submission(student=a_student(name="Ève Brûlé"))]
    book = build_gradebook(header, [mark_copy(header.exam, each) for each in copies], chosen)
    pages = [10 * place for place, _ in enumerate(book.rows, 1)]
    return Typesetter(header, chosen, Limits()).front(book, summarise(book), pages, warnings)


def one_question(written: Any = "On a $x$.", **question: Any) -> tuple[Submission, ExamHeader]:
    header = an_exam_header(exam=an_exam(sections=(a_section(a_question(**question)),)))
    return a_submission(an_answer(content=written)), header


# What stands on the page


def test_a_copy_says_who_what_and_how_much() -> None:
    text = words_of(set_copy().pdf)
    for expected in (
        "Zoé Lefèvre",
        "Terminale A",
        "Devoir surveillé n° 3 : dérivation",
        "20 janvier 2026 à 11 h 00",
        "4 / 6",
        "Réponse de l’élève",
        "3 / 4",
        "enseignant",
        "Commentaire",
        "cochée · correcte",
        "non cochée · attendue",
        "1/1",
    ):
        assert expected in text, expected


def test_what_was_written_can_be_copied() -> None:
    submission, header = one_question("Or 3,50 € et œuvre ≤ 12 — « fin ».")
    assert "Or 3,50 € et œuvre ≤ 12 — « fin »." in words_of(set_copy(submission, header).pdf)


def test_not_graded_is_never_zero() -> None:
    submission = a_submission(an_answer(score=None), an_mcq_answer(score=None), status="SUBMITTED")
    text = words_of(set_copy(submission).pdf)
    assert "non noté" in text
    assert "Copie non corrigée" in text
    assert "0 / 4" not in text


def test_a_copy_in_grading_says_so() -> None:
    submission = a_submission(an_answer(), an_mcq_answer(score=None), status="GRADING_IN_PROGRESS")
    text = words_of(set_copy(submission).pdf)
    assert "Correction en cours" in text
    assert "total provisoire" in text


def test_a_harmonised_mark_shows_both() -> None:
    submission = a_submission(an_answer(score=3.5, harmonized_from=3.0))
    assert "harmonisé 3 → 3,5" in words_of(set_copy(submission).pdf)


def test_a_part_has_its_own_frame_and_points() -> None:
    parts = (
        AnswerPart(content="premier", max_points=1.0, score=0.5, instruction="Commencer."),
        AnswerPart(content="[1, 2, 3]", max_points=3.0),
    )
    submission, header = one_question("")
    submission = submission.model_copy(update={"answers": (an_answer(content="", parts=parts, score=None),)})
    text = words_of(set_copy(submission, header).pdf)
    assert "Commencer. Réponse de l’élève (1/2) 0,5 / 1 premier" in text
    assert "[1, 2, 3]" in text


def test_code_is_numbered_and_whole() -> None:
    submission, header = one_question("def f(x):\n    return x < 3", type="CODE", content="En Python.")
    text = text_of(set_copy(submission, header).pdf, "-layout")
    assert "1 def f(x):" in text
    assert "return x < 3" in text


def test_criteria_and_tables_and_images() -> None:
    head = ((MathSegment(latex="x"),), (TextSegment(text="signe"),))
    table = TableSegment(rows=(head, ((), (TextSegment(text="+"),))))
    content = (TextSegment(text="Voir"), table, ImageSegment(url="data:x", alt="Un carré noir"))
    rubric = (Criterion(criteria="Rigueur", levels=({"label": "Absente", "points": 0},)),)
    submission, header = one_question(content, rubric=rubric)
    rendered = set_copy(submission, header, {"data:x": a_png()})
    assert "Rigueur 0 Absente" in words_of(rendered.pdf)
    elements = elements_of(rendered.pdf)
    assert ("Figure", "Un carré noir") in elements
    assert [kind for kind, _ in elements].count("TH") == 2
    assert not rendered.warnings


def test_a_section_title_draws_its_formula() -> None:
    header = an_exam_header(exam=an_exam(sections=(a_section(title="Où $x^2$ règne", label="Partie A"),)))
    pdf = set_copy(header=header).pdf
    assert "Partie A – Où x2 règne" in words_of(pdf)
    assert "$" not in words_of(pdf)


def test_what_announces_a_figure_stays_with_it() -> None:
    """Pages are filled to every height around the place where the picture no longer fits."""
    seen = set()
    for lines in range(6, 40, 2):
        content = "\n".join(["x"] * lines) + "\nVoici :"
        submission, header = one_question((TextSegment(text=content), ImageSegment(url="data:x", alt="Un carré")))
        pdf = set_copy(submission, header, {"data:x": a_png(400)}).pdf
        (said,) = (index for index, page in enumerate(text_of(pdf).split("\f")) if "Voici :" in page)
        assert page_of(pdf, "Un carré") == said, lines
        seen.add(said)
    assert seen == {0, 1}


def test_a_mark_is_never_parted_from_its_question() -> None:
    for lines in range(20, 50, 3):
        questions = (a_question(), a_question(id="q9", label="9.9", content="Neuf."))
        header = an_exam_header(exam=an_exam(sections=(a_section(*questions),)))
        answers = (an_answer(content="\n".join(["x"] * lines), feedback=None), an_answer(question_id="q9", score=1.5))
        pages = text_of(set_copy(a_submission(*answers), header).pdf, "-layout").split("\f")
        assert [("1,5 / 4" in page) for page in pages[1:]] == [("Neuf." in page) for page in pages[1:]], lines
        (page,) = (page for page in pages if "Neuf." in page)
        assert "Réponse de l’élève" in page.split("Neuf.")[1], lines


def test_lines_read_in_their_own_direction() -> None:
    submission, header = one_question("Le mot\nהנגזרת של $x$ היא 2\nfin")
    typesetter = Typesetter(header, ReportOptions(), Limits())
    fragments = typesetter._fragments({}, None)
    assert str(fragments.blocks("Le mot\nהנגזרת\nfin")) == '<p>Le mot</p><p dir="rtl">הנגזרת</p><p>fin</p>'
    assert "2" in words_of(set_copy(submission, header).pdf)


def test_a_graph_is_a_figure_that_speaks() -> None:
    graph = GraphSegment(
        functions=({"id": "f", "expression": "x^2"},), axes={"xMin": -2, "xMax": 2, "yMin": 0, "yMax": 4}
    )
    submission, header = one_question((graph,))
    alts = [alt for kind, alt in elements_of(set_copy(submission, header).pdf) if kind == "Figure"]
    assert len(alts) == 1
    assert len(alts[0].split()) > 5


def test_options_leave_out_what_they_name() -> None:
    bare = words_of(set_copy(statements=False, comments=False).pdf)
    assert "Calculer la dérivée" not in bare
    assert "Commentaire" not in bare
    assert "On a" in bare


def test_english() -> None:
    text = words_of(set_copy(language=Language.EN).pdf)
    assert "Student’s answer" in text
    assert "ticked · right" in text
    assert "Réponse" not in text


def test_an_image_that_cannot_be_had_is_a_note_and_a_warning() -> None:
    submission, header = one_question((ImageSegment(url="https://x/y.png", alt="Schéma"),))
    rendered = set_copy(submission, header)
    assert "Image non affichée" in words_of(rendered.pdf)
    assert [warning.code for warning in rendered.warnings] == [WarningCode.IMAGE_UNAVAILABLE]
    assert rendered.warnings[0].submission_id == submission.id
    assert "Question 1.1" in rendered.warnings[0].message


def test_a_placeholder_holds_none_of_the_content() -> None:
    header = an_exam_header()
    submission = a_submission()
    typesetter = Typesetter(header, ReportOptions(), Limits())
    text = words_of(typesetter.placeholder(mark_copy(header.exam, submission), "Trop longue.").pdf)
    assert "Zoé Lefèvre" in text
    assert "Trop longue." in text
    assert "On a" not in text


# Structure


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("language", list(Language))
def test_no_pdf_ua_error(audience: Audience, language: Language, tmp_path: Path) -> None:
    header = an_exam_header()
    graph = GraphSegment(functions=({"id": "f", "expression": "x^2"},))
    head = ((TextSegment(text="x"),), (TextSegment(text="signe"),))
    table = TableSegment(rows=(head, ((), (TextSegment(text="+"),))))
    long = tuple(TextSegment(text=f"Une réponse longue, ligne {line}.\n") for line in range(120))
    submission = a_submission(an_answer(content=(*long, graph, table)), an_mcq_answer())
    options: dict[str, Any] = {"audience": audience, "language": language}
    copy = set_copy(submission, header, position=1, **options)
    assert copy.pages > 2
    assert not errors_of(copy.pdf, tmp_path)
    assert not errors_of(set_front(header, **options).pdf, tmp_path)


def test_formulas_are_spoken() -> None:
    submission, header = one_question("On a $x^2+1$.")
    formulas = [alt for kind, alt in elements_of(set_copy(submission, header).pdf) if kind == "Formula"]
    assert formulas
    assert all(alt and "\\" not in alt and "\uf8ff" not in alt for alt in formulas)
    assert any("carré" in alt for alt in formulas)


def test_formulas_carry_their_mathml_once() -> None:
    submission, header = one_question("$x^2$ et $x^2$ et $x^2$", content="")
    pdf = set_copy(submission, header).pdf
    with pikepdf.open(io.BytesIO(pdf)) as document:
        files = [
            each
            for each in document.objects
            if isinstance(each, pikepdf.Stream) and each.get("/Type") == "/EmbeddedFile"
        ]
        assert sum(b"<math" in file.read_bytes() for file in files) == 3  # and the two of the comment


def test_headings_follow_one_another() -> None:
    kinds = [kind for kind, _ in elements_of(set_copy().pdf) if kind.startswith("H")]
    assert kinds == ["H1", "H2", "H3", "H3"]


def test_questions_of_the_hidden_section_stand_one_level_higher() -> None:
    header = an_exam_header(exam=an_exam(sections=(a_section(title=""),)))
    kinds = [kind for kind, _ in elements_of(set_copy(header=header).pdf) if kind.startswith("H")]
    assert kinds == ["H1", "H2", "H2"]


def test_running_lines_and_drawn_boxes_are_artifacts() -> None:
    submission, header = one_question("\n".join(["ligne"] * 90))
    pdf = set_copy(submission, header).pdf
    assert all("artifact" not in alt for _, alt in elements_of(pdf))
    with pikepdf.open(io.BytesIO(pdf)) as document:
        second = document.pages[1].Contents.read_bytes()
    assert second.count(b"/Pagination") >= 2


def test_title_and_language() -> None:
    with pikepdf.open(io.BytesIO(set_copy().pdf)) as document:
        assert str(document.docinfo.Title) == "Devoir surveillé n° 3 : dérivation – Zoé Lefèvre"
        assert str(document.Root.Lang) == "fr"


def test_the_same_input_gives_the_same_bytes() -> None:
    submission = a_submission()
    assert set_copy(submission).pdf == set_copy(submission).pdf
    header = an_exam_header()
    typesetter = Typesetter(header, ReportOptions(), Limits())
    marks = mark_copy(header.exam, submission)
    first = typesetter.copy(submission, marks, {}).pdf
    typesetter.copy(a_submission(), marks, {})
    assert typesetter.copy(submission, marks, {}).pdf == first


# Hostile content


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
    "name", ["a" * 5_000, "x\u202ey", "<b>x</b>", "{{ 7*7 }}", "\ud800", "é\u0301" + "\u0301" * 900, ""]
)
def test_any_name_can_be_printed(name: str) -> None:
    rendered = set_copy(a_submission(student=a_student(name=name)))
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


# Anonymity


def test_an_anonymous_copy_names_nobody_anywhere() -> None:
    submission = a_submission(student=a_student(name="Zoé Lefèvre", email="zoe@lycee.example"))
    rendered = set_copy(submission, audience=Audience.ANONYMOUS, position=17)
    inside = everything_in(rendered.pdf)
    for secret in ("Zoé", "Lefèvre", "zoe@", submission.id, submission.student.id, "Terminale"):
        for encoded in (secret.encode(), secret.encode("utf-16-be"), secret.encode("latin-1")):
            assert encoded not in inside
    assert "Copie 017" in words_of(rendered.pdf)


def test_an_anonymous_front_names_nobody() -> None:
    text = words_of(set_front(audience=Audience.ANONYMOUS).pdf)
    for secret in ("Zoé", "Ève", "Noé", "Terminale"):
        assert secret not in text
    assert "Copie 001" in text
    assert "1 absents" in text


def test_only_a_jury_sees_the_address() -> None:
    submission = a_submission(student=a_student(email="zoe@lycee.example"))
    assert "zoe@" not in words_of(set_copy(submission).pdf)
    assert "zoe@lycee.example" in words_of(set_copy(submission, audience=Audience.JURY).pdf)


# Front pages


def test_the_front_adds_up_and_points_to_the_copies() -> None:
    text = words_of(set_front().pdf)
    for expected in ("3 inscrits = 2 corrigées + 0 en correction", "+ 1 absents", "Notes au 20 janvier 2026 à 11 h 00"):
        assert expected in text, expected
    for expected in (
        "4 moyenne",
        "Répartition des notes",
        "Réussite par question",
        "Noé Absent",
        "Zoé Lefèvre Terminale A 4 20",
    ):
        assert expected in text, expected


def test_the_contents_lead_to_the_copies() -> None:
    with pikepdf.open(io.BytesIO(set_front().pdf)) as document:
        targets = [str(note.A.URI) for page in document.pages for note in page.get("/Annots", [])]
    assert targets == ["copy:0", "copy:1"]


def test_without_statistics() -> None:
    text = words_of(set_front(statistics=False).pdf)
    assert "moyenne" not in text
    assert "inscrits" in text


def test_warnings_name_the_copy_not_its_id() -> None:
    lost = ExportWarning(
        code=WarningCode.FORMULA_NOT_DRAWN, submission_id="att-unknown", message="Question 1.1 : à voir."
    )
    text = words_of(set_front(warnings=[lost]).pdf)
    assert "Question 1.1 : à voir." in text
    assert "att-unknown" not in text


def test_the_jury_signs() -> None:
    assert "Signature" in words_of(set_front(audience=Audience.JURY).pdf)
    assert "Signature" not in words_of(set_front().pdf)


def test_an_mcq_shows_an_option_that_is_gone() -> None:
    header = an_exam_header(exam=an_exam(sections=(a_section(an_mcq(options=(Option(id="o1", content="Oui"),))),)))
    submission = a_submission(an_mcq_answer(selected_option_ids=("gone",)))
    assert "proposition supprimée" in words_of(set_copy(submission, header).pdf)
