"""The pages before the copies: they add up, point to the copies and sign."""

import io

import pikepdf

from contracts.events import Warning as ExportWarning
from contracts.options import Audience
from contracts.states import WarningCode
from tests.component.renderer.segments import set_front
from tests.pdfs import words_of


def test_the_front_adds_up_and_points_to_the_copies() -> None:
    text = words_of(set_front().pdf)
    for expected in ("3 inscrits = 2 corrigées + 0 en correction", "+ 1 absent", "Notes au 20 janvier 2026 à 11 h 00"):
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
