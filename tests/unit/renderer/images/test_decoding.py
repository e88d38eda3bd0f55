"""Images: only known formats, sizes known before decoding, nothing left of the file but its pixels."""

import io
import pickle
import struct
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from contracts.states import WarningCode
from services.renderer.images.decoding import LONGEST_SIDE, PreparedImage, decode, prepare
from services.renderer.images.kinds import Kind, kind_of
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits

LIMITS = Limits()
RED = (200, 30, 30)


def _bytes(image: Image.Image, kind: str, **parameters: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **parameters)
    return target.getvalue()


def _image(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Image.Image:
    image = Image.new("RGB", size, RED).convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(200)
    return image


def _opened(picture: PreparedImage) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))


def _problem(data: bytes, limits: Limits = LIMITS) -> ImageProblem:
    with pytest.raises(ImageProblem) as caught:
        prepare(data, limits)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "mode", "mime"),
    [
        ("PNG", "RGB", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("PNG", "P", "image/png"),
        ("PNG", "L", "image/png"),
        ("PNG", "1", "image/png"),
        ("PNG", "LA", "image/png"),
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("WEBP", "RGB", "image/jpeg"),
        ("WEBP", "RGBA", "image/png"),
        ("GIF", "P", "image/png"),
        ("GIF", "L", "image/png"),
        ("BMP", "RGB", "image/png"),
        ("BMP", "P", "image/png"),
        ("BMP", "1", "image/png"),
    ],
)
def test_each_format_and_mode_is_written_anew(kind: str, mode: str, mime: str) -> None:
    picture = prepare(_bytes(_image(mode), kind), LIMITS)
    assert (picture.mime, picture.width, picture.height) == (mime, 40, 20)
    shown = _opened(picture)
    assert shown.mode in ("L", "RGB", "RGBA")
    if mode in ("RGB", "RGBA", "P", "CMYK"):
        red = shown.convert("RGB").getpixel((20, 10))
        assert isinstance(red, tuple)
        assert all(abs(found - wanted) < 40 for found, wanted in zip(red, RED, strict=True))


def test_sixteen_bits_of_grey_become_eight() -> None:
    picture = prepare(_bytes(Image.new("I;16", (4, 4), 32768), "PNG"), LIMITS)
    assert _opened(picture).getpixel((0, 0)) == 128


def test_transparency_of_a_palette_is_kept() -> None:
    image = _image("P")
    picture = prepare(_bytes(image, "PNG", transparency=image.getpixel((0, 0))), LIMITS)
    assert _opened(picture).convert("RGBA").getpixel((0, 0)) == (*RED, 0) or _opened(picture).mode == "RGBA"


def test_the_same_bytes_give_the_same_image() -> None:
    data = _bytes(_image(size=(300, 200)), "JPEG")
    assert decode(data, LIMITS) == decode(data, LIMITS) == prepare(data, LIMITS)


def test_metadata_and_trailing_bytes_are_left_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    for kind in ("JPEG", "PNG", "WEBP"):
        data = _bytes(_image(), kind, exif=exif, icc_profile=b"secret profile") + b"secret tail"
        assert b"secret" in data
        assert b"secret" not in prepare(data, LIMITS).data


def test_a_photograph_taken_sideways_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = prepare(_bytes(_image(), "JPEG", exif=exif), LIMITS)
    assert (picture.width, picture.height) == (20, 40)


