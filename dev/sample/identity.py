"""Ids of the sample: UUIDs made from readable names, so that they never change from one run to the next."""

from random import Random
from uuid import NAMESPACE_DNS, uuid5

NAMESPACE = uuid5(NAMESPACE_DNS, "sample.correcta.example")


def identifier(*path: str) -> str:
    """The id of what `path` names, such as `identifier("exam", "mathematiques")`."""
    return str(uuid5(NAMESPACE, "/".join(path)))


def dice(*path: str) -> Random:
    """A source of chance that belongs to what `path` names: adding a student never changes another's copy."""
    return Random(identifier("dice", *path))
