"""Which classes an export is about, and how a student's class is called. An unknown class is an error."""

from collections.abc import Iterable, Sequence

from contracts.collation import Key, sort_key
from contracts.correcta import WHOLE_COURSE, reached_classes
from contracts.graded_exam import ClassGroup
from services.renderer.errors import ClassNotFound


def selection(classes: Sequence[ClassGroup], class_ids: Iterable[str]) -> frozenset[str]:
    """The ids of the asked classes and of everything below them; empty for everyone (see `belongs`): where no class is
    asked for, or the whole course is.

    Raises:
        ClassNotFound: an asked class is not one of the course's.
    """
    asked = set(class_ids)
    unknown = asked - {group.id for group in classes}
    if unknown:
        raise ClassNotFound(f"unknown class {min(unknown)!r}")
    return reached_classes(((group.id, group.name, group.parent_id) for group in classes), asked)


def belongs(class_ids: Iterable[str], selected: frozenset[str]) -> bool:
    """Whether someone of these classes is in the selection (`selection`); an empty selection filters nobody out."""
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
