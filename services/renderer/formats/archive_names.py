"""File names for the members of an archive, from the marks of its copies.

They are readable and safe on every system, none is used twice, and in an anonymous archive none tells who wrote.
"""

import unicodedata
from collections.abc import Iterable

from contracts.options import Audience, ReportOptions
from services.renderer.grading.gradebook import alias
from services.renderer.grading.marks import CopyMarks
from services.renderer.language.languages import words_in
from services.renderer.language.names import cut, safe

MANIFEST = "manifest.json"

LONGEST_NAME = 80
"""Bytes of a file name before its ending: with a folder before it, the path stays below what any system allows."""

LONGEST_QUALIFIER = 40
"""Bytes of what tells students of one name apart."""

_RESERVED = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³")}
)
"""Names of devices on Windows, whatever their ending."""


def file_names(rows: Iterable[CopyMarks], options: ReportOptions, ending: str = ".pdf") -> list[str]:
    """A name for each copy, in order: `Zoé_Lefèvre.pdf`, or `Copie-001.pdf` where no name may be.

    Students of one name have a part of their address in it, as `Zoé_Roy_(zoe.roy2).pdf`: a number, which the filter on
    classes would change, tells apart only what that does not.
    """
    taken = {MANIFEST: 1}
    return [_free(_stem(row, number, options), ending, taken) for number, row in enumerate(rows, 1)]


def _stem(row: CopyMarks, number: int, options: ReportOptions) -> str:
    unnamed = alias(number, words_in(options.language).copies).replace(" ", "-")
    if options.audience is Audience.ANONYMOUS:
        return unnamed
    qualifier = _portable(row.student.qualifier or "")
    end = f"_({cut(qualifier, LONGEST_QUALIFIER)})" if qualifier else ""
    stem = cut(_portable(row.student.name).lstrip("-"), LONGEST_NAME - len(end.encode())).rstrip("._") + end
    if stem.partition(".")[0].upper() in _RESERVED:
        stem = f"_{stem}"
    return stem or unnamed


def _portable(text: str) -> str:
    return "_".join(safe(text).split())


def _free(stem: str, ending: str, taken: dict[str, int]) -> str:
    """The name, with a number where it is taken. Case and encoding of accents count for nothing, as on some systems."""
    name, number = f"{stem}{ending}", taken.get(_folded(stem), 1)
    while _folded(name) in taken:
        number += 1
        name = f"{stem}_{number}{ending}"
    taken[_folded(name)] = 1
    taken[_folded(stem)] = number
    return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKD", name.casefold())
