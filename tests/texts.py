"""The texts of a language, one by one, whatever group they stand in."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass


def texts_of(group: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Each text below a group of words, after the path that leads to it: `copies.comment`, `Commentaire`."""
    if isinstance(group, str):
        yield path, group
    elif isinstance(group, Mapping):
        for key, value in group.items():
            yield from texts_of(value, f"{path}[{key}]")
    elif isinstance(group, tuple):
        for index, value in enumerate(group):
            yield from texts_of(value, f"{path}[{index}]")
    elif is_dataclass(group):
        for field in fields(group):
            yield from texts_of(getattr(group, field.name), f"{path}.{field.name}".lstrip("."))
