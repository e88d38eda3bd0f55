"""Formulas checked before an exam: one LaTeX formula a line in, one JSON object a line out, in the same order."""

import json
from collections.abc import Iterable, Iterator

from services.renderer.content.formulas import report
from services.renderer.language.words import Words
from services.renderer.limits import Limits


def check(lines: Iterable[str], words: Words, limits: Limits) -> Iterator[str]:
    """What the renderer makes of each formula, as JSON."""
    return (json.dumps(answer, ensure_ascii=False) for answer in report(lines, words, limits))
