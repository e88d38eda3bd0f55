"""Packs a tagged PDF into a segment, the relocatable form in which the assembler joins copies, and unpacks it.

A typesetter's PDF stands alone: it numbers its objects from 1, ends in a catalog and owns a structure tree. Packing
takes it apart once, in the worker: text objects become relocatable lines, streams stay as they are, and every object
that depends on the rest of the document (parent nodes, keys of the parent tree, folios, links to other copies) becomes
a *socket* that the assembler fills. So joining costs the same small work for each segment, however many there are, and
a segment from the cache fits anywhere.
"""

import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf
from pydantic import ValidationError

from services.common.error_text import describe
from services.renderer.assembly.folios import SAVE
from services.renderer.assembly.index import SegmentIndex
from services.renderer.assembly.syntax import has_references, references

COPY_SCHEME = "copy:"
"""A link `copy:N` in a segment goes to the first page of the copy with the ordinal N, from 0."""

LONGEST_LINES = 512 * 1024**2
"""Bytes of a segment's text objects: a hundred times those of the largest copy a worker's memory can hold."""

_ENTRY = re.compile(rb"\d+ 0 obj\n(.*)\nendobj\n", re.DOTALL)
_SOCKET = re.compile(rb"<< /Index (\d+) /Socket /(\w+) >>")
_CATALOG_KEY = re.compile(rb"/(\w+) (\[[^]]*\]|\d+ 0 R)")


class MalformedSegment(ValueError):
    """Bytes that are no tagged PDF to pack, or no packed segment."""


@dataclass(frozen=True)
class Stream:
    """A stream object. `digest` is set where it refers to no other object, so that equal streams are written once."""

    number: int
    head: bytes
    data: bytes
    digest: str


@dataclass(frozen=True)
class Segment:
    """An unpacked segment, with object numbers of its own.

    `sockets` map an object number to what the assembler replaces references to it by: a kind (`document`, `pages`,
    `parents`, `copy`, `folio`) and an index within that kind.
    """

    count: int
    tree: int
    part: int
    pages: tuple[int, ...]
    parents: tuple[int, ...]
    sockets: dict[int, tuple[str, int]]
    roles: bytes
    numbers: tuple[int, ...]
    lines: bytes
    streams: tuple[Stream, ...]


def pack(pdf: bytes) -> bytes:
    """Pack a typesetter's tagged PDF.

    Raises:
        MalformedSegment: it is no PDF, or has no structure tree.
    """
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            roles = _take_apart(document)
            plain = io.BytesIO()
            document.save(
                plain,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                compress_streams=False,
                static_id=True,
            )
        return _container(plain.getvalue(), roles)
    except (pikepdf.PdfError, AttributeError, KeyError, TypeError) as error:
        raise MalformedSegment(describe(error)) from error


def _take_apart(document: Pdf) -> bytes:
    """Put sockets in, and leave a catalog of the page tree, its pages, the part and the parent tree's values; returns
    the role map.
    """
    root = document.Root
    structure = root.StructTreeRoot
    roles = structure.get("/RoleMap")
    destinations = _destinations(root)
    part = structure.K[0] if isinstance(structure.K, Array) else structure.K
    part.P = _socket(document, "document")
    part.S = Name.Part
    root.Pages.Parent = _socket(document, "pages")
    for index, page in enumerate(document.pages):
        _fit_page(document, page.obj, index, destinations)
    kept = {
        "/Type": Name.Catalog,
        "/Pages": root.Pages,
        "/Order": Array([page.obj for page in document.pages]),
        "/Part": part,
        "/Parents": Array(_parents(document, structure)),
    }
    for key in list(root.keys()):
        del root[key]
    for key, value in kept.items():
        root[key] = value
    for key in list(document.trailer.keys()):
        if key not in ("/Root", "/Size"):
            del document.trailer[key]
    return b"" if roles is None else bytes(roles.unparse(resolved=True))


def _socket(document: Pdf, kind: str, index: int = 0) -> Object:
    return document.make_indirect(Dictionary(Index=index, Socket=Name(f"/{kind}")))


def _fit_page(document: Pdf, page: Object, index: int, destinations: dict[str, Object]) -> None:
    contents = page.Contents
    streams = list(contents) if isinstance(contents, Array) else [contents]
    page.Contents = Array([document.make_stream(SAVE), *streams, _socket(document, "folio", index)])
    page.StructParents = _socket(document, "parents", int(page.StructParents))
    for annotation in page.get("/Annots", ()):
        if "/StructParent" in annotation:
            annotation.StructParent = _socket(document, "parents", int(annotation.StructParent))
        _fit_link(document, annotation, destinations)


def _fit_link(document: Pdf, annotation: Object, destinations: dict[str, Object]) -> None:
    """Resolve links by name, because names would clash; make links to other copies sockets."""
    named = annotation.get("/Dest")
    if isinstance(named, pikepdf.String):
        annotation.Dest = destinations[str(named)]
    action: Any = annotation.get("/A")
    target = str(action.get("/URI", "")) if action is not None else ""
    if target.startswith(COPY_SCHEME):
        del annotation["/A"]
        page = _socket(document, "copy", int(target.removeprefix(COPY_SCHEME)))
        annotation.Dest = Array([page, Name.XYZ, 0, 842, 0])


