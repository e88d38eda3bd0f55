"""LaTeX to drawing operators, MathML, speech and warnings. Pure: no clock, no I/O, and no formula alters another."""

from services.renderer.formulas.book import FormulaBook
from services.renderer.formulas.drawing import Drawing
from services.renderer.formulas.formula import Formula
from services.renderer.formulas.pronunciation import SpokenLanguage
from services.renderer.formulas.report import report
from services.renderer.formulas.verdicts import FormulaWarning

__all__ = ["Drawing", "Formula", "FormulaBook", "FormulaWarning", "SpokenLanguage", "report"]
