"""LaTeX to PDF operators, SVG, MathML, speech and warnings. Pure: no clock, no I/O, and no formula alters another."""

from services.renderer.content.formulas.book import FormulaBook
from services.renderer.content.formulas.formula import Formula
from services.renderer.content.formulas.pdf_drawing import PdfDrawing
from services.renderer.content.formulas.report import report
from services.renderer.content.formulas.warnings import FormulaWarning

__all__ = ["Formula", "FormulaBook", "FormulaWarning", "PdfDrawing", "report"]
