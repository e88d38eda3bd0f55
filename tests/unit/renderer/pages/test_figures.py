"""Figures: images under addresses of ours, with alternative texts; a note where one cannot be shown."""

import io

from PIL import Image

from contracts.graded_exam import ImageSegment
from contracts.states import WarningCode
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.pages.figures import ALT_CHARACTERS, alternative_text
from services.renderer.pages.resources import FORMULA_ALT
from tests.pdfs import a_png
from tests.unit.renderer.pages.fragments import fragments_of, html

TOO_LARGE = ImageProblem(Reason.TOO_HEAVY)


def test_an_image_stands_under_an_address_of_ours() -> None:
    markup = html((ImageSegment(url='https://x/"onload=', alt="Un schéma"),))
    assert "https://x" not in markup
    assert "Image non affichée" in markup
    assert "Un schéma" in markup


def test_a_problem_with_an_image_is_told() -> None:
    fragments = fragments_of(u=TOO_LARGE)
    assert "elle est trop lourde." in str(fragments.at("Question 1.1").content((ImageSegment(url="u"),)))
    (warning,) = fragments.resources.warnings.values()
    assert (warning.code, warning.submission_id) == (WarningCode.IMAGE_REFUSED, "att-1")
    assert warning.message == "Question 1.1\u00a0: elle est trop lourde."


def test_a_photograph_whose_end_is_missing_is_shown_with_a_warning() -> None:
    target = io.BytesIO()
    Image.linear_gradient("L").resize((400, 300)).save(target, "JPEG", quality=90)
    data = target.getvalue()
    fragments = fragments_of(u=data[: len(data) * 3 // 4], whole=data[:-2])
    assert "<img" in str(fragments.at("Question 1.1").content((ImageSegment(url="u"), ImageSegment(url="whole"))))
    (warning,) = fragments.resources.warnings.values()
    assert warning.code is WarningCode.IMAGE_UNAVAILABLE
    assert "la fin du fichier manque" in warning.message


def test_a_logo_that_cannot_be_shown_is_only_a_warning() -> None:
    fragments = fragments_of(u=TOO_LARGE, v=a_png())
    assert fragments.logo("u", "Lycée") == ""
    assert len(fragments.resources.warnings) == 1
    assert fragments.logo("v", "Lycée") == '<img src="file:0" alt="Lycée"/>'


def test_an_alternative_is_never_another_tag() -> None:
    markup = str(fragments_of(u=a_png()).content((ImageSegment(url="u", alt=f"{FORMULA_ALT}0 \ue000 oui"),)))
    assert FORMULA_ALT not in markup
    assert "oui" in markup


def test_an_alternative_has_an_end() -> None:
    assert len(alternative_text("x" * 10_000)) == ALT_CHARACTERS + 1