def _destinations(root: Object) -> dict[str, Object]:
    names: Any = root.get("/Names", Dictionary())
    flat: list[Any] = list(names.get("/Dests", Dictionary()).get("/Names", ()))
    return {str(key): value for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _parents(document: Pdf, structure: Object) -> list[Object]:
    """The parent tree's values, in the order of their keys, which count from 0."""
    flat: list[Any] = list(structure.ParentTree.Nums)
    if [int(key) for key in flat[::2]] != list(range(len(flat) // 2)):
        raise MalformedSegment("the parent tree's keys have gaps")
    return [value if value.is_indirect else document.make_indirect(value) for value in flat[1::2]]


def _container(plain: bytes, roles: bytes) -> bytes:
    """The packed form of a PDF as qpdf writes it: a JSON index, compressed lines of text objects, streams."""
    catalog: dict[str, list[int]] = {}
    sockets: list[tuple[int, str, int]] = []
    lines: list[bytes] = []
    numbers: list[int] = []
    streams: list[tuple[int, int, int, str]] = []
    binary: list[bytes] = []
    entries = list(_entries(plain))
    for number, body in entries:
        head, mark, rest = body.partition(b"\nstream\n")
        if mark:
            data = rest.removesuffix(b"\nendstream")
            streams.append((number, len(head), len(data), _digest(head, data)))
            binary += (head, data)
        elif socket := _SOCKET.fullmatch(body):
            sockets.append((number, socket[2].decode(), int(socket[1])))
        elif b"/Type /Catalog" in body and b"/Order [" in body:
            catalog = {key.decode(): references(value) for key, value in _CATALOG_KEY.findall(body)}
        else:
            numbers.append(number)
            lines.append(body)
    index = {
        "count": len(entries),
        "tree": catalog["Pages"][0],
        "part": catalog["Part"][0],
        "pages": catalog["Order"],
        "parents": catalog["Parents"],
        "sockets": sockets,
        "roles": roles.decode("latin-1"),
        "numbers": numbers,
        "streams": streams,
    }
    packed = zlib.compress(b"\n".join(lines), 1)
    return b"".join(
        (json.dumps(index | {"packed": len(packed)}, separators=(",", ":")).encode(), b"\n", packed, *binary)
    )


def _entries(plain: bytes) -> Iterator[tuple[int, bytes]]:
    """Each object's number and body, found by the cross-reference table."""
    start = int(plain[plain.rindex(b"startxref\n") + 10 :].split(b"\n", 1)[0])
    table = plain[start:].split(b"trailer", 1)[0].split(b"\n")[2:]
    offsets = [int(entry[:10]) for entry in table if entry[17:18] == b"n"]
    for number, (begin, end) in enumerate(zip(offsets, [*offsets[1:], start], strict=True), start=1):
        entry = _ENTRY.match(plain, begin, end)
        if entry is None:
            raise MalformedSegment(f"object {number} cannot be read")
        yield number, entry[1]


def unpack(segment: bytes) -> Segment:
    """Unpack a segment.

    Raises:
        MalformedSegment: the bytes are not a segment's, or do not agree with each other.
    """
    head, _, rest = segment.partition(b"\n")
    try:
        index = SegmentIndex.model_validate_json(head)
        lines = _inflated(rest[: index.packed])
    except (ValidationError, zlib.error) as error:
        raise MalformedSegment(describe(error)) from error
    if lines.count(b"\n") + 1 != len(index.numbers):
        raise MalformedSegment("text objects and index differ")
    return Segment(
        count=index.count,
        tree=index.tree,
        part=index.part,
        pages=index.pages,
        parents=index.parents,
        sockets={number: (kind, socket_index) for number, kind, socket_index in index.sockets},
        roles=index.roles.encode(),
        numbers=index.numbers,
        lines=lines,
        streams=tuple(_streams(index, memoryview(rest)[index.packed :])),
    )


def _inflated(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    lines = inflater.decompress(packed, LONGEST_LINES)
    if not inflater.eof or inflater.unused_data:
        raise MalformedSegment("the text objects are cut off, or more than a segment's")
    return lines


def _streams(index: SegmentIndex, binary: memoryview) -> Iterator[Stream]:
    """The streams, each as long as it says, and with the digest that it says: another copy may share it."""
    position = 0
    for number, head, data, digest in index.streams:
        middle = position + head
        end = middle + data
        stream = Stream(number, bytes(binary[position:middle]), bytes(binary[middle:end]), digest)
        if b"/Length %d >>" % data not in stream.head or digest not in ("", _digest(stream.head, stream.data)):
            raise MalformedSegment(f"the stream {number} is another one than its index says")
        yield stream
        position = end
    if position != len(binary):
        raise MalformedSegment("there is more than the streams, or less")


def _digest(head: bytes, data: bytes) -> str:
    """What equal streams have in common; nothing for one that refers to other objects."""
    if has_references(head):
        return ""
    return hashlib.blake2b(b"%d\n" % len(head) + head + data, digest_size=16).hexdigest()
