"""Font subsetting patched into WeasyPrint: every copy embeds the same subset of everyday characters.

A font subset to one copy's characters differs from copy to copy, and a report of a class would hold each of them. The
same subset is the same bytes in every copy: made once a process, written once a file. A copy that needs other glyphs
of a font embeds a subset of its own, as without this module.
"""

import os
import zlib
from typing import Any

import pydyf
from weasyprint.pdf import fonts, stream
from weasyprint.text.ffi import ffi, gobject, pango

from services.renderer.typesetting.fonts import CODE, LABEL, TEXT

FACES = frozenset({TEXT[0], LABEL[0], CODE[0]})
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LATIN = "ÀÂÄÇÈÉÊËÎÏÔÖÙÛÜàâäçèéêëîïôöùûüÿŒœæÁÅÃÍÑÓÕØÚáåãíñóõøúßšžčćğłńşı"
SIGNS = " 0123456789.,;:!?'\"()[]{}<>=+-*/%&@#_|~^$\\`«»–—‘’“”…·•°€×÷±²³→↪−∞≤≥≠≈∈√‖↗↘✓"
JOINED = " ff fi fl ffi ffl fj tt ti ft fb fh fk"
"""Letters that some fonts join as ligatures."""

EVERYDAY = f"{LETTERS}{LATIN}{SIGNS}\u00a0{JOINED}".encode()

_glyphs: dict[str, frozenset[int]] = {}
_cut: dict[tuple[str, bool], bytes] = {}
_packed: dict[bytes, bytes] = {}


class Face(fonts.Font):  # type: ignore[misc]  # the library ships no types
    """A font as embedded in one document."""

    def __init__(self, pango_font: Any, description: Any, font_size: float) -> None:
        super().__init__(pango_font, description, font_size)
        if self.family in FACES and self.hash not in _glyphs:
            _glyphs[self.hash] = _everyday_glyphs(pango_font)

    def clean(self, to_unicode: dict[int, str], hinting: bool) -> None:
        """Subset the font to the everyday characters, or to the used glyphs where there are others among them."""
        everyday = _glyphs.get(self.hash, frozenset())
        if self.missing or not to_unicode or not everyday.issuperset(to_unicode):
            super().clean(to_unicode, hinting)
            return
        key = (self.hash, hinting)
        if key not in _cut:
            super().clean(dict.fromkeys(everyday, ""), hinting)
            _cut[key] = self.file_content
            _packed[self.file_content] = zlib.compress(self.file_content, 9)
        self.file_content: bytes = _cut[key]


def finish(pdf: Any) -> None:
    """Replace the everyday subsets of a document by their compressed form, so that each is compressed once."""
    for each in pdf.objects:
        if isinstance(each, pydyf.Stream) and each.compress and len(each.stream) == 1:
            packed = _packed.get(each.stream[0]) if isinstance(each.stream[0], bytes) else None
            if packed is not None:
                each.stream, each.compress = [packed], False
                each.extra["Filter"] = "/FlateDecode"


def install() -> None:
    """Patch WeasyPrint to embed fonts as `Face`."""
    os.environ["SOURCE_DATE_EPOCH"] = "0"  # what fontTools dates a face it wrote by
    stream.Font = Face


def _everyday_glyphs(pango_font: Any) -> frozenset[int]:
    """The glyphs of the everyday characters in a font, ligatures included."""
    context = ffi.gc(
        pango.pango_font_map_create_context(pango.pango_font_get_font_map(pango_font)), gobject.g_object_unref
    )
    layout = ffi.gc(pango.pango_layout_new(context), gobject.g_object_unref)
    description = ffi.gc(pango.pango_font_describe_with_absolute_size(pango_font), pango.pango_font_description_free)
    pango.pango_layout_set_font_description(layout, description)
    pango.pango_layout_set_text(layout, EVERYDAY, len(EVERYDAY))
    run = pango.pango_layout_get_line_readonly(layout, 0).runs[0]
    found = set()
    while run != ffi.NULL:
        item = run.data
        run = run.next
        if item.item.analysis.font == pango_font:
            found |= {info.glyph for info in item.glyphs.glyphs[0 : item.glyphs.num_glyphs]}
    return frozenset(glyph for glyph in found if glyph < pango.PANGO_GLYPH_EMPTY)
