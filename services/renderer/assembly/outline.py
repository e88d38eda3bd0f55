"""The outline: classes, and the students in them. Built from names and page objects, after the last page is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.renderer.assembly.syntax import ref, text_string


@dataclass(frozen=True)
class Bookmark:
    """One line of the outline. `copy` is a copy's place, from 0; without one it leads to its first child, and without
    children to the first page.
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
"""The page object a bookmark leads to."""

Write = Callable[[int, bytes], None]


def write_outline(marks: Sequence[Bookmark], reserve: Callable[[], int], target: Target, write: Write) -> int | None:
    """Write the outline's objects; the number of its root, None where there is nothing to list."""
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
