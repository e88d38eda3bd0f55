"""`tests/golden/formulas.jsonl`: what 500 formulas of real exams are drawn as, by which another version of mathra, or a
successor of it, is accepted or not.

A line is `[latex, signs, width, height, depth, fractions, roots, warnings]`: signs in the order of reading, sizes in
em, and the codes of warnings. `python -m dev.golden.formulas` exits 1 where one differs, `--write` writes the file.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dev import generated
from dev.paths import ROOT
from services.renderer.content.formulas import FormulaBook
from services.renderer.language.french import FRENCH

FORMULAS = ROOT / "tests" / "data" / "formulas.txt"
CORPUS = ROOT / "tests" / "golden" / "formulas.jsonl"
EVERY = 4
"""One of so many of the 2,000, which stand in no order."""


def drawings() -> Iterator[list[Any]]:
    """The lines of the corpus, as the code draws them now."""
    book = FormulaBook(FRENCH)
    for latex in FORMULAS.read_text(encoding="utf-8").splitlines()[::EVERY]:
        formula = book.get(latex, display=False)
        signs = formula.drawing.layout.reading if formula.drawing else None
        sizes = [round(size, 2) for size in (formula.width, formula.height, formula.depth)]
        yield [latex, signs, *sizes, *formula.shape, [warning.code.value for warning in formula.warnings]]


def main(arguments: list[str]) -> int:
    """Exit status: 0 where file and code agree."""
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in drawings()]
    files: dict[Path, str] = {CORPUS: "".join(lines)}
    return generated.main(arguments, files, "golden")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
