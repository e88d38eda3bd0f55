"""Content as HTML: every character there once, and well-formed markup whatever was written."""

import re
from collections import Counter
from html import escape, unescape
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.graded_exam import Content, TableSegment, TextSegment
from contracts.states import WarningCode
from services.renderer.content.blocks import AsTyped, LineBreak, Math, Paragraph, Text
from services.renderer.images.problems import ImageProblem, Reason
from tests.unit.renderer.pages.fragments import fragments_of, html, read


@given(
    st.lists(st.text(alphabet="ab 1.,;:!?()[]«»’'%°é", max_size=6), min_size=1, max_size=6),
    st.lists(st.sampled_from(["x", "y", "break"]), min_size=6, max_size=6),
)
def test_no_character_is_lost_or_doubled(texts: list[str], between: list[str]) -> None:
    inlines: list[Text | Math | LineBreak] = []
    expected = ""
    for text, kind in zip(texts, between, strict=False):
        inlines += [Text(text), LineBreak() if kind == "break" else Math(kind)]
        expected += text + ("" if kind == "break" else "§")
    assert read(str(fragments_of().blocks((Paragraph(tuple(inlines)),)))) == expected


@pytest.mark.parametrize(
    "content",
    [
        "<b>&amp;</b> \u202e \x00 \ufffe \ud800 'x' \"y\" $x<y$ $$a&b$$",
        (TableSegment(rows=(((TextSegment(text="<td>"),), ()), ((), ()))),),
        "a" * 3_000,
        "é\u0301\u0301\u0301\u0301\u0301\u0301",
    ],
)
def test_markup_is_well_formed(content: Content) -> None:
    ElementTree.fromstring(f"<r>{html(content)}</r>")


def test_nothing_is_empty_markup() -> None:
    assert fragments_of().content(None) == fragments_of().content("") == ""


def test_a_heading_draws_its_formulas() -> None:
    assert re.fullmatch(r"Où <img[^>]*/> règne &lt;b&gt;", str(fragments_of().heading("Où $x$ règne <b>")))
    assert str(fragments_of().heading("$$x$$")) == "$$x$$"


def test_warnings_name_the_place_that_was_given_and_no_other() -> None:
    fragments = fragments_of()
    question = fragments.at("Question 2")
    question.text("\u202e")
    fragments.text("\u202e")
    nowhere, there = sorted((warning.message for warning in fragments.resources.warnings.values()), key=len)
    assert there == f"Question 2\u00a0: {nowhere}"


def test_a_text_that_would_lose_a_sign_is_printed_as_typed_with_a_warning() -> None:
    fragments = fragments_of()
    assert fragments.blocks((AsTyped("Soit $x$ <ici>\net là"),)) == "<p>Soit $x$ &lt;ici&gt;\net là</p>"
    (warning,) = fragments.resources.warnings.values()
    assert warning.code is WarningCode.FORMULA_NOT_DRAWN


def test_a_picture_in_a_text_is_shown_where_it_stands() -> None:
    fragments = fragments_of(None, **{"/a.png": ImageProblem(Reason.NOT_FOUND)})
    assert read(str(fragments.content("Voir ![schéma](/a.png) puis"))).startswith("Voir Image non affichée")


@given(st.text(alphabet="$\\()[]{}ab1^_=;: \n\u200b!/."))
def test_no_letter_digit_or_sign_of_a_text_vanishes_on_the_page(text: str) -> None:
    """What is drawn is checked elsewhere (`fidelity`): here a formula stands for its source."""
    fragments = fragments_of()
    shown = str(fragments.content(text))
    formulas = fragments.resources.formulas
    shown = re.sub(r'<img src="math:(\d+)"[^>]*>', lambda image: escape(formulas[image[1]].latex), shown)
    left = Counter(sign for sign in text if not sign.isspace() and sign not in "$\\()[]\u200b")
    assert not left - Counter(unescape(re.sub(r"<[^>]*>", "", shown)))
