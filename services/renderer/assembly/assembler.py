"""Assembles segments into one tagged PDF, each written to the file as it is added.

Copies are added in the order of the document; the front pages are written last, because they list the copies' pages,
and come first in the page tree. In memory stay a few numbers a page and a copy, never a page. Equal streams (fonts,
images, glyphs) are written once. The same segments in the same order give the same bytes.
"""

import re
from array import array as numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import IO

from services.renderer.assembly import metadata
from services.renderer.assembly.folios import folio
from services.renderer.assembly.metadata import DocumentInfo
from services.renderer.assembly.outline import Bookmark, write_outline
from services.renderer.assembly.segments import MalformedSegment, Segment, unpack
from services.renderer.assembly.syntax import array, ref, relocate
from services.renderer.assembly.writer import PdfWriter

GROUP = 64
"""Copies under one node of the page tree: a reader finds a page without walking all of them."""

_BLANK = b"<< /Type /Page /Parent %s /MediaBox [ 0 0 595.276 841.89 ] /Resources << >> /Tabs /S >>"
_CELL_ID = re.compile(rb"/ID \(([^\\()]*)\)")
_HEADERS = re.compile(rb"/Headers \[([^]]*)\]")
_HEADER = re.compile(rb"\(([\d-]+)\)")


@dataclass(frozen=True)
class Written:
    """A finished file: its number of pages, and its SHA-256 in hexadecimal."""

    pages: int
    sha256: str


def even(pages: int) -> int:
    """The number of pages rounded up to an even one, so that the next copy starts on a sheet of its own."""
    return pages + pages % 2


def starts_of(counts: Sequence[int], front_pages: int, *, duplex: bool) -> tuple[int, ...]:
    """The page of the file, from 1, on which each copy starts; `counts` are the copies' numbers of pages."""
    taken = [even(count) if duplex else count for count in (front_pages, *counts)]
    return tuple(1 + before for before in accumulate(taken[:-1])) if counts else ()


