"""The pages before the copies: they add up, point to the copies and sign."""

import io
import re

import pikepdf
import pytest

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import NotHandedIn
from contracts.options import Audience, Language
from contracts.states import WarningCode
from tests.builders import a_student, a_submission, an_answer, an_exam_header
from tests.component.renderer.segments import set_front
from tests.pdfs import text_of, words_of


def test_the_front_adds_up_and_points_to_the_copies() -> None:
    text = words_of(set_front().pdf)
    for expected in (
        "3 inscrits = 2 corrigées + 0 en correction",
        "+ 0 non rendue + 1 absent",
        "Notes au 20 janvier 2026 à 11 h 00",
    ):
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


def test_who_has_no_copy_to_show_is_named_with_the_reason() -> None:
    begun = (NotHandedIn(name="Lou Commencé", email="lou@x.example", class_ids=("c1",)),)
    other = a_submission(variant="Sujet B", student=a_student(name="Boris Autre"))
    waiting = a_submission(an_answer(score=None), variant="Sujet B", status="SUBMITTED", student=a_student(name="Ali"))
    header = an_exam_header(not_handed_in=begun)
    text = words_of(set_front(header, more=(other, waiting)).pdf)
    for expected in (
        "6 inscrits = 3 corrigées + 0 en correction + 1 non corrigée + 1 non rendue + 1 absent",
        "Copies d’une autre variante (2)",
        "Boris Autre (Terminale A) : corrigée, variante « Sujet B »",
        "Ali (Terminale A) : non corrigée, variante « Sujet B »",
        "Copies commencées et non rendues (1) Lou Commencé (Terminale A)",
        "Copies (2)",
    ):
        assert expected in text, expected
    anonymous = words_of(set_front(header, more=(other, waiting), audience=Audience.ANONYMOUS).pdf)
    assert not [name for name in ("Boris", "Ali", "Lou") if name in anonymous]
    assert "Copie 003" in anonymous


@pytest.mark.parametrize("language", Language)
def test_the_head_count_fits_the_page(language: Language) -> None:
    boxes = text_of(set_front(language=language).pdf, "-bbox", "-l", "1")
    right = max(float(edge) for edge in re.findall(r'xMax="([\d.]+)"', boxes))
    assert right < 595.3 - 20 / 25.4 * 72


def test_teachers_have_a_document_of_their_own_without_signatures() -> None:
    text = words_of(set_front(audience=Audience.TEACHER).pdf)
    assert "Document pour les enseignants" in text
    assert "Signature" not in text
