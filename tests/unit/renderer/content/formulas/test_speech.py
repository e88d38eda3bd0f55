"""Formulas in words: all of them, in both languages."""

import pytest

from contracts.options import Language
from services.renderer.content.formulas import FormulaBook, report
from services.renderer.content.formulas.shapes import Glyph
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
        (r"\SI{9,81}{\m\per\s\squared}", "9,81 m s puissance, moins 2, fin de l'exposant"),
        (r"\pu{1,5 mol/L}", "1,5 mol divisé par L"),
        ("u_{n+1}", "u indice, n plus 1, fin de l’indice"),
        ("u_{12}", "u indice 12"),
        (r"\vec{u}\wedge\vec{v}", "vecteur u vectoriel vecteur v"),
        (r"p\wedge q", "p et q"),
        (
            r"\frac{\partial^2 f}{\partial x\partial y}",
            "fraction, d rond deux f, sur d rond x d rond y, fin de la fraction",
        ),
        (r"12~\mathrm{km}", "12 km"),
        (r"\widehat{ABC}=30^\circ", "angle A B C égale 30 degrés"),
        (r"\mathrm{H_3O^+}", "H indice 3 O plus"),
        (r"a\equiv b\pmod{n}", "a est congru à b modulo n"),
        (r"\ce{A -> B}", "A donne B"),
        (r"\ce{CH3-CH=CH2}", "C H indice 3 liaison simple C H liaison double C H indice 2"),
        (r"\ce{2H+ = H2}", "2 H puissance, +, fin de l'exposant égale H indice 2"),
        (r"x_{\text{max}}", "x indice max"),
        (r"\sum_{i=0}^{n} i", "somme de i égale 0 à n de i"),
        (r"\frac{a}{b}^2", "a sur b, le tout, au carré"),
        (r"\overline{z+w}", "barre sur, z plus w, fin de la barre"),
        (r"\overline{A}\cup B", "A barre union B"),
        (r"\mathbb{N}^*", "N étoile"),
        (r"\text{H}^+", "H plus"),
        (r"\lim_{x \to 0^+} f", "limite quand x tend vers 0 par la droite de f"),
        (r"\exists! x", "il existe un unique x"),
    ],
)
def test_speech_is_french(latex: str, phrase: str) -> None:
    assert get(latex).speech == phrase


def test_no_two_formulas_of_real_exams_are_the_same_phrase() -> None:
    drawn: dict[str, set[object]] = {}
    for latex in FORMULAS:
        formula = get(latex)
        if formula.drawing is not None:
            layout = formula.drawing.layout
            heights = tuple(round(shape.y / 100) for shape in layout.shapes if isinstance(shape, Glyph))
            drawn.setdefault(formula.speech, set()).add((layout.reading, heights))
    assert [phrase for phrase, formulas in drawn.items() if len(formulas) > 1] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("u_{n+1}", "u_n+1"),
        ("u_{2n}", "u_2n"),
        ("a_{ij}", "a_i j"),
        ("x_{i^j}", "x_i^{j}"),
        ("a^{b^c}", "{a^b}^c"),
        (r"\frac{a}{b}^2", r"\frac{a}{b^2}"),
        (r"\frac{a}{b}x", r"\frac{a}{bx}"),
        (r"\frac{a+1}{b}", r"a+\frac{1}{b}"),
        (r"\sqrt{2}x", r"\sqrt{2x}"),
        (r"\sqrt{x}+1", r"\sqrt{x+1}"),
        (r"\overline{z+w}", r"z+\overline{w}"),
        ("|x|+1", "|x+1|"),
        (r"\ln x+1", r"\ln(x+1)"),
        ("1/2^2", "(1/2)^2"),
        ("A^*", r"A^\times"),
        (r"\text{H}^+", r"\text{H}^-"),
        (r"\exists! x", r"\exists x!"),
    ],
)
@pytest.mark.parametrize("language", list(Language))
def test_two_formulas_are_never_the_same_phrase(one: str, other: str, language: Language) -> None:
    book = FormulaBook(words_in(language))
    assert book.get(one, display=False).speech != book.get(other, display=False).speech


@pytest.mark.parametrize(
    "symbol", ["geqslant", "ll", "simeq", "setminus", "mapsto", "wedge", "subsetneq", "nearrow", "Vert"]
)
@pytest.mark.parametrize("language", list(Language))
def test_a_sign_is_said_in_words(symbol: str, language: Language) -> None:
    speech = FormulaBook(words_in(language)).get(rf"a \{symbol} b", display=False).speech
    assert speech.startswith("a ")
    assert speech.replace("’", "").replace(" ", "").isalpha()