def test_an_animation_is_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 8), "blue")]
    for kind in ("PNG", "WEBP", "GIF"):
        data = _bytes(_image(size=(8, 8)), kind, save_all=True, append_images=frames)
        shown = _opened(prepare(data, LIMITS))
        assert getattr(shown, "n_frames", 1) == 1
        pixel = shown.convert("RGB").getpixel((4, 4))
        assert isinstance(pixel, tuple)
        assert pixel[0] > 150 > pixel[2]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_image_is_scaled_to_what_paper_shows(kind: str) -> None:
    picture = prepare(_bytes(_image(size=(5_000, 1_000)), kind), LIMITS)
    assert (picture.width, picture.height) == (LONGEST_SIDE, LONGEST_SIDE // 5)


def _png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    body = zlib.compress(b"\0" * 10_000)
    data = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data += struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("size", [(10_001, 10_000), (60_000, 60_000), (2**31 - 1, 1)])
def test_too_many_pixels_are_refused_before_decoding(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
    problem = _problem(_png_header(*size))
    assert problem.code is WarningCode.IMAGE_REFUSED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><svg xmlns='http://www.w3.org/2000/svg'/></html>",
        b"BMW is a car",
        b"%PDF-1.7",
        b"RIFF\x00\x00\x00\x00WAVE",
        _bytes(_image(), "TIFF"),
        b"\0\0\0\x1cftypavif",
    ],
)
def test_any_other_format_is_refused(data: bytes) -> None:
    assert kind_of(data) is None
    assert _problem(data).reason is Reason.UNKNOWN_FORMAT


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_file_is_refused(kind: str) -> None:
    data = _bytes(Image.effect_noise((200, 200), 60).convert("RGB"), kind)
    assert _problem(data[: len(data) // 3]).reason is Reason.DAMAGED


PHOTOGRAPH = Image.merge("RGB", [Image.linear_gradient("L").rotate(angle) for angle in (0, 90, 180)]).resize((400, 300))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [1, 2, 3, 20, 200])
def test_a_photograph_without_its_last_bytes_is_shown(missing: int, *, progressive: bool) -> None:
    data = _bytes(PHOTOGRAPH, "JPEG", quality=90, progressive=progressive)
    whole, cut = prepare(data, LIMITS), prepare(data[:-missing], LIMITS)
    assert (cut.width, cut.height) == (whole.width, whole.height)
    top = (0, 0, 400, 200)
    difference = ImageChops.difference(_opened(cut).crop(top), _opened(whole).crop(top))
    assert max(high for _, high in difference.getextrema()) < 24  # type: ignore[misc]


def test_a_photograph_says_that_its_bottom_is_missing() -> None:
    data = _bytes(PHOTOGRAPH, "JPEG", quality=90)
    assert not prepare(data[:-2], LIMITS).incomplete, "only the mark of the end is missing"
    assert prepare(data[: len(data) * 3 // 4], LIMITS).incomplete


def test_fifty_megapixels_of_a_telephone_are_reduced_while_they_are_decoded() -> None:
    data = _bytes(Image.new("RGB", (8_160, 6_120), RED), "JPEG")
    picture = prepare(data, LIMITS)
    assert (picture.width, picture.height) == (LONGEST_SIDE, 1_500)


def test_an_animation_of_very_many_frames_costs_its_first_one() -> None:
    one = _bytes(Image.new("P", (2, 2)), "GIF")
    frame = one[one.index(b"\x2c") : -1]
    data = one[:-1] + frame * 200_000 + b";"
    begin = time.process_time()
    assert prepare(data, LIMITS).width == 2
    assert time.process_time() - begin < 0.5


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"heix"])
def test_a_heic_photograph_is_named(brand: bytes) -> None:
    assert _problem(b"\0\0\0\x18ftyp" + brand + b"\0" * 200).reason is Reason.HEIC


def test_a_heavy_file_is_refused_unread() -> None:
    data = _bytes(_image(), "PNG")
    assert _problem(data, Limits(image_bytes=len(data) - 1)).reason is Reason.TOO_HEAVY
    assert prepare(data, Limits(image_bytes=len(data))).mime == "image/png"


@settings(max_examples=60)
@given(
    st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]),
    st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 255)), max_size=8),
)
def test_damaged_bytes_give_a_picture_or_a_problem(kind: str, damage: list[tuple[int, int]]) -> None:
    data = bytearray(_bytes(_image(), kind))
    for place, value in damage:
        data[place % len(data)] = value
    try:
        picture = prepare(bytes(data), LIMITS)
    except ImageProblem:
        return
    assert kind_of(picture.data) in (Kind.PNG, Kind.JPEG)


def test_a_problem_crosses_processes() -> None:
    problem = pickle.loads(pickle.dumps(_problem(b"")))
    assert (problem.reason, problem.code) == (Reason.UNKNOWN_FORMAT, WarningCode.IMAGE_REFUSED)
