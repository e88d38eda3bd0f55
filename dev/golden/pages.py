"""A page's own content, read back from the PDF's operators: the text of each marked piece, and the boxes that matter.

Independent of the code that wrote the page: text comes through the fonts' character maps, as a reader copies it.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pikepdf

BOXES = {
    "3d4657": "tab",
    "f4f5f8": "answer",
    "dcefe2": "mark full",
    "fdeecb": "mark part",
    "fbe0de": "mark none",
    "e8eaee": "mark open",
    "fdf1dd": "state",
    "fdf8ee": "placeholder",
}
"""What a filled rectangle of this colour is: the student's frame and its tab, a question's mark, the copy's state."""

_MARGIN = 120
"""Points from the left: marks stand in the margin, a table's head of the same colour does not."""

_NUMBER = re.compile(rb"<([0-9a-fA-F]+)>")
_CHARACTERS = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)

Matrix = tuple[float, float, float, float, float, float]


@dataclass
class PageContent:
    """`texts` and their `baselines` by marked-content number; `margins` is what stands above and below all that."""

    texts: dict[int, str] = field(default_factory=lambda: defaultdict(str))
    baselines: dict[int, float] = field(default_factory=dict)
    margins: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


def read(page: pikepdf.Page) -> PageContent:
    """The content of one page, in the order in which it is painted."""
    reader = _Reader(page)
    for instruction in pikepdf.parse_content_stream(page):
        reader.take(str(instruction.operator), list(instruction.operands))
    return reader.content


class _Reader:
    """Follows the operators that place, colour, mark and write; all others leave no trace here."""

    def __init__(self, page: pikepdf.Page) -> None:
        self.content = PageContent()
        self._fonts = page.resources.get("/Font", pikepdf.Dictionary())
        self._height = float(page.mediabox[3])
        self._matrix: Matrix = (1, 0, 0, 1, 0, 0)
        self._colour = ""
        self._kept: list[tuple[Matrix, str]] = []
        self._marks: list[int | None] = []
        self._rectangle: tuple[float, ...] = ()
        self._characters: dict[int, str] | None = None
        self._margin = ""
        self._baseline = 0.0

    def take(self, operator: str, operands: list[Any]) -> None:
        """One instruction of the page."""
        handler = _HANDLERS.get(operator)
        if handler is not None:
            handler(self, operands)

    def save(self, _: list[Any]) -> None:
        self._kept.append((self._matrix, self._colour))

    def restore(self, _: list[Any]) -> None:
        self._matrix, self._colour = self._kept.pop()

    def move(self, operands: list[Any]) -> None:
        a, b, c, d, e, f = map(float, operands)
        p, q, r, s, t, u = self._matrix
        self._matrix = (
            a * p + b * r,
            a * q + b * s,
            c * p + d * r,
            c * q + d * s,
            e * p + f * r + t,
            e * q + f * s + u,
        )

    def colour(self, operands: list[Any]) -> None:
        self._colour = "".join(f"{round(float(value) * 255):02x}" for value in operands)

    def mark(self, operands: list[Any]) -> None:
        properties = operands[1] if len(operands) > 1 else None
        number = properties.get("/MCID") if isinstance(properties, pikepdf.Dictionary) else None
        self._marks.append(None if number is None else int(number))

    def unmark(self, _: list[Any]) -> None:
        self._marks.pop()
        if self._margin.strip():
            self.content.margins.append(" ".join(self._margin.split()))
        self._margin = ""

    def rectangle(self, operands: list[Any]) -> None:
        self._rectangle = tuple(map(float, operands))

    def fill(self, _: list[Any]) -> None:
        name = BOXES.get(self._colour)
        if name is None or not self._rectangle:
            return
        x, y, width, height = self._rectangle
        a, b, c, d, e, f = self._matrix
        xs, ys = (
            (e + a * x + c * y, e + a * (x + width) + c * (y + height)),
            (f + b * x + d * y, f + b * (x + width) + d * (y + height)),
        )
        left, top, across, down = min(xs), self._height - max(ys), abs(xs[1] - xs[0]), abs(ys[1] - ys[0])
        if left < _MARGIN or not name.startswith("mark"):
            self.content.boxes.append(f"{name} {left:.0f},{top:.0f} {across:.0f}×{down:.0f}")

    def font(self, operands: list[Any]) -> None:
        font = self._fonts[str(operands[0])]
        self._characters = _characters(bytes(font.ToUnicode.read_bytes())) if font.Subtype == "/Type0" else None

    def line(self, operands: list[Any]) -> None:
        self._baseline = float(operands[5])

    def write(self, operands: list[Any]) -> None:
        if self._characters is None:  # the glyphs of a formula, which is read by its alternative
            return
        parts = operands[0] if isinstance(operands[0], pikepdf.Array) else operands
        codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
        pairs = zip(codes[::2], codes[1::2], strict=True)
        text = "".join(self._characters.get(high * 256 + low, "�") for high, low in pairs)
        number = self._marks[-1] if self._marks else None
        if number is None:
            self._margin += text
        else:
            self.content.texts[number] += text
            self.content.baselines.setdefault(number, self._baseline)


_HANDLERS: dict[str, Any] = {
    "q": _Reader.save,
    "Q": _Reader.restore,
    "cm": _Reader.move,
    "rg": _Reader.colour,
    "BMC": _Reader.mark,
    "BDC": _Reader.mark,
    "EMC": _Reader.unmark,
    "re": _Reader.rectangle,
    "f": _Reader.fill,
    "Tf": _Reader.font,
    "Tm": _Reader.line,
    "Tj": _Reader.write,
    "TJ": _Reader.write,
}


@lru_cache(maxsize=256)
def _characters(character_map: bytes) -> dict[int, str]:
    """What each code of a font reads as."""
    found: dict[int, str] = {}
    for block in _CHARACTERS.findall(character_map):
        codes = _NUMBER.findall(block)
        for code, reading in zip(codes[::2], codes[1::2], strict=True):
            found[int(code, 16)] = bytes.fromhex(reading.decode()).decode("utf-16-be", "replace")
    return found
