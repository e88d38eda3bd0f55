"""Formulas: real exams drawn without a sign lost, everything else reported, and no formula altering another."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.states import WarningCode
from services.renderer.content.formulas import FormulaBook
from services.renderer.content.formulas.glyphs import places
from services.renderer.content.formulas.shapes import Bar, Glyph
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from services.renderer.limits import Limits
from tests.corpus import FORMULAS
from tests.unit.renderer.content.formulas.french_book import BOOK, get


def reading(latex: str) -> str:
    drawing = get(latex).drawing
    assert drawing is not None, get(latex).warnings
    return drawing.layout.reading


def test_real_exams_are_drawn_and_the_few_others_reported() -> None:
    formulas = [get(latex) for latex in FORMULAS]
    clean = [formula for formula in formulas if formula.drawn and not formula.warnings]
    assert len(clean) >= 0.995 * len(FORMULAS)
    assert all(formula.warnings for formula in formulas if not formula.drawn)


def test_two_independent_readers_agree_on_every_sign() -> None:
    """MathML is given only where latex2mathml's signs are those of mathra's glyphs."""
    assert sum(get(latex).mathml is not None for latex in FORMULAS) >= 0.99 * len(FORMULAS)


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("2.5+2,5", "2.5+2,5"),
        (r"\SI{3,5}{m}", "3,5m"),
        (r"\SI{3.5}{m}", "3.5m"),
        (r"\num{2,25}", "2,25"),
        (r"\ce{H2SO4}", "H2SO4"),
        (r"\ce{Na+(aq)}", "Na+(aq)"),
        (r"\text{médiane à 5 €}", "médianeà5€"),
        (r"\tg x + \rot u", "tgx+rotu"),
        (r"x \in \R", "x∈ℝ"),
        (r"\exponentialE^{2}\differentialD x", "e2dx"),
        (r"\pgcd(12;18)", "pgcd(12;18)"),
        ("−2 – 3", "−2−3"),
        ("50% x", "50%x"),
        (r"a &lt; b", "a<b"),
        ("P & Q", "P&Q"),
        ("P &amp; Q", "P&Q"),
        (r"\begin{matrix}a & b\end{matrix} & c", "ab&c"),
        (r"a &= b \\ c &= d", "a=bc=d"),
        (r"\operatorname{\mathrm{Ker}}(f)", "Ker(f)"),
        (r"\operatorname*{\text{argmin}}_x f", "argminxf"),
        (r"\operatorname{x\pi\frac12}", "xπ12"),
        (r"\root 3 \of {x} + \root n+1\of y", "3√x+n+1√y"),
        (r"\np{12345,67}", "12345,67"),
        (r"\np[km/h]{9.5} + \numprint{1}", "9.5km/h+1"),
        (r"\og texte \fg", "«texte»"),
        (r"x=1 \hArr y=2", "x=1⇔y=2"),
        ("x\u200b=\ufeff2", "x=2"),
        ("x\\", "x"),
        ("<math><mi>x</mi></math>", "<math><mi>x</mi></math>"),
    ],
)
def test_what_is_written_is_drawn(latex: str, expected: str) -> None:
    assert reading(latex) == expected
    assert get(latex).warnings == ()


def test_a_decimal_comma_is_set_as_one_number_and_a_list_as_a_list() -> None:
    english = FormulaBook(ENGLISH)
    assert get("2,5").width < english.get("2,5", display=False).width
    assert get("1,2,3").width == english.get("1,2,3", display=False).width
    assert get("2,5").width == get("2{,}5").width


@pytest.mark.parametrize(
    ("latex", "code"),
    [
        (r"\includegraphics{x}", WarningCode.FORMULA_NOT_DRAWN),
        (r"c\\mathbf{b}_1 \\in S", WarningCode.FORMULA_NOT_DRAWN),
        (r"\text{日本 مرحبا}", WarningCode.FORMULA_NOT_DRAWN),
        (r"\unicode{65}", WarningCode.FORMULA_NOT_DRAWN),
        (r"\not", WarningCode.FORMULA_NOT_DRAWN),
        ("\ud800", WarningCode.FORMULA_NOT_DRAWN),
        ("x\x00y", WarningCode.FORMULA_NOT_DRAWN),
        ("x" * 4001, WarningCode.FORMULA_TOO_LONG),
        ("{" * 65 + "}" * 65, WarningCode.FORMULA_TOO_LONG),
        (r"\left(" * 65 + r"\right)" * 65, WarningCode.FORMULA_TOO_LONG),
        ("x^{" * 40 + "}" * 40, WarningCode.FORMULA_TOO_LONG),
        (r"\hspace{99999999cm}x", WarningCode.FORMULA_TOO_LONG),
    ],
)
def test_what_cannot_be_drawn_is_reported_and_left_to_its_source(latex: str, code: WarningCode) -> None:
    formula = get(latex)
    assert not formula.drawn
    assert (formula.drawing, formula.svg, formula.mathml) == (None, None, None)
    assert (formula.width, formula.height, formula.depth) == (0, 0, 0)
    assert {warning.code for warning in formula.warnings} == {code}
    assert formula.speech == "formule non lisible"


@pytest.mark.parametrize(
    "latex", [r"\frac{1}{2", r"\left(x", "a_b_c", r"y=\e^{x}", r"\textcolor{zzz}{x}", r"\def\a{5}\a"]
)
def test_what_is_drawn_with_a_doubt_is_reported(latex: str) -> None:
    assert get(latex).drawn
    assert {warning.code for warning in get(latex).warnings} == {WarningCode.FORMULA_APPROXIMATE}


def test_warnings_speak_the_language_of_the_report() -> None:
    assert get(r"\e").warnings[0].text == r"Commande inconnue \e : formule à vérifier"
    assert FormulaBook(ENGLISH).get(r"\e", False).warnings[0].text == r"Unknown command \e: please check this formula"


def test_the_limits_are_those_given() -> None:
    book = FormulaBook(FRENCH, Limits(formula_characters=3, formula_levels=1))
    assert book.get("xxx", False).drawn
    assert not book.get("xxxx", False).drawn
    assert not book.get("{{}", False).drawn


@pytest.mark.parametrize(
    "definition", [r"\def\frac#1#2{0}", r"\newcommand{\pi}{3}", r"\renewcommand{\sqrt}[1]{0}", r"\let\alpha\beta"]
)
def test_no_definition_outlives_its_formula(definition: str) -> None:
    latex = r"\frac{1}{2}\sqrt{3}\pi\alpha"
    before = FormulaBook(FRENCH).get(latex, False)
    book = FormulaBook(FRENCH)
    book.get(definition + latex, False)
    after = book.get(latex, False)
    assert after.drawing is not None
    assert before.drawing is not None
    assert after.drawing.layout == before.drawing.layout
    assert after.mathml == before.mathml


def test_a_formula_is_laid_out_once() -> None:
    assert get("x+1") is get("x+1")
    assert BOOK.get("x+1", display=True) is not get("x+1")


def test_the_baseline_is_where_the_letters_stand() -> None:
    assert get("x").depth == pytest.approx(0.01)
    assert get("y").depth > 0.1
    assert get(r"\frac12").height > 1


@pytest.mark.parametrize(
    ("latex", "raised"),
    [
        (r"\ce{Na+(aq)}", "+"),
        (r"\ce{(Na+(aq) + HO-(aq))}", "+−"),
        (r"\ce{NH4+(aq)}", "+"),
        (r"\ce{SO4^2-(aq)}", "2−"),
        (r"\ce{Fe^{3+}(aq)}", "3+"),
        (r"\ce{A + B(s)}", ""),
        (r"\ce{C-C}", ""),
    ],
)
def test_a_sign_before_a_state_is_a_charge(latex: str, raised: str) -> None:
    drawing = get(latex).drawing
    assert drawing is not None
    shapes = [shape for shape in drawing.layout.shapes if isinstance(shape, Glyph)]
    assert "".join(places()[shape.number].reading for shape in shapes if shape.y > 300) == raised


@pytest.mark.parametrize(
    ("latex", "expected", "raised", "lowered"),
    [
        (r"\ce{2,5 H2O}", "2,5H2O", "", "2"),
        (r"\ce{[Ag+] = 0,1}", "[Ag+]=0,1", "+", ""),
        (r"\ce{^14_6C}", "146C", "14", "6"),
        (r"\ce{^1_0n}", "10n", "1", "0"),
        (r"\ce{^0_-1e}", "0−1e", "0", "−1"),
        (r"\ce{Cu^{2+},2e-}", "Cu2+,2e−", "2+−", ""),
        (r"\ch{SO4^2-}", "SO2−4", "2−", "4"),
        (r"\pu{9,81 m s-2}", "9,81ms−2", "−2", ""),
        (r"\pu{1,5e3 mol/L}", "1,5×103mol/L", "3", ""),
        (r"\SI{4,18}{\joule\per\gram\per\kelvin}", "4,18Jg−1K−1", "−1−1", ""),
        (r"\begin{equation}\tag{7}2(x+1)=3\end{equation}", "2(x+1)=3(7)", "", ""),
        (r"\begin{equation}\tag{1}\begin{cases}a\\b\end{cases}\end{equation}", "{ab(1)", "", ""),
        (r"\begin{align}\tag{1}a&=b\\c&=d\tag*{B}\end{align}", "a=b(1)c=dB", "", ""),
    ],
)
def test_chemistry_units_and_tags_are_drawn_as_they_mean(latex: str, expected: str, raised: str, lowered: str) -> None:
    assert reading(latex) == expected
    drawing = get(latex).drawing
    assert drawing is not None
    glyphs = [shape for shape in drawing.layout.shapes if isinstance(shape, Glyph)]
    small = [glyph for glyph in glyphs if glyph.scale < max(each.scale for each in glyphs)]
    for wanted, chosen in (
        (raised, [one for one in small if one.y > 100]),
        (lowered, [one for one in small if one.y < 0]),
    ):
        assert "".join(places()[glyph.number].reading for glyph in chosen) == wanted


@pytest.mark.parametrize("latex", [r"\pu{12 ?}", r"\pu{5 m s-2 (env)}", r"x = \pu{1 \foo}"])
def test_a_quantity_that_can_not_be_read_is_reported(latex: str) -> None:
    formula = get(latex)
    assert formula.drawing is None
    assert [warning.code for warning in formula.warnings] == [WarningCode.FORMULA_NOT_DRAWN]


SIGNS = (
    "\\ { } ^ _ & $ # % ~ a b 1 2 . , + - < > ( ) [ ] | ' é α √ \u202e 日 \\frac \\left \\begin{cases} \\text{ \\color{"
)


SOURCES = st.lists(st.sampled_from([" ", "\n", *SIGNS.split(" ")]), max_size=20).map("".join)


@given(SOURCES, st.booleans())
def test_no_source_raises_or_goes_unspoken(latex: str, display: bool) -> None:
    formula = BOOK.get(latex, display)
    assert formula.speech
    assert not set(formula.speech) & set("\\{}^$&#\u202e")
    assert formula.drawn or formula.warnings
    assert formula.width >= 0
    assert formula.height >= 0
    for markup in filter(None, (formula.svg, formula.mathml)):
        ElementTree.fromstring(markup)


def test_mathml_is_refused_where_it_would_say_something_else() -> None:
    assert get(r"\boxed{x}").mathml is None
    assert get(r"\def\a{5}\a").mathml is None
    assert "mfrac" in (get(r"\begin{aligned}a&=\frac12\\c&=d\end{aligned}").mathml or "")


@pytest.mark.parametrize(
    ("latex", "mathml"),
    [
        (r"\ce{H2O}", "<msub><mtext>H</mtext><mn>2</mn></msub><mtext>O</mtext>"),
        (r"\ce{A ->[\Delta] B}", "<mover><mo>→</mo><mi>Δ</mi></mover>"),
        (r"\widehat{ABC}", "<mo>^</mo></mover>"),
        (r"\underbrace{a}_{n}", "<mo>⏟</mo></munder><mrow><mi>n</mi></mrow></munder>"),
        (r"\text{si $x>0$}", "<mtext>si\u00a0</mtext><mrow><mi>x</mi>"),
        (r"50%", "<mn>50</mn><mi>%</mi>"),
    ],
)
def test_chemistry_and_what_is_above_or_in_a_text_has_mathml(latex: str, mathml: str) -> None:
    assert mathml in (get(latex).mathml or "")


def test_mathml_carries_no_markup_of_the_writer() -> None:
    mathml = get(r"\text{</mtext><script>alert(1)</script>}").mathml
    assert mathml is None or "<script" not in mathml
    assert "<b>" not in (get(r"\text{a <b> c}").mathml or "")


def test_svg_stands_alone_and_carries_no_markup_of_the_writer() -> None:
    svg = get(r"\textcolor{red}{x}+\text{a<b>c}").svg or ""
    root = ElementTree.fromstring(svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "g", "path"}
    assert 'fill="#ff0000"' in svg
    assert "id=" not in svg


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("letter", ["u", "a", "t", "f", "b"])
def test_a_line_end_is_a_space_whatever_letter_follows(line_end: str, letter: str) -> None:
    latex = rf"\begin{{aligned}}{line_end}{letter}_{{n+1}} &= 2\\{line_end}&= 3\end{{aligned}}"
    written = FormulaBook(FRENCH, Limits()).get(latex, display=True)
    assert (written.drawn, written.warnings) == (True, ())
    assert written.speech == FormulaBook(FRENCH, Limits()).get(latex.replace(line_end, " "), display=True).speech


@pytest.mark.parametrize(
    "latex", [r"\root 3 x", r"\np{1e5}", r"\np", r"\operatorname{\operatorname{\mathrm{a}}}", r"\npu{3}", r"\of"]
)
def test_what_would_be_drawn_as_something_else_is_reported(latex: str) -> None:
    assert get(latex).warnings


def glyphs_of(latex: str) -> list[Glyph]:
    drawing = get(latex).drawing
    assert drawing is not None
    return [shape for shape in drawing.layout.shapes if isinstance(shape, Glyph)]


@pytest.mark.parametrize("latex", ["f'_1", "f_1'", "u'_{1}"])
def test_a_prime_stands_above_the_index_beside_it(latex: str) -> None:
    _, prime, index = glyphs_of(latex)
    assert prime.y > 100 > 0 > index.y
    assert abs(prime.x - index.x) < 60


def test_what_is_to_stand_below_an_operator_does() -> None:
    assert {glyph.y for glyph in glyphs_of(r"\lim\limits_{x\to 0}f")} == {
        glyph.y for glyph in glyphs_of(r"\displaystyle\lim_{x\to 0}f")
    }


def test_an_eqnarray_has_its_sign_between_its_sides() -> None:
    given, wanted = (
        [(glyph.x, glyph.y) for glyph in glyphs_of(rf"\begin{{{name}}}a{sign}b\\\\cc{sign}d\end{{{name}}}")]
        for name, sign in (("eqnarray", "&=&"), ("align*", "&="))
    )
    assert given == wanted


def test_the_rules_of_an_array_end_at_its_outer_rules() -> None:
    drawing = get(r"\begin{array}{|c|c|}\hline a&b\\\\\hline c&d\\\\\hline\end{array}").drawing
    assert drawing is not None
    bars = [shape for shape in drawing.layout.shapes if isinstance(shape, Bar)]
    across, up = [bar for bar in bars if bar.width > bar.height], [bar for bar in bars if bar.width < bar.height]
    assert {(bar.x, bar.x + bar.width) for bar in across} == {
        (min(bar.x for bar in up), max(bar.x + bar.width for bar in up))
    }


@pytest.mark.parametrize(
    ("latex", "is_a_pair"),
    [("A(2,5)", True), ("M_1(2,5)", True), ("A'(-2,5)", True), ("(2, 5)", True), ("(2,5)", False), ("f(2,5)", False)],
)
def test_a_point_has_two_coordinates(latex: str, is_a_pair: bool) -> None:
    """Behind the comma of a pair there is a space, behind that of a number none."""
    comma, digit = [glyph for glyph in glyphs_of(latex) if places()[glyph.number].reading in ",5"]
    assert (digit.x - comma.x > places()[comma.number].advance + 50) is is_a_pair


@pytest.mark.parametrize("command", ["raise", "resizebox", "rotatebox"])
def test_a_command_that_is_not_known_is_named(command: str) -> None:
    (warning,) = get(rf"\{command}{{2}}{{x}}").warnings
    assert warning.text.startswith(f"Commande inconnue \\{command} ")
