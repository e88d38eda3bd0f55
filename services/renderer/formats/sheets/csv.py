"""Writes grades as CSV that a French spreadsheet opens as it is: UTF-8 with a byte order mark, `;`, CRLF, decimal `,`.

The header is there even without a student. The decimal sign is the language's; columns and separators stay. What
people typed (a name, an address, a class) stays the text it is (`inert`).
"""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from contracts.options import ReportOptions
from services.renderer.files import HashingFile
from services.renderer.formats.sheets.inert import inert
from services.renderer.formats.sheets.table import Cell, header, rows
from services.renderer.grading.gradebook import Gradebook
from services.renderer.language.languages import words_in
from services.renderer.language.words import Words

_BOM = "\ufeff"


def write_csv(book: Gradebook, options: ReportOptions, path: Path) -> str:
    """Write the grade sheet to a file; its SHA-256."""
    with path.open("wb") as target:
        file = HashingFile(target)
        file.write(_BOM.encode())
        words = words_in(options.language)
        for line in lines(header(book, words.sheets), rows(book, options), words):
            file.write(line.encode(errors="replace"))
            file.flush()
        return file.sha256()


def lines(head: Iterable[str], body: Iterable[Iterable[Cell]], words: Words) -> Iterable[str]:
    """The file's lines, one at a time."""
    yield _line(head)
    for row in body:
        yield _line(_cell_text(cell, words) for cell in row)


def _cell_text(cell: Cell, words: Words) -> str:
    return words.cell(cell) if isinstance(cell, Decimal) else inert(cell or "")


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(cells)
    return line.getvalue()
