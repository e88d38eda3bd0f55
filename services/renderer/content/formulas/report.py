"""The output of `correcta-render formulas`: one JSON object for each line of LaTeX, in order."""

from collections.abc import Iterable, Iterator
from typing import Any

from services.renderer.content.formulas.book import FormulaBook
from services.renderer.language.words import Words
from services.renderer.limits import Limits


def report(lines: Iterable[str], words: Words, limits: Limits | None = None) -> Iterator[dict[str, Any]]:
    """For each line of LaTeX its `mathml`, `svg`, `speech` and `warnings` (each with its `code` and `message`)."""
    book = FormulaBook(words, limits)
    for line in lines:
        formula = book.get(line.rstrip("\r\n"), display=False)
        yield {
            "latex": formula.latex,
            "mathml": formula.mathml,
            "svg": formula.svg,
            "speech": formula.speech,
            "warnings": [{"code": str(warning.code), "message": warning.text} for warning in formula.warnings],
        }
