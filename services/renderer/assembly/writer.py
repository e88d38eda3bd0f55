"""Writes a PDF 1.7 file from front to back, keeping of each object only its cross-reference entry: eight bytes.

Objects may be written in any order and their numbers handed out before they are written. Those that are not streams
are packed into compressed object streams (PDF 1.5), which is what keeps a structure tree small on disk.
"""

import hashlib
import zlib
from typing import IO

from services.renderer.assembly.syntax import ref

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PACK_BYTES = 256_000
PACK_OBJECTS = 2_000

_ENTRY = 8
"""Bytes of a cross-reference entry: type 1, offset or stream number 5, index in the stream 2."""


class PdfWriter:
    """Writes one PDF to a binary file. `finish` completes it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._entries = bytearray(_ENTRY)
        self._position = 0
        self._digest = hashlib.sha256()
        self._held: list[tuple[int, bytes]] = []
        self._held_bytes = 0
        self._put(HEADER)

    def reserve(self, count: int = 1) -> int:
        """Reserve `count` object numbers and return the first. A number that is never written is a free object."""
        first = len(self._entries) // _ENTRY
        self._entries.extend(bytes(_ENTRY * count))
        return first

    def plain(self, number: int, text: bytes) -> None:
        """Write an object that is not a stream."""
        self._held.append((number, text))
        self._held_bytes += len(text) + 1
        if self._held_bytes >= PACK_BYTES or len(self._held) >= PACK_OBJECTS:
            self._flush()

    def stream(self, number: int, head: bytes, data: bytes) -> None:
        """Write a stream whose dictionary `head` states its length and filters."""
        self._enter(number, 1, self._position, 0)
        self._put(b"%d 0 obj\n%s\nstream\n" % (number, head))
        self._put(data)
        self._put(b"\nendstream\nendobj\n")

    def deflated(self, number: int, keys: bytes, data: bytes | bytearray) -> None:
        """Compress and write a stream; `keys` are its dictionary's entries besides length and filter."""
        packed = zlib.compress(data, 6)
        self.stream(number, b"<< %s /Filter /FlateDecode /Length %d >>" % (keys, len(packed)), packed)

    def finish(self, root: int, info: int) -> str:
        """Write the cross-reference stream and return the file's SHA-256 in hexadecimal."""
        self._flush()
        number = self.reserve()
        start = self._position
        self._enter(number, 1, start, 0)
        size = len(self._entries) // _ENTRY
        identity = self._digest.hexdigest()[:32].encode()
        trailer = b"/Type /XRef /Size %d /W [ 1 5 2 ] /Root %s /Info %s /ID [ <%s> <%s> ]" % (
            size,
            ref(root),
            ref(info),
            identity,
            identity,
        )
        self.deflated(number, trailer, self._entries)
        self._put(b"startxref\n%d\n%%%%EOF\n" % start)
        self._file.flush()
        return self._digest.hexdigest()

    def _flush(self) -> None:
        """Write the held objects as one object stream."""
        if not self._held:
            return
        number = self.reserve()
        index: list[bytes] = []
        offset = 0
        for index_in_stream, (held, text) in enumerate(self._held):
            index.append(b"%d %d" % (held, offset))
            offset += len(text) + 1
            self._enter(held, 2, number, index_in_stream)
        first = b" ".join(index) + b"\n"
        keys = b"/Type /ObjStm /N %d /First %d" % (len(self._held), len(first))
        self.deflated(number, keys, first + b"\n".join(text for _, text in self._held))
        self._held.clear()
        self._held_bytes = 0

    def _enter(self, number: int, kind: int, where: int, index: int) -> None:
        start = number * _ENTRY
        self._entries[start : start + _ENTRY] = bytes((kind,)) + where.to_bytes(5, "big") + index.to_bytes(2, "big")

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._position += len(data)
