"""A face is the same bytes in every copy that keeps to everyday characters, and holds what a copy needs in any case."""

import io

import pikepdf

from contracts.options import ReportOptions
from services.renderer.grading.marks import mark_copy
from services.renderer.limits import Limits
from services.renderer.typesetting.typesetter import Typesetter
from tests.builders import a_submission, an_answer, an_exam_header


def faces(text: str) -> dict[str, bytes]:
    """The faces embedded in a copy with this answer, by name."""
    header, copy = an_exam_header(), a_submission(an_answer(content=text))
    typesetter = Typesetter(header, ReportOptions(), Limits())
    pdf = typesetter.copy(copy, mark_copy(header.exam, copy), {}).pdf
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return {
            str(each.FontName): each.FontFile3.read_bytes()
            for each in document.objects
            if isinstance(each, pikepdf.Dictionary) and "/FontFile3" in each
        }


def test_everyday_characters_leave_a_face_as_it_is() -> None:
    short, long = faces("non"), faces("Où l'on démontre « efficacement » que 3 × 7 ≤ 22 : œuvre affûtée.")

    text_face = next(name for name in short if name.endswith("TeX-Gyre-Pagella"))
    assert short[text_face] == long[text_face]


def test_other_characters_come_in_a_face_of_the_copys_own() -> None:
    usual, unusual = faces("non"), faces("Le signe ‰ et la lettre Ǻ")

    text_face = next(name for name in usual if name.endswith("TeX-Gyre-Pagella"))
    assert usual[text_face] != unusual[text_face]
