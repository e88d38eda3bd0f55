"""What is coloured can be read, or is drawn in the text's own colour and said to be."""

import pytest

from contracts.states import WarningCode
from services.renderer.content.formulas import FormulaBook
from services.renderer.content.formulas.colours import legible
from services.renderer.content.formulas.shapes import Bar, Glyph
from services.renderer.language.french import FRENCH
from services.renderer.limits import Limits

BOOK = FormulaBook(FRENCH, Limits())


@pytest.mark.parametrize(
    ("latex", "followed"),
    [
        (r"\colorbox{black}{20/20}", False),
        (r"\fcolorbox{black}{black}{x}", False),
        (r"\colorbox{navy}{x}", False),
        (r"\colorbox{yellow}{20}", True),
        (r"\colorbox{blue}{20}", True),
        (r"\fcolorbox{red}{white}{x}", True),
        (r"\textcolor{red}{\frac{1}{2}}", True),
        (r"\textcolor{white}{20}", False),
    ],
)
def test_a_colour_that_hides_something_is_not_followed_and_said(latex: str, followed: bool) -> None:
    formula = BOOK.get(latex, display=False)
    assert formula.drawn
    codes = [warning.code for warning in formula.warnings]
    assert codes == ([] if followed else [WarningCode.FORMULA_APPROXIMATE])


def test_only_the_background_that_hides_is_left_out() -> None:
    hiding, other, sign = Bar(0, 0, 100, 100, "black"), Bar(200, 0, 100, 100, "black"), Glyph(1, 10, 10)
    assert legible((hiding, other, sign)) == (other, sign)
    assert legible((sign, hiding)) == (sign, hiding), "a rule that is drawn over a sign was meant to be"
    white = Glyph(1, 10, 10, ink="white")
    assert legible((hiding, white)) == (hiding, white)
