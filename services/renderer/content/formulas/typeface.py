"""Type 3 fonts of a document's formulas, made of mathra's outlines, so that formulas can be copied and searched.

A glyph's procedure and a font's ToUnicode CMap are the same bytes in every document: merging writes each once.
"""

import zlib
from collections.abc import Iterable, Mapping
from functools import cache
from math import ceil, floor
from typing import Any

import pydyf

from services.renderer.content.formulas import glyphs
from services.renderer.content.formulas.pdf_drawing import FONT_NAME, PdfDrawing


class Typeface:
    """The fonts of one document: `image` wraps each drawing, `finish` is the finisher of WeasyPrint's `write_pdf`."""

    def __init__(self) -> None:
        self._used: set[int] = set()

    def image(self, drawing: PdfDrawing) -> "TypedDrawing":
        """The drawing as an image of this document, for WeasyPrint's image cache."""
        return TypedDrawing(drawing, self._used)

    def finish(self, _document: Any, pdf: Any) -> None:
        """Add the fonts of what was drawn to the resources that all pages share (WeasyPrint's `finisher`)."""
        if not self._used:
            return
        fonts = _shared_fonts(pdf)
        for number, used in sorted(by_font(self._used).items()):
            fonts[FONT_NAME.format(number)] = _font(pdf, number, used).reference


class TypedDrawing:
    """A drawing that shows its glyphs with the document's fonts, and adds them to the glyphs used."""

    def __init__(self, drawing: PdfDrawing, used: set[int]) -> None:
        self._drawing, self._used = drawing, used
        self.get_intrinsic_size = drawing.get_intrinsic_size

    def draw(self, stream: Any, width: float, height: float, style: Any) -> None:
        """Append the formula's operators to the page."""
        self._used |= self._drawing.numbers
        self._drawing.place(stream, width, height, style, self._drawing.typed)


def by_font(numbers: Iterable[int]) -> dict[int, dict[int, int]]:
    """Glyph numbers sorted into fonts: font number -> code -> glyph number."""
    fonts: dict[int, dict[int, int]] = {}
    for number in sorted(numbers, key=lambda number: glyphs.places()[number].code):
        place = glyphs.places()[number]
        fonts.setdefault(place.font, {})[place.code] = number
    return fonts


def glyph_name(number: int) -> str:
    """A glyph's name in `CharProcs`."""
    return f"g{number}"


@cache
def procedure(number: int) -> bytes:
    """A glyph's drawing, which takes the text's colour (`d1`), deflated."""
    outline = glyphs.outline(number)
    (left, bottom), (right, top) = map(floor, outline.bounds[:2]), map(ceil, outline.bounds[2:])
    advance = glyphs.places()[number].advance
    operators = b"%d 0 %d %d %d %d d1\n%s f" % (advance, left, bottom, right, top, outline.operators)
    return zlib.compress(operators, 9)


def widths(used: Mapping[int, int]) -> list[int]:
    """Advances from the first code to the last; 0 between them where a code is not used."""
    first, last = min(used), max(used)
    places = glyphs.places()
    return [places[used[code]].advance if code in used else 0 for code in range(first, last + 1)]


@cache
def to_unicode(font: int) -> bytes:
    """The CMap from all codes of a font to what they read as (PDF 32000-1, 9.10.3), deflated."""
    rows = [
        f"<{place.code:02x}> <{place.reading.encode('utf-16-be').hex()}>"
        for place in glyphs.places().values()
        if place.font == font
    ]
    blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    text = "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <00> <ff> endcodespacerange",
            *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    )
    return zlib.compress(text.encode(), 9)


def _deflated(pdf: Any, data: bytes) -> Any:
    stream = pydyf.Stream([data], pydyf.Dictionary({"Filter": "/FlateDecode"}))
    pdf.add_object(stream)
    return stream.reference


def _font(pdf: Any, font: int, used: Mapping[int, int]) -> Any:
    procedures = pydyf.Dictionary({glyph_name(number): _deflated(pdf, procedure(number)) for number in used.values()})
    differences = pydyf.Array(item for code, number in used.items() for item in (code, f"/{glyph_name(number)}"))
    dictionary = pydyf.Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/Type3",
            "FontBBox": pydyf.Array((0, 0, 0, 0)),
            "FontMatrix": pydyf.Array((0.001, 0, 0, 0.001, 0, 0)),
            "CharProcs": procedures,
            "Encoding": pydyf.Dictionary({"Type": "/Encoding", "Differences": differences}),
            "FirstChar": min(used),
            "LastChar": max(used),
            "Widths": pydyf.Array(widths(used)),
            "Resources": pydyf.Dictionary(),
            "ToUnicode": _deflated(pdf, to_unicode(font)),
        }
    )
    pdf.add_object(dictionary)
    return dictionary


def _shared_fonts(pdf: Any) -> Any:
    """The font dictionary of the resources that WeasyPrint shares between all pages."""
    page = pdf.objects[pdf.pages["Kids"][0]]
    return _object(pdf, _object(pdf, page["Resources"])["Font"])


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]
