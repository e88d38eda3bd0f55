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
from dataclasses import dataclass, replace
from typing import assert_never

from PIL import Image, ImageChops, ImageFile, ImageOps

from services.renderer.images.kinds import Kind, kind_of
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.images.svg import Drawing, draw
from services.renderer.limits import Limits

LONGEST_SIDE = 2_000
"""Pixels of the longest side that are kept: 17 cm, the width of the text, at 300 dots an inch."""

LEAST_SHOWN = 0.5
"""Which share of a cut photograph must be there for it to be shown."""

PROGRESSIVE_SCANS = 8
"""Scans of the ten that encoders write after which a progressive photograph looks whole."""

_END_OF_JPEG = b"\xff\xd9"
_START_OF_SCAN = b"\xff\xda"
_FILLED = (128, 128, 128)
"""What the decoder gives for rows that are not in the file."""

_QUALITY = 88
_KEPT_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image ready for the page, as a PNG or JPEG file.

    `density` is how many of its pixels are a CSS pixel; `incomplete` says that the end of its file was missing.
    """

    mime: str
    data: bytes
    width: int
    height: int
    density: float = 1.0
    incomplete: bool = False


def prepare(source: bytes | Drawing, limits: Limits) -> PreparedImage:
    """The image in a file, or one that was drawn, decoded and encoded anew; the latest ones are kept.

    Raises:
        ImageProblem: too large, of another format, or damaged.
    """
    if isinstance(source, bytes) and len(source) > limits.image_bytes:
        raise ImageProblem(Reason.TOO_HEAVY)
    key = _key(source, limits)
    image = _recent.get(key)
    if image is None:
        image = decode(source, limits)
        _recent.put(key, image)
    return image


def _key(source: bytes | Drawing, limits: Limits) -> tuple[bytes, float, int]:
    """What the prepared image depends on."""
    data, density = (source.png, source.density) if isinstance(source, Drawing) else (source, 0.0)
    return hashlib.sha256(data).digest(), density, limits.image_pixels


def decode(source: bytes | Drawing, limits: Limits) -> PreparedImage:
    """The image in a file, or one that was drawn, decoded and encoded anew.

    Raises:
        ImageProblem: too many pixels, of another format, or damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(source, Drawing):
                return _prepared_drawing(source, limits)
            return _prepared(source, kind_of(source), limits)
    except ImageProblem:
        raise
    except MemoryError as error:
        raise ImageProblem(Reason.TOO_MANY_PIXELS) from error
    except Exception as error:  # a decoder fed with hostile bytes may raise anything
        raise ImageProblem(Reason.DAMAGED) from error


def _prepared(data: bytes, kind: Kind | None, limits: Limits) -> PreparedImage:
    match kind:
        case None:
            raise ImageProblem(Reason.UNKNOWN_FORMAT)
        case Kind.HEIF:
            raise ImageProblem(Reason.HEIC)
        case Kind.SVG:
            return _prepared_drawing(draw(data, LONGEST_SIDE), limits)
        case Kind.JPEG:
            return _prepared_photograph(data, limits)
        case Kind.PNG | Kind.GIF | Kind.WEBP | Kind.BMP:
            return _encoded(_decoded(data, kind, limits), drawn=kind is not Kind.WEBP)
        case _:
            assert_never(kind)


def _prepared_drawing(drawing: Drawing, limits: Limits) -> PreparedImage:
    image = _decoded(drawing.png, Kind.PNG, limits)
    if image.getbbox() is None:
        raise ImageProblem(Reason.UNREADABLE)  # nothing was drawn
    return replace(_encoded(image, drawn=True), density=drawing.density)


def _prepared_photograph(data: bytes, limits: Limits) -> PreparedImage:
    """A photograph; one without its last bytes as far as it goes, if that is most of it."""
    try:
        return _encoded(_decoded(data, Kind.JPEG, limits), drawn=False)
    except OSError:
        image = _decoded(data + _END_OF_JPEG, Kind.JPEG, limits)
        shown = _shown_of_cut(data, image, limits)
        if shown < LEAST_SHOWN:
            raise
        return replace(_encoded(image, drawn=False), incomplete=shown < 1)


def _shown_of_cut(data: bytes, image: Image.Image, limits: Limits) -> float:
    """Which share of a cut JPEG file's rows was decoded. A progressive one has all of them, ever sharper: its scans
    count.
    """
    with _opened(data, Kind.JPEG, limits) as opened:
        if opened.info.get("progressive"):
            return min(data.count(_START_OF_SCAN) / PROGRESSIVE_SCANS, 1.0)
    image = image.convert("RGB")
    box = ImageChops.difference(image, Image.new("RGB", image.size, _FILLED)).getbbox()
    rows = box[3] if box else 0
    if rows == image.height and image.getpixel((image.width - 1, image.height - 1)) == _FILLED:
        rows -= 1  # the last row was begun
    return rows / image.height


@contextmanager
def _whole_files_only() -> Iterator[None]:
    """WeasyPrint has Pillow fill what is missing of a cut file with grey, in the whole process; here it is refused."""
    lenient = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _opened(data: bytes, kind: Kind, limits: Limits) -> ImageFile.ImageFile:
    """The first frame, not yet decoded: the size is checked while only the header is read, and a JPEG will be reduced
    while it is decoded.
    """
    opened = Image.open(io.BytesIO(data), formats=[kind])
    if opened.width * opened.height > limits.image_pixels:
        raise ImageProblem(Reason.TOO_MANY_PIXELS)
    if kind is Kind.JPEG:
        opened.draft(None, (LONGEST_SIDE, LONGEST_SIDE))
    return opened


def _decoded(data: bytes, kind: Kind, limits: Limits) -> Image.Image:
    """The first frame, upright and no larger than the page needs: it is reduced before anything copies it."""
    with _whole_files_only(), _opened(data, kind, limits) as opened:
        opened.load()
        image = _plain(opened)
        if max(image.size) > LONGEST_SIDE:
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        image = ImageOps.exif_transpose(image)
    image = image.copy()
    image.info.clear()
    return image


def _plain(image: Image.Image) -> Image.Image:
    """The pixels in a mode every reader knows; the image itself where it has one."""
    if image.mode.startswith(("I", "F")):
        return image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _encoded(image: Image.Image, *, drawn: bool) -> PreparedImage:
    """Drawings and whatever is transparent as PNG, photographs as JPEG."""
    drawn = drawn or image.mode == "RGBA"
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
        self._kept: OrderedDict[tuple[bytes, float, int], PreparedImage] = OrderedDict()

    def get(self, key: tuple[bytes, float, int]) -> PreparedImage | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: tuple[bytes, float, int], image: PreparedImage) -> None:
        self._kept[key] = image
        while sum(len(kept.data) for kept in self._kept.values()) > self._capacity:
            self._kept.popitem(last=False)


_recent = _RecentImages(_KEPT_BYTES)
