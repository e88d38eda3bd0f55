"""Formulas in words: all of them, in both languages."""

import pytest

from contracts.options import Language
from services.renderer.content.formulas import FormulaBook, report
from services.renderer.language.english import ENGLISH
from services.renderer.language.languages import words_in
from tests.corpus import FORMULAS
from tests.unit.renderer.content.formulas.french_book import get


def test_the_language_of_speech_changes_no_glyph() -> None:
    english = FormulaBook(ENGLISH)
    for latex in FORMULAS:
        drawing, other = get(latex).drawing, english.get(latex, display=False).drawing
        assert (drawing and drawing.layout.reading) == (other and other.layout.reading)


@pytest.mark.parametrize("language", list(Language))
def test_speech_of_real_exams_is_speech(language: Language) -> None:
    for answer in report(FORMULAS, words_in(language)):
        assert answer["speech"].strip()
        assert not set(answer["speech"]) & set("\\{}^$&#"), answer


@pytest.mark.parametrize(
    ("latex", "phrase"),
    [
        (r"\frac{1}{2}", "un demi"),
        ("2,5", "2,5"),
        (r"\cosh x", "ch x"),
        ("", "formule vide"),
        (r"\,", "formule vide"),
        (r"\e", "commande e inconnue"),
        (r"\{x\}", "ouvre l'accolade x ferme l'accolade"),
        (r"1 \leqslant x", "1 est inférieur ou égal à x"),
        (r"f\circ g \lor \neg h", "f rond g ou non h"),
        (r"\SI{4,7}{\kilo\ohm}", "4,7 k ohms"),
        (r"\ce{Cl-}", "Cl puissance, moins, fin de l'exposant"),
    ],
)
def test_speech_is_french(latex: str, phrase: str) -> None:
    assert get(latex).speech == phrase


@pytest.mark.parametrize(
    "symbol", ["geqslant", "ll", "simeq", "setminus", "mapsto", "wedge", "subsetneq", "nearrow", "Vert"]
)
@pytest.mark.parametrize("language", list(Language))
def test_a_sign_is_said_in_words(symbol: str, language: Language) -> None:
    speech = FormulaBook(words_in(language)).get(rf"a \{symbol} b", display=False).speech
    assert speech.startswith("a ")
    assert speech.replace("’", "").replace(" ", "").isalpha()
