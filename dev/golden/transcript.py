"""A report as text: for each page its label, running lines and boxes, then what is read there, element by element.

One line a block of the structure tree, in reading order; what is inside a line stays in it: ⟦Formula: its speech⟧.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pikepdf

from dev.golden import pages

_SILENT = frozenset({"Document", "Part", "Div", "NonStruct", "Sect", "Span", "LBody", "THead", "TBody"})
"""Elements that say nothing of their own."""

_BLOCKS = frozenset({"P", "Reference", "H1", "H2", "H3", "LI", "TOCI", "TR"})
"""Elements that have a line here."""

_WHOLE = frozenset({"LI", "TOCI", "TR"})
"""Blocks whose inner blocks stay in their line."""

_CELLS = {"TH": " ‖ ", "TD": " | "}


@dataclass(frozen=True)
class Piece:
    """Something read: on which page (from 0), in which element's line (a number of ours), under which tags."""

    page: int
    line: int
    tags: tuple[str, ...]
    text: str
    baseline: float | None = None


def transcript(document: bytes) -> str:
    """The whole document."""
    with pikepdf.open(io.BytesIO(document)) as pdf:
        reading = _Reading(pdf)
        body: list[list[str]] = [[] for _ in pdf.pages]
        for piece in _lines(reading.pieces()):
            body[piece.page].append(f"{'/'.join(piece.tags)} {piece.text}")
        lines = [*_head(pdf), *_outline(pdf)]
        for number, content in enumerate(reading.contents):
            label = pdf.pages[number].label
            lines += ["", " | ".join((f"== page {label}", *content.margins)), *_boxes(content), *body[number]]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _head(pdf: pikepdf.Pdf) -> Iterator[str]:
    yield f"title {pdf.docinfo.get('/Title', '')}"
    yield f"language {pdf.Root.get('/Lang', '')}"


def _outline(pdf: pikepdf.Pdf) -> Iterator[str]:
    places = {page.obj.objgen: page.label for page in pdf.pages}
    with pdf.open_outline() as outline:
        yield from _bookmarks(outline.root, places, "")


def _bookmarks(items: Any, places: dict[tuple[int, int], str], indent: str) -> Iterator[str]:
    for item in items:
        target = item.destination if item.destination is not None else item.action.D
        yield f"bookmark {indent}{item.title} → {places[target[0].objgen]}"
        yield from _bookmarks(item.children, places, indent + "  ")


def _boxes(content: pages.PageContent) -> Iterator[str]:
    for box in content.boxes:
        yield f"[] {box}"


class _Reading:
    """The structure tree walked in reading order, with the text that its elements own on the pages."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._root = pdf.Root.StructTreeRoot.K
        self._places = {page.obj.objgen: (number, page.label) for number, page in enumerate(pdf.pages)}
        self.contents = [pages.read(page) for page in pdf.pages]
        self._line = 0

    def pieces(self) -> Iterator[Piece]:
        """Everything read, from the first page to the last."""
        return self._walk(self._root, None, ())

    def _walk(self, node: Any, page: Any, tags: tuple[str, ...]) -> Iterator[Piece]:
        if isinstance(node, pikepdf.Array):
            for kid in node:
                yield from self._walk(kid, page, tags)
        elif isinstance(node, int):
            yield self._text(node, page, tags)
        elif "/S" in node:
            yield from self._element(node, node.get("/Pg", page), tags)
        elif "/MCID" in node:
            yield self._text(int(node.MCID), node.get("/Pg", page), tags)
        elif "/Obj" in node:
            yield self._piece(page, tags, f"⟦→ {self._places[_target(node.Obj)][1]}⟧")

    def _element(self, element: Any, page: Any, tags: tuple[str, ...]) -> Iterator[Piece]:
        tag = str(element.S)[1:]
        if "/Alt" in element:
            yield self._piece(page or _first_page(element), tags, f"⟦{tag}: {element.Alt}⟧")
            return
        within = bool(_WHOLE & {*tags})
        begins = tag in _BLOCKS and not within
        self._line += begins
        if separator := _CELLS.get(tag) or (" " if within and tag in _BLOCKS else ""):
            yield self._piece(page or _first_page(element), tags, separator)
        if "/Lang" in element:
            yield self._piece(page or _first_page(element), tags, f"⟨{element.Lang}⟩")
        named = not within and tag not in _SILENT
        yield from self._walk(element.get("/K", pikepdf.Array()), page, (*tags, tag) if named else tags)
        self._line += begins

    def _text(self, number: int, page: Any, tags: tuple[str, ...]) -> Piece:
        content = self.contents[self._places[page.objgen][0]]
        return self._piece(page, tags, content.texts.get(number, ""), content.baselines.get(number))

    def _piece(self, page: Any, tags: tuple[str, ...], text: str, baseline: float | None = None) -> Piece:
        return Piece(self._places[page.objgen][0], self._line, tags, text, baseline)


def _target(annotation: Any) -> Any:
    """The page that a link leads to."""
    destination = annotation.Dest if "/Dest" in annotation else annotation.A.D
    return destination[0].objgen


def _first_page(element: Any) -> Any:
    """The page on which an element begins."""
    while "/Pg" not in element:
        element = element.K[0]
    return element.Pg


def _lines(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Pieces of one element on one page as one, with a space where its text goes on to another line."""
    for _, group in groupby(pieces, key=lambda piece: (piece.page, piece.line)):
        found = list(group)
        text, baseline = "", None
        for piece in found:
            moved = None not in (baseline, piece.baseline) and baseline != piece.baseline
            text += f" {piece.text}" if moved else piece.text
            baseline = piece.baseline if piece.baseline is not None else baseline
        yield replace(found[0], text=" ".join(text.split()))
