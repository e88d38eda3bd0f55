"""The glyphs of the formulas' typeface: advance, reading and PDF code from a table, outlines as mathra draws them.

`glyphs.json` comes from `dev/glyph_table.py`. A glyph's place (font and code) never depends on the document, so that
the fonts of many documents can be joined glyph by glyph. The store only grows, by what the typeface itself draws: no
formula can change a glyph.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_COMMAND = re.compile(r"([MLCQZ])([^MLCQZ]*)")


@dataclass(frozen=True)
class Place:
    """A glyph's PDF font and code, its advance in thousandths of an em, and its text (ToUnicode)."""

    font: int
    code: int
    advance: int
    reading: str


@dataclass(frozen=True)
class Outline:
    """A glyph's path in SVG and in PDF operators; its bounds (left, bottom, right, top) in thousandths of an em."""

    path: str
    operators: bytes
    bounds: tuple[float, float, float, float]


@cache
def places() -> dict[int, Place]:
    """Every glyph of the typeface by its number."""
    return {
        number: Place(index >> 8, index & 255, advance, reading)
        for index, (number, advance, reading) in enumerate(_table()["glyphs"])
    }


def table_version() -> str:
    """The version of mathra whose typeface the table describes."""
    return str(_table()["mathra"])


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((files(__package__) / "glyphs.json").read_text(encoding="utf-8"))
    return table


_outlines: dict[int, Outline] = {}


def known(number: int) -> bool:
    """Whether the glyph's outline is kept already."""
    return number in _outlines


def learn(number: int, path: str) -> None:
    """Keep a glyph's outline, from an SVG path of absolute M, L, C, Q and Z."""
    _outlines[number] = _outline(path)


def outline(number: int) -> Outline:
    """The outline that `learn` kept."""
    return _outlines[number]


def _outline(path: str) -> Outline:
    operators: list[str] = []
    points: list[tuple[float, float]] = [(0.0, 0.0)]
    for command, numbers in _COMMAND.findall(path):
        values = [float(number) for number in numbers.split()]
        if command == "Z":
            operators.append("h")
            continue
        if command == "Q":
            command, values = "C", _cubic(points[-1], values)
        points += zip(values[::2], values[1::2], strict=True)
        operators.append(" ".join(map(_number, values)) + f" {command.lower()}")
    across, up = zip(*(points[1:] or points), strict=True)
    return Outline(path, "\n".join(operators).encode(), (min(across), min(up), max(across), max(up)))


def _cubic(start: tuple[float, float], quadratic: list[float]) -> list[float]:
    x, y, end_x, end_y = quadratic
    return [
        start[0] + 2 / 3 * (x - start[0]),
        start[1] + 2 / 3 * (y - start[1]),
        end_x + 2 / 3 * (x - end_x),
        end_y + 2 / 3 * (y - end_y),
        end_x,
        end_y,
    ]


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
