"""Looks through every object of a PDF for what must never be in one: actions, addresses, files, scripts, forms."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pikepdf

FORBIDDEN = frozenset(
    {
        "/AA",
        "/AcroForm",
        "/EmbeddedFiles",
        "/FileAttachment",
        "/GoToE",
        "/GoToR",
        "/Hide",
        "/ImportData",
        "/JS",
        "/JavaScript",
        "/Launch",
        "/Movie",
        "/Named",
        "/OpenAction",
        "/Rendition",
        "/ResetForm",
        "/RichMedia",
        "/Screen",
        "/Sound",
        "/SubmitForm",
        "/Thread",
        "/Trans",
        "/URI",
        "/URL",
        "/Widget",
        "/XFA",
    }
)
"""Names of keys, actions, annotations and objects that act, reach outside, or carry a file to open (ISO 32000-2)."""

MATHML = re.compile(r"formula-\d+\.mml")
"""The only files that a document of ours is associated with: what its formulas say."""

_NAME = re.compile(rb"/[A-Za-z]+")
_ENCODED = frozenset(name.encode() for name in FORBIDDEN)


def dangers(path: Path) -> list[str]:
    """The forbidden names that a PDF's objects hold as names (the same words in a text are none), and files in it."""
    found: set[str] = set()
    with pikepdf.open(path) as pdf:
        for each in (pdf.trailer, *pdf.objects):
            each = each.stream_dict if isinstance(each, pikepdf.Stream) else each
            text = each.unparse(resolved=True) if isinstance(each, pikepdf.Object) else b""
            if not _ENCODED.isdisjoint(_NAME.findall(text)):
                found |= FORBIDDEN.intersection(_names(each))
            if b"/F" in text or b"/EmbeddedFile" in text:
                found |= {name for inner in _dictionaries(each) for name in _files(inner)}
    return sorted(found)


def _files(value: pikepdf.Dictionary) -> Iterator[str]:
    """The files of a file specification, or of an embedded file, that are no MathML of ours."""
    if "/EF" in value or value.get("/Type") == "/Filespec":
        yield from (f"the file {value[key]}" for key in ("/F", "/UF") if not MATHML.fullmatch(str(value.get(key, ""))))
    if value.get("/Type") == "/EmbeddedFile" and value.get("/Subtype") != "/application/mathml+xml":
        yield "an embedded file"


def _dictionaries(value: object) -> Iterator[pikepdf.Dictionary]:
    """An object and those directly inside it, as far as they are dictionaries."""
    if isinstance(value, pikepdf.Dictionary):
        yield value
    inside = value.values() if isinstance(value, pikepdf.Dictionary) else ()
    for inner in value if isinstance(value, pikepdf.Array) else inside:
        if not _is_reference(inner):
            yield from _dictionaries(inner)


def _names(value: object) -> Iterator[str]:
    """Every name in an object, keys among them; what it refers to is looked through by itself."""
    if isinstance(value, pikepdf.Name):
        yield str(value)
    elif isinstance(value, pikepdf.Dictionary):
        for key, inner in value.items():
            yield str(key)
            if not _is_reference(inner):
                yield from _names(inner)
    elif isinstance(value, pikepdf.Array):
        for inner in value:
            if not _is_reference(inner):
                yield from _names(inner)


def _is_reference(value: object) -> bool:
    return isinstance(value, pikepdf.Object) and value.is_indirect


def holds(path: Path, secret: str) -> bool:
    """Whether a PDF says something, in its text or in any decoded stream."""
    said = subprocess.run(["pdftotext", "-q", str(path), "-"], capture_output=True, check=True).stdout
    if secret.encode() in said:
        return True
    with pikepdf.open(path) as pdf:
        return any(
            secret.encode() in each.read_raw_bytes()
            if "/DCTDecode" in str(each.get("/Filter", ""))
            else secret.encode() in each.read_bytes()
            for each in pdf.objects
            if isinstance(each, pikepdf.Stream)
        )


def faults(path: Path) -> list[str]:
    """What `qpdf --check` says is wrong with a PDF; nothing where it is sound."""
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else (done.stderr or done.stdout).splitlines()
