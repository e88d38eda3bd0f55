"""Segments as they come out: their tags, their bytes, the names in them."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from contracts.graded_exam import (
    GraphSegment,
    TableSegment,
    TextSegment,
)
from contracts.options import Audience, Language, ReportOptions
from services.renderer.grading.marks import mark_copy
from services.renderer.limits import Limits
from services.renderer.typesetting.typesetter import Typesetter
from tests.builders import (
    a_section,
    a_student,
    a_submission,
    an_answer,
    an_exam,
    an_exam_header,
    an_mcq_answer,
)
from tests.component.renderer.segments import one_question, set_copy, set_front
from tests.pdfs import elements_of, errors_of, everything_in, words_of


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
    copy = set_copy(submission, header, number=1, **options)
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


def test_an_anonymous_copy_names_nobody_anywhere() -> None:
    submission = a_submission(student=a_student(name="Zoé Lefèvre", email="zoe@lycee.example"))
    rendered = set_copy(submission, audience=Audience.ANONYMOUS, number=17)
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
    assert "1 absent" in text


def test_only_a_jury_sees_the_address() -> None:
    submission = a_submission(student=a_student(email="zoe@lycee.example"))
    assert "zoe@" not in words_of(set_copy(submission).pdf)
    assert "zoe@lycee.example" in words_of(set_copy(submission, audience=Audience.JURY).pdf)


def test_other_scripts_have_a_language_in_the_structure_tree(tmp_path: Path) -> None:
    submission, header = one_question("Il a écrit 中文, puis rien.\nשלום 100 x\nfin")
    submission = submission.model_copy(update={"student": a_student(name="محمد (Amine)")})
    pdf = set_copy(submission, header).pdf
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = [(str(each.S), str(each.Lang)) for each in document.objects if _is_element(each) and "/Lang" in each]
    assert sorted(found) == [("/P", "he"), ("/Span", "ar"), ("/Span", "zh")]
    assert not errors_of(pdf, tmp_path)


def _is_element(each: Any) -> bool:
    return isinstance(each, pikepdf.Dictionary) and "/S" in each and "/P" in each


def test_the_contents_are_a_table_of_contents(tmp_path: Path) -> None:
    pdf = set_front(an_exam_header()).pdf
    kinds = [kind for kind, _ in elements_of(pdf)]
    assert kinds.count("TOC") == 1
    assert kinds.count("TOCI") == kinds.count("Reference") == kinds.count("Link") == 2
    assert not errors_of(pdf, tmp_path)
