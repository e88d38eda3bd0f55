"""Tells what an image file is by its first bytes, whatever its name or header says."""

from enum import StrEnum

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_DRAWING_HEAD = 4_096
"""Bytes within which a drawing's root element begins, after a declaration and an editor's comments."""


class Kind(StrEnum):
    """A format; its value is Pillow's name for those that Pillow decodes."""

    PNG = "PNG"
    JPEG = "JPEG"
    GIF = "GIF"
    WEBP = "WEBP"
    BMP = "BMP"
    SVG = "SVG"
    HEIF = "HEIF"


def kind_of(data: bytes) -> Kind | None:
    """The format that a file's first bytes announce; None for any that is not in the list."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if data.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return Kind.GIF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind.WEBP
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return Kind.HEIF
    if data.startswith(b"BM") and data[6:10] == b"\0\0\0\0":
        return Kind.BMP
    return Kind.SVG if _is_svg(data) else None


def _is_svg(data: bytes) -> bool:
    head = data[:_DRAWING_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE")) and b"<svg" in head
