"""Formulas checked before an exam: one LaTeX formula a line in, one JSON object a line out, in the same order."""

import json
from collections.abc import Iterable, Iterator

from services.renderer.formulas import Formula, FormulaBook, SpokenLanguage
from services.renderer.limits import Limits


def check(lines: Iterable[str], language: SpokenLanguage, limits: Limits) -> Iterator[str]:
    """What the renderer makes of each formula, as JSON."""
    book = FormulaBook(language, limits)
    return (json.dumps(_told(book.get(line.rstrip("\r\n"), False)), ensure_ascii=False) for line in lines)


def _told(formula: Formula) -> dict[str, object]:
    return {
        "latex": formula.latex,
        "mathml": formula.mathml,
        "svg": formula.svg,
        "speech": formula.speech,
        "warnings": [{"code": warning.code.value, "message": warning.text} for warning in formula.warnings],
    }
