"""Formulas as a French report has them."""

from services.renderer.content.formulas import Formula, FormulaBook
from services.renderer.language.french import FRENCH

BOOK = FormulaBook(FRENCH)


def get(latex: str) -> Formula:
    return BOOK.get(latex, display=False)
