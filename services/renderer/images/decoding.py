"""Decodes an image file and encodes it anew, ready to print: known formats only, its size checked before decoding.

Nothing of the original file reaches the document but its pixels: no metadata, no location, no second frame, no
trailing bytes. The same bytes give the same image.
"""

import hashlib
import io
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageFile, ImageOps

from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits

LONGEST_SIDE = 2_000
"""Pixels of the longest side that are kept: 17 cm, the width of the text, at 300 dots an inch."""

_QUALITY = 88
_KEPT_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image ready for the page, as a PNG or JPEG file."""

    mime: str
    data: bytes
    width: int
    height: int


def sniff(data: bytes) -> str | None:
    """The format that a file's first bytes announce, whatever its name or header says; None for any but the three."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return None


def prepare(data: bytes, limits: Limits) -> PreparedImage:
    """The image in a file, decoded and encoded anew; the latest ones are kept.

    Raises:
        ImageProblem: too large, of another format, or damaged.
    """
    if len(data) > limits.image_bytes:
        raise ImageProblem(Reason.TOO_HEAVY)
    key = hashlib.sha256(data).digest() + limits.image_pixels.to_bytes(8, "big")
    image = _recent.get(key)
    if image is None:
        image = decode(data, limits)
        _recent.put(key, image)
    return image


def decode(data: bytes, limits: Limits) -> PreparedImage:
    """The image in a file, decoded and encoded anew.

    Raises:
        ImageProblem: too many pixels, of another format, or damaged.
    """
    kind = sniff(data)
    if kind is None:
        raise ImageProblem(Reason.UNKNOWN_FORMAT)
    try:
        with warnings.catch_warnings(), _whole_files_only():
            warnings.simplefilter("ignore")
            return _encoded(_decoded(data, kind, limits), kind)
    except ImageProblem:
        raise
    except Exception as error:  # a decoder fed with hostile bytes may raise anything
        raise ImageProblem(Reason.DAMAGED) from error


@contextmanager
def _whole_files_only() -> Iterator[None]:
    """WeasyPrint has Pillow fill what is missing of a cut file with grey, in the whole process; here it is refused."""
    lenient = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _decoded(data: bytes, kind: str, limits: Limits) -> Image.Image:
    """The first frame, upright and no larger than the page needs. The size is checked while only the header is read."""
    with Image.open(io.BytesIO(data), formats=[kind]) as opened:
        if opened.width * opened.height > limits.image_pixels:
            raise ImageProblem(Reason.TOO_MANY_PIXELS)
        if kind == "JPEG":
            opened.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        image = ImageOps.exif_transpose(opened)
    image = _plain(image)
    if max(image.size) > LONGEST_SIDE:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return image


def _plain(image: Image.Image) -> Image.Image:
    """The pixels in a mode every reader knows, without anything else the file said."""
    if image.mode.startswith(("I", "F")):
        image = image.point(lambda value: value / 256).convert("L")
    elif image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    image = image.copy()
    image.info.clear()
    return image


def _encoded(image: Image.Image, kind: str) -> PreparedImage:
    """Drawings and whatever is transparent as PNG, photographs as JPEG."""
    drawn = kind == "PNG" or image.mode == "RGBA"
    target = io.BytesIO()
    if drawn:
        image.save(target, "PNG", compress_level=6)
    else:
        image.save(target, "JPEG", quality=_QUALITY, subsampling=0)
    return PreparedImage("image/png" if drawn else "image/jpeg", target.getvalue(), image.width, image.height)


class _RecentImages:
    """A cache of prepared images, least recently used out first: a statement's image comes back in every copy."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[bytes, PreparedImage] = OrderedDict()

    def get(self, key: bytes) -> PreparedImage | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: bytes, image: PreparedImage) -> None:
        self._kept[key] = image
        while sum(len(kept.data) for kept in self._kept.values()) > self._capacity:
            self._kept.popitem(last=False)


_recent = _RecentImages(_KEPT_BYTES)