class Assembler:
    """Assembles one document into a binary file opened for writing: `add` for each copy, then `finish`."""

    def __init__(self, file: IO[bytes], *, duplex: bool = False) -> None:
        self._writer = PdfWriter(file)
        self._duplex = duplex
        self._document = self._writer.reserve()
        self._page_root = self._writer.reserve()
        self._group = self._writer.reserve()
        self._group_kids: list[int] = []
        self._group_pages = 0
        self._groups: list[tuple[int, int]] = []
        self._parts: list[int] = []
        self._parent_leaves: list[tuple[int, int, int]] = []
        self._parent_key = 0
        self._folios = numbers("L")
        self._first_pages: list[int] = []
        self._counts: list[int] = []
        self._shared: dict[str, int] = {}
        self._cell_ids: list[tuple[bytes, int]] = []
        self._roles = b""
        self._first_page = self._page_root

    @property
    def pages(self) -> int:
        """Pages so far, blank ones included."""
        return sum(even(count) if self._duplex else count for count in self._counts)

    def add(self, segment: bytes) -> int:
        """Append a copy and return its number of pages, without a blank one that `duplex` may add.

        Raises:
            MalformedSegment: the bytes are not a segment's.
        """
        copy = unpack(segment)
        base = self._place(copy, self._group)
        self._group_kids.append(base + copy.tree)
        self._group_pages += len(copy.pages)
        self._counts.append(len(copy.pages))
        self._first_pages.append(base + copy.pages[0])
        self._folios.extend(base + number for number in self._folio_numbers(copy))
        if self._duplex and len(copy.pages) % 2:
            self._add_blank()
        if len(self._group_kids) >= GROUP:
            self._close_group()
        return len(copy.pages)

    def finish(
        self,
        info: DocumentInfo,
        *,
        front: Sequence[bytes] = (),
        outline: Sequence[Bookmark] = (),
        wrote: Callable[[float], None] = lambda _: None,
    ) -> Written:
        """Write the front pages, page numbers, catalog, outline and cross-reference table, and complete the file.

        `front` are the segments before the copies; `wrote` is called with the share of pages that are complete.
        """
        front_pages = self._add_front(front)
        self._write_folios(wrote)
        root = self._write_catalog(info, outline)
        info_number = self._writer.reserve()
        self._writer.plain(info_number, metadata.dictionary(info))
        sha256 = self._writer.finish(root, info_number)
        padding = front_pages % 2 if self._duplex else 0
        return Written(front_pages + padding + self.pages, sha256)

    def _place(self, segment: Segment, pages_parent: int) -> int:
        """Write a segment's objects; the offset from its object numbers to those of the file.

        Raises:
            MalformedSegment: it refers to an object or to a copy that is not there.
        """
        try:
            return self._placed(segment, pages_parent)
        except IndexError as error:
            raise MalformedSegment("it refers to nothing") from error

    def _placed(self, segment: Segment, pages_parent: int) -> int:
        base = self._writer.reserve(segment.count) - 1
        table = self._table(segment, base, pages_parent)
        self._write_streams(segment, base, table)
        relocated = self._unique_cells(relocate(segment.lines, table))
        for number, text in zip(segment.numbers, relocated.split(b"\n"), strict=True):
            self._writer.plain(base + number, text)
            if cell := _CELL_ID.search(text):
                self._cell_ids.append((cell[1], base + number))
        self._add_parents(segment, base)
        self._parts.append(base + segment.part)
        self._roles = self._roles or segment.roles
        return base

    def _table(self, segment: Segment, base: int, pages_parent: int) -> list[bytes]:
        """The text that replaces each of the segment's references, by object number."""
        table = [b"%d 0 R" % (base + number) for number in range(segment.count + 1)]
        for number, (kind, index) in segment.sockets.items():
            if kind == "document":
                table[number] = ref(self._document)
            elif kind == "pages":
                table[number] = ref(pages_parent)
            elif kind == "parents":
                table[number] = b"%d" % (self._parent_key + index)
            elif kind == "copy":
                table[number] = ref(self._first_pages[index])
        return table

    def _write_streams(self, segment: Segment, base: int, table: list[bytes]) -> None:
        """Write the streams; of those that are in the file already, only references. Streams without any come first."""
        for stream in sorted(segment.streams, key=lambda stream: not stream.digest):
            known = self._shared.get(stream.digest) if stream.digest else None
            if known is not None:
                table[stream.number] = ref(known)
                continue
            if stream.digest:
                self._shared[stream.digest] = base + stream.number
            self._writer.stream(base + stream.number, relocate(stream.head, table), stream.data)

    def _unique_cells(self, text: bytes) -> bytes:
        """Prefix the ids of table headers, unique within a segment, so that they are unique within the document."""
        if b"/ID (" not in text:
            return text
        prefix = b"(%06d." % len(self._parts)
        text = _CELL_ID.sub(lambda cell: b"/ID " + prefix + cell[1] + b")", text)
        return _HEADERS.sub(lambda headers: _HEADER.sub(lambda one: prefix + one[1] + b")", headers[0]), text)

    def _add_parents(self, segment: Segment, base: int) -> None:
        first, last = self._parent_key, self._parent_key + len(segment.parents) - 1
        pairs = b" ".join(b"%d %d 0 R" % (first + index, base + number) for index, number in enumerate(segment.parents))
        leaf = self._writer.reserve()
        self._writer.plain(leaf, b"<< /Limits [ %d %d ] /Nums [ %s ] >>" % (first, last, pairs))
        self._parent_leaves.append((leaf, first, last))
        self._parent_key = last + 1

    @staticmethod
    def _folio_numbers(segment: Segment) -> list[int]:
        sockets = sorted((page, number) for number, (kind, page) in segment.sockets.items() if kind == "folio")
        return [number for _, number in sockets]

    def _add_blank(self) -> None:
        number = self._writer.reserve()
        self._writer.plain(number, _BLANK % ref(self._group))
        self._group_kids.append(number)
        self._group_pages += 1
        self._folios.append(0)

    def _close_group(self) -> None:
        kids = array([ref(kid) for kid in self._group_kids])
        node = b"<< /Type /Pages /Parent %s /Count %d /Kids %s >>" % (ref(self._page_root), self._group_pages, kids)
        self._writer.plain(self._group, node)
        self._groups.append((self._group, self._group_pages))
        self._group = self._writer.reserve()
        self._group_kids = []
        self._group_pages = 0

    def _add_front(self, front: Sequence[bytes]) -> int:
        """Write the front pages as the first group and return their number."""
        if self._group_kids:
            self._close_group()
        if self._first_pages:
            self._first_page = self._first_pages[0]
        if not front:
            return 0
        copies, self._folios, parts = self._folios, numbers("L"), len(self._parts)
        for index, packed in enumerate(front):
            segment = unpack(packed)
            base = self._place(segment, self._group)
            if index == 0:
                self._first_page = base + segment.pages[0]
            self._group_kids.append(base + segment.tree)
            self._group_pages += len(segment.pages)
            self._folios.extend(base + number for number in self._folio_numbers(segment))
        pages = self._group_pages
        if self._duplex and pages % 2:
            blank = self._writer.reserve()
            self._writer.plain(blank, _BLANK % ref(self._group))
            self._group_kids.append(blank)
            self._group_pages += 1
            self._folios.append(0)
        self._folios.extend(copies)
        self._close_group()
        self._groups.insert(0, self._groups.pop())
        self._parts = self._parts[parts:] + self._parts[:parts]
        return pages

    def _write_folios(self, wrote: Callable[[float], None]) -> None:
        """Write the content stream with the page number for every page but the blank ones."""
        for page, number in enumerate(self._folios, start=1):
            if number:
                self._writer.deflated(number, b"", folio(page))
            if page % GROUP == 0:
                wrote(page / len(self._folios))

    def _write_catalog(self, info: DocumentInfo, outline: Sequence[Bookmark]) -> int:
        writer = self._writer
        total = sum(count for _, count in self._groups)
        kids = array([ref(number) for number, _ in self._groups])
        writer.plain(self._page_root, b"<< /Type /Pages /Count %d /Kids %s >>" % (total, kids))
        xmp = writer.reserve()
        packet = metadata.xmp(info)
        writer.stream(xmp, b"<< /Type /Metadata /Subtype /XML /Length %d >>" % len(packet), packet)
        keys = [
            b"<< /Type /Catalog /Pages %s /Lang (%s)" % (ref(self._page_root), info.language.encode()),
            b"/StructTreeRoot %s /MarkInfo << /Marked true >>" % ref(self._write_structure()),
            b"/ViewerPreferences << /DisplayDocTitle true >> /Metadata %s" % ref(xmp),
            b"/PageLabels << /Nums [ 0 << /S /D >> ] >>",
        ]
        marks = write_outline(outline, writer.reserve, self._target, writer.plain)
        if marks is not None:
            keys.append(b"/Outlines %s /PageMode /UseOutlines" % ref(marks))
        root = writer.reserve()
        writer.plain(root, b" ".join((*keys, b">>")))
        return root

    def _target(self, mark: Bookmark) -> int:
        while mark.copy is None and mark.children:
            mark = mark.children[0]
        return self._first_page if mark.copy is None else self._first_pages[mark.copy]

    def _write_structure(self) -> int:
        writer = self._writer
        root, tree = writer.reserve(), writer.reserve()
        leaves = array([ref(leaf) for leaf, _, _ in self._parent_leaves])
        writer.plain(tree, b"<< /Kids %s >>" % leaves)
        kids = array([ref(part) for part in self._parts])
        writer.plain(self._document, b"<< /Type /StructElem /S /Document /P %s /K %s >>" % (ref(root), kids))
        keys = [
            b"<< /Type /StructTreeRoot /K [ %s ] /ParentTree %s" % (ref(self._document), ref(tree)),
            b"/ParentTreeNextKey %d" % self._parent_key,
        ]
        if self._cell_ids:
            names = b" ".join(b"(%s) %d 0 R" % cell for cell in sorted(self._cell_ids))
            keys.append(b"/IDTree << /Names [ %s ] >>" % names)
        if self._roles:
            keys.append(b"/RoleMap " + self._roles)
        writer.plain(root, b" ".join((*keys, b">>")))
        return root
