"""Reads the HTML of Correcta's former editor, whose formulas are `<span data-structure="...">`, as segments. Pure.

A text is only taken for it as a whole: balanced tags of that editor and known structures, no letter or digit lost.
Anything else is what someone typed about HTML and stays text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby

from contracts.graded_exam import MathSegment, Segment, TextSegment

_TAGS = frozenset({"span", "div", "p", "br", "b", "i", "em", "strong", "u", "font"})
_LINES = frozenset({"div", "p"})
_DEPTH = 30
_LONGEST = 20_000
"""Characters: no statement of that editor was longer."""

_UNCLOSED_TAG = re.compile(r"<[A-Za-z/!?][^<>]*(?:<|\Z)")
"""The editor closed each tag; the parser looks for the end of one that is not closed in all that follows, each time."""

_SIGNS_OF_STRUCTURES = frozenset("Σ∑∫√")
_COMMAND = re.compile(r"\\[a-z]+")
_SPACES = re.compile(r"\s+")

_FRACTION = r"\frac{%s}{%s}"
_STRUCTURES: dict[str, tuple[str, tuple[tuple[str, int], ...]]] = {
    "fraction": (_FRACTION, (("numerator", 0), ("denominator", -1))),
    "sum": (r"\sum_{%s}^{%s}", (("lower", -1), ("upper", 0))),
    "integral": (r"\int_{%s}^{%s}", (("lower", -1), ("upper", 0))),
    "sqrt": (r"\sqrt{%s}", (("data-placeholder", -1),)),
    "cbrt": (r"\sqrt[%s]{%s}", (("index", 0), ("data-placeholder", -1))),
    "superscript": ("{%s}^{%s}", (("base", 0), ("exp", 1))),
    "subscript": ("{%s}_{%s}", (("base", 0), ("sub", 1))),
}
"""Each structure's LaTeX, and its parts: what their class or attribute says, else their place among the children."""


@dataclass
class _Element:
    tag: str
    structure: str = ""
    marks: str = ""
    children: list["str | _Element"] = field(default_factory=list)

    @property
    def elements(self) -> list["_Element"]:
        return [child for child in self.children if isinstance(child, _Element)]

    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


def may_hold(text: str) -> bool:
    """Whether it is worth reading a text as the former editor's."""
    return "data-structure" in text and "<span" in text and len(text) <= _LONGEST


def segments(html: str) -> tuple[Segment, ...] | None:
    """The text and the formulas; None where this is not the former editor's HTML."""
    if _UNCLOSED_TAG.search(html):
        return None
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if reader.is_foreign or len(reader.open) > 1 or not reader.structures:
        return None
    root = reader.open[0]
    try:
        found = tuple(_joined(_read(root)))
    except _UnknownStructure:
        return None
    return found if _letters(root.text()) == _letters("".join(map(_written, found))) else None


class _UnknownStructure(Exception):
    """A structure without one of its parts."""


class _Reader(HTMLParser):
    """Builds the tree. `is_foreign` once there is a tag that the editor did not write, or one too many."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [_Element("")]
        self.is_foreign = False
        self.structures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        structure = known.get("data-structure") or ""
        self.structures += structure in _STRUCTURES
        if tag not in _TAGS or (structure and structure not in _STRUCTURES) or len(self.open) > _DEPTH:
            self.is_foreign = True
            return
        element = _Element(tag, structure, " ".join([*known, known.get("class") or ""]).lower())
        self.open[-1].children.append(element)
        if tag != "br":
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag == "br":
            return
        if len(self.open) < 2 or self.open[-1].tag != tag:
            self.is_foreign = True
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        self.is_foreign = True

    def handle_decl(self, decl: str) -> None:
        self.is_foreign = True

    def handle_pi(self, data: str) -> None:
        self.is_foreign = True

    def unknown_decl(self, data: str) -> None:
        self.is_foreign = True


def _read(element: _Element) -> Iterator[Segment]:
    for child in element.children:
        if isinstance(child, str):
            yield TextSegment(text=_SPACES.sub(" ", child))
        elif child.structure:
            yield MathSegment(latex=_latex(child))
        elif child.tag == "br":
            yield TextSegment(text="\n")
        else:
            if child.tag in _LINES and element.children[0] is not child:
                yield TextSegment(text="\n")
            yield from _read(child)


def _latex(element: _Element) -> str:
    if not element.structure:
        return "".join(child if isinstance(child, str) else _latex(child) for child in element.children)
    pattern, parts = _STRUCTURES[element.structure]
    return pattern % tuple(_latex(_part(element.elements, mark, place)) for mark, place in parts)


def _part(elements: Sequence[_Element], mark: str, place: int) -> _Element:
    found = next((element for element in elements if mark in element.marks), None)
    if found is not None:
        return found
    if not -len(elements) <= place < len(elements):
        raise _UnknownStructure
    return elements[place]


def _joined(found: Iterator[Segment]) -> Iterator[Segment]:
    for is_text, run in groupby(found, key=lambda segment: isinstance(segment, TextSegment)):
        if is_text:
            yield TextSegment(text="".join(map(_written, run)))
        else:
            yield from run


def _written(segment: Segment) -> str:
    match segment:
        case TextSegment():
            return segment.text
        case MathSegment():
            return _COMMAND.sub("", segment.latex)
        case _:
            return ""


def _letters(text: str) -> Counter[str]:
    return Counter(sign for sign in text if sign.isalnum() and sign not in _SIGNS_OF_STRUCTURES)
