"""Writes a PDF outline (bookmarks) of any depth, once all page objects are known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.renderer.assembly.syntax import ref, text_string


@dataclass(frozen=True)
class Bookmark:
    """One item of the outline. `copy` is a copy's ordinal, from 0 in the order of the document, whose first page is the
    destination; without one that is the first child's, and without children the first page.
    """

    title: str
    copy: int | None = None
    children: tuple["Bookmark", ...] = field(default=())


@dataclass(frozen=True)
class _Numbered:
    number: int
    mark: Bookmark
    children: tuple["_Numbered", ...]


Target = Callable[[Bookmark], int]
"""Returns the number of the page object that is a bookmark's destination."""

Write = Callable[[int, bytes], None]
"""Writes an object under its number."""


def write_outline(marks: Sequence[Bookmark], reserve: Callable[[], int], target: Target, write: Write) -> int | None:
    """Write the outline's objects and return its root's number; None where there are no bookmarks."""
    if not marks:
        return None
    root = reserve()
    numbered = [_number(mark, reserve) for mark in marks]
    _write_level(numbered, root, target, write)
    first, last = numbered[0].number, numbered[-1].number
    write(root, b"<< /Type /Outlines /First %s /Last %s /Count %d >>" % (ref(first), ref(last), len(numbered)))
    return root


def _number(mark: Bookmark, reserve: Callable[[], int]) -> _Numbered:
    return _Numbered(reserve(), mark, tuple(_number(child, reserve) for child in mark.children))


def _write_level(level: Sequence[_Numbered], parent: int, target: Target, write: Write) -> None:
    for index, item in enumerate(level):
        keys = [b"/Title %s /Parent %s" % (text_string(item.mark.title), ref(parent))]
        keys.append(b"/Dest [ %s /XYZ 0 842 0 ]" % ref(target(item.mark)))
        if index:
            keys.append(b"/Prev %s" % ref(level[index - 1].number))
        if index + 1 < len(level):
            keys.append(b"/Next %s" % ref(level[index + 1].number))
        if item.children:
            # A negative count keeps the class closed, so that the list of classes is what opens first.
            ends = (ref(item.children[0].number), ref(item.children[-1].number), -len(item.children))
            keys.append(b"/First %s /Last %s /Count %d" % ends)
            _write_level(item.children, item.number, target, write)
        write(item.number, b"<< %s >>" % b" ".join(keys))
