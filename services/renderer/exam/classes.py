"""Which classes an export is about. An unknown class is an error, never "everyone"; subgroups of any depth come along.

Correcta's class tree is typed in by people: a parent may be missing, and a cycle must not hang anything.
"""

from collections.abc import Iterable, Sequence

from contracts.graded_exam import ClassGroup
from services.renderer.errors import ClassNotFound
from services.renderer.language.collation import Key, sort_key

WHOLE_COURSE = "__DEFAULT__"
"""The name of Correcta's hidden class that stands for the whole course; it is never shown."""


def select(classes: Sequence[ClassGroup], class_ids: Iterable[str]) -> frozenset[str]:
    """The ids of the asked classes and of everything below them; empty only where none is asked (all, for `belongs`).

    Raises:
        ClassNotFound: an asked class is not one of the exam's.
    """
    asked = set(class_ids)
    unknown = asked - {group.id for group in classes}
    if unknown:
        raise ClassNotFound(f"unknown class {min(unknown)!r}")
    children: dict[str | None, list[str]] = {}
    for group in classes:
        children.setdefault(group.parent_id, []).append(group.id)
    return frozenset(_below(children, asked))


def _below(children: dict[str | None, list[str]], roots: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        class_id = waiting.pop()
        if class_id not in found:
            found.add(class_id)
            waiting.extend(children.get(class_id, ()))
    return found


def belongs(class_ids: Iterable[str], selected: frozenset[str]) -> bool:
    """Whether someone of these classes is in the selection (`select`); an empty selection filters nobody out."""
    return not selected or not selected.isdisjoint(class_ids)


def path(classes: Sequence[ClassGroup], class_id: str) -> tuple[str, ...]:
    """The names from the root down to a class, without the hidden one; empty for an unknown class."""
    by_id = {group.id: group for group in classes}
    names: list[str] = []
    seen: set[str] = set()
    current: str | None = class_id
    while current in by_id and current not in seen:
        seen.add(current)
        group = by_id[current]
        if group.name != WHOLE_COURSE:
            names.append(group.name)
        current = group.parent_id
    return tuple(reversed(names))


def class_path(classes: Sequence[ClassGroup], class_ids: Iterable[str]) -> tuple[str, ...]:
    """Where a student stands: the deepest of their classes, first by name among equals; empty without one."""
    paths = [path(classes, class_id) for class_id in class_ids]
    return min(paths, key=lambda names: (-len(names), [sort_key(name) for name in names]), default=())


def class_name(classes: Sequence[ClassGroup], class_ids: Iterable[str]) -> str:
    """The class of a student as it is shown: "MPSI 1 / Groupe A"."""
    return " / ".join(class_path(classes, class_ids))


def class_key(classes: Sequence[ClassGroup], class_ids: Iterable[str]) -> tuple[bool, list[Key]]:
    """The place of a student's class among the others; those without a class come last."""
    names = class_path(classes, class_ids)
    return (not names, [sort_key(name) for name in names])
