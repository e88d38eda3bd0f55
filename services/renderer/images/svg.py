"""Draws an SVG file as a PNG image: parsed and checked, then drawn by resvg.

A drawing that somebody uploaded reaches neither the network nor a file: whatever refers to anything outside of it is
refused before it is drawn, and entities that a file declares are expanded by expat, within its bound on amplification.
Effects that cost much beyond any count of elements, and mistakes of the library, end the process that draws: exports
have it done in a worker, in a call of its own (`workers.drawings`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import resvg_py

from services.renderer.images.problems import ImageProblem, Reason

ELEMENTS = 50_000
LEVELS = 100
PIXELS_PER_UNIT = 3.0
"""Pixels for each CSS pixel of the drawing's own size: 288 dots an inch."""

FONT_FOLDERS = (
    "/usr/share/texmf/fonts/opentype/public/tex-gyre",
    "/usr/share/fonts/truetype/noto",
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/truetype/dejavu",
)
"""The folders of `typesetting/fonts.conf`: a drawing's text is set in the faces of the page."""

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_EMBEDDED = re.compile(r"\s*data:image/(png|jpeg|jpg|gif|webp)[;,]", re.IGNORECASE)
_LENGTH = re.compile(r"\s*\+?(\d*\.?\d+(?:[eE][+-]?\d{1,3})?)\s*(px|pt|pc|mm|cm|in|em|ex|)\s*")
_UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "em": 16.0,
    "ex": 8.0,
}
_USUAL_SIZE = 100.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """A PNG file, and how many of its pixels are a CSS pixel of the drawing."""

    png: bytes
    density: float


def draw(data: bytes, longest_side: int) -> Drawing:
    """The drawing in an SVG file, no side longer than so many pixels.

    Raises:
        ImageProblem: it is no SVG, refers to something outside of it, holds text that only a browser lays out, or is
            more than `ELEMENTS` or `LEVELS` allow.
    """
    root = _parsed(data)
    has_text = _checked(root)
    width, height = _size(root)
    density = min(PIXELS_PER_UNIT, longest_side / max(width, height))
    longest = max(round(max(width, height) * density), 1)
    side = (longest, None) if width >= height else (None, longest)
    text = ElementTree.tostring(root, encoding="unicode")
    return Drawing(_png(text, side, FONT_FOLDERS if has_text else ()), density)


def _parsed(data: bytes) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(data)  # noqa: S314  # loads nothing, and expat bounds what entities expand to
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise ImageProblem(Reason.DAMAGED) from error
    if root.tag != f"{_NAMESPACE}svg":
        raise ImageProblem(Reason.DAMAGED)
    return root


def _checked(root: ElementTree.Element) -> bool:
    """Whether there is text in a drawing that may be drawn; raises for any other."""
    has_text = False
    for count, (element, level) in enumerate(_walk(root)):
        if count > ELEMENTS or level > LEVELS:
            raise ImageProblem(Reason.TOO_COMPLEX)
        name = str(element.tag).removeprefix(_NAMESPACE)
        if name == "foreignObject":
            raise ImageProblem(Reason.UNPRINTABLE_DRAWING)
        if name != "a" and any(_leads_outside(key, value) for key, value in element.attrib.items()):
            raise ImageProblem(Reason.EXTERNAL_CONTENT)
        has_text = has_text or name == "text"
    return has_text


def _walk(root: ElementTree.Element) -> Iterator[tuple[ElementTree.Element, int]]:
    """Each element with its level. Of a `switch`, what it falls back to where no browser lays text out."""
    waiting = [(root, 1)]
    while waiting:
        element, level = waiting.pop()
        yield element, level
        if element.tag == f"{_NAMESPACE}switch" and len(element) > 1:
            for child in element.findall(f"{_NAMESPACE}foreignObject"):
                element.remove(child)
        waiting.extend((child, level + 1) for child in element)


def _leads_outside(key: str, value: str) -> bool:
    """Whether an attribute names a file: neither a part of the drawing nor an image that came with it."""
    is_address = key == "href" or key.endswith("}href")
    return is_address and bool(value.strip()) and not value.startswith("#") and not _EMBEDDED.match(value)


def _size(root: ElementTree.Element) -> tuple[float, float]:
    """The drawing's own size in CSS pixels: its width and height, or its view box."""
    width, height = _length(root.get("width")), _length(root.get("height"))
    box = [float(number) for number in re.findall(r"[-+]?\d*\.?\d+(?:[eE][+-]?\d{1,3})?", root.get("viewBox", ""))]
    if len(box) == 4 and box[2] > 0 and box[3] > 0:
        ratio = box[2] / box[3]
        if width is None and height is None:
            return box[2], box[3]
        return (width or (height or 0) * ratio), (height or (width or 0) / ratio)
    return width or _USUAL_SIZE, height or _USUAL_SIZE


def _length(value: str | None) -> float | None:
    """A length in CSS pixels; None for none, for a share of what is around the drawing, and for nonsense."""
    found = _LENGTH.fullmatch(value or "")
    return float(found[1]) * _UNITS[found[2]] or None if found else None


def _png(text: str, side: tuple[int | None, int | None], folders: tuple[str, ...]) -> bytes:
    """The drawing as resvg draws it, its longer side, width or height, of so many pixels."""
    width, height = side
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=text,
            dpi=96.0,
            skip_system_fonts=True,
            font_dirs=[folder for folder in folders if Path(folder).is_dir()],
            font_family="TeX Gyre Heros",
            sans_serif_family="TeX Gyre Heros",
            serif_family="TeX Gyre Pagella",
            monospace_family="DejaVu Sans Mono",
            width=width,
            height=height,
        )
    )
