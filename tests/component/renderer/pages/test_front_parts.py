"""The parts the front pages are typeset in."""

import pytest

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Absent
from contracts.options import ReportOptions
from contracts.states import WarningCode
from services.renderer.grading.gradebook import build_gradebook
from services.renderer.grading.marks import mark_copy
from services.renderer.limits import Limits
from services.renderer.pages.front_parts import (
    contents_ranges,
    front_part,
    likely_pages,
    summary_of,
)
from services.renderer.typesetting.typesetter import Typesetter
from tests.builders import a_student, a_submission, an_exam_header
from tests.component.renderer.segments import set_front
from tests.pdfs import words_of


@pytest.mark.parametrize(("warnings", "absent"), [(0, 0), (5, 20), (20, 0), (20, 60), (100, 0), (200, 100), (400, 0)])
def test_the_number_of_front_pages_is_known_beforehand_to_a_page(warnings: int, absent: int) -> None:
    """Mostly it is the number; a wrong one is put right, for the price of one more typesetting."""
    header, options = an_exam_header(), ReportOptions()
    students = [
        a_student(id=f"u{n}", name=f"Étudiant {n:04d} Dupont-Lévêque", email=f"e{n}@x.example") for n in range(60)
    ]
    rows = [mark_copy(header.exam, a_submission(id=each.id, student=each)) for each in students]
    away = tuple(
        Absent(name=f"Absente {n:04d} Lefèvre", email=f"a{n}@x.example", class_ids=("c1",)) for n in range(absent)
    )
    book = build_gradebook(header.model_copy(update={"absent": away}), rows, options)
    message = r"Question 7 : Commande inconnue \centerline : la source de la formule est imprimée"
    found = [
        ExportWarning(code=WarningCode.FORMULA_NOT_DRAWN, submission_id=f"u{n % 60}", message=message)
        for n in range(warnings)
    ]
    summary = summary_of(book, found)
    pages = [
        Typesetter(book.header, options, Limits()).front(front_part(contents, book, range(60), summary)).pages
        for contents in contents_ranges(60)
    ]
    assert abs(sum(pages) - likely_pages(summary, options, header.exam.title)) <= 1


def test_a_later_part_has_its_lines_and_nothing_else() -> None:
    part = set_front(part=(1, 2))
    words = words_of(part.pdf)
    assert part.pages == 1
    assert words.startswith("Zoé Lefèvre Terminale A")
    assert words.endswith("Lycée d'essai Devoir surveillé n° 3 : dérivation – Copies")
    assert "Ève Brûlé" not in words
