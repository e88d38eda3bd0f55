"""What tests read of a PDF: its text, its structure tree, its pictures."""

import io
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import outloud
import page
import pikepdf
from PIL import Image


def text_of(pdf: bytes, *options: str) -> str:
    """The text as a reader copies it, on normalised spaces."""
    command = ["pdftotext", *options, "-", "-"]
    found = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
    return found.replace("\u00a0", " ")


def words_of(pdf: bytes) -> str:
    """The text on one line, in the order in which it is painted."""
    return " ".join(text_of(pdf, "-raw").split())


def errors_of(pdf: bytes, folder: Path) -> list[str]:
    """PDF/UA-1 errors, as two validators that share no code say them: `outloud` and `page`."""
    path = folder / "checked.pdf"
    path.write_bytes(pdf)
    result = outloud.check(str(path))
    assert result.error is None
    report = page.validate_pdf_bytes(pdf, profile=page.ValidationProfile.PDF_UA_1)
    assert report.rules.total > 100
    return [
        *(f"{each.rule} {each.message}" for each in result.findings if each.severity == "error"),
        *(f"{each.rule_id} {each.message}" for each in report.failures),
    ]


def elements_of(pdf: bytes) -> list[tuple[str, str]]:
    """The structure elements in reading order: type and alternative."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return list(_walk(document.Root.StructTreeRoot.K))


def _walk(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from _walk(kid)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield str(node.S)[1:], str(node.get("/Alt", ""))
        yield from _walk(node.get("/K", pikepdf.Array()))


def page_of(pdf: bytes, alternative: str) -> int:
    """The page, from 0, on which the picture with this alternative stands."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        pages = [page.obj.objgen for page in document.pages]
        elements = [each for each in document.objects if isinstance(each, pikepdf.Dictionary)]
        (found,) = (each for each in elements if str(each.get("/Alt", "")) == alternative)
        return pages.index(found.Pg.objgen)


def picture_of(pdf: bytes, page: int = 1, dots: int = 50) -> Image.Image:
    """A page as pixels."""
    command = ["pdftoppm", "-r", str(dots), "-f", str(page), "-l", str(page), "-png", "-"]
    done = subprocess.run(command, input=pdf, capture_output=True, check=True)
    assert not done.stderr, done.stderr
    return Image.open(io.BytesIO(done.stdout)).convert("RGB")


def everything_in(pdf: bytes) -> bytes:
    """Every object and stream of a PDF, decoded: where something that must not be there could hide."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        parts = [bytes(document.trailer.unparse(resolved=False))]
        for each in document.objects:
            if isinstance(each, pikepdf.Stream):
                parts.append(bytes(each.unparse(resolved=True)))
                parts.append(each.read_bytes() if "/DCTDecode" not in str(each.get("/Filter", "")) else b"")
            else:
                parts.append(bytes(each.unparse(resolved=True)))
    return b"\n".join(parts)


def a_png(side: int = 8) -> bytes:
    """A black square."""
    rows = b"".join(b"\x00" + b"\x00" * side for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
