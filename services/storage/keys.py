"""A stored file's key: `{exportId}/{sha256}`. Storage makes it from what it parsed, never from a caller's text.

Both halves have one spelling only (canonical lowercase UUID, 64 lowercase hex digits), so a key can neither climb out
of its folder nor name the same file twice.
"""

import re
from dataclasses import dataclass
from uuid import UUID

_SHA256 = re.compile(r"[0-9a-f]{64}")


class InvalidKey(ValueError):
    """Text that is not one of our keys."""


@dataclass(frozen=True)
class Key:
    """One file of one export."""

    export_id: UUID
    sha256: str

    @property
    def folder(self) -> str:
        """The export's folder."""
        return str(self.export_id)

    def __str__(self) -> str:
        return f"{self.export_id}/{self.sha256}"


def export_id(text: str) -> UUID:
    """The id of an export from an address.

    Raises:
        InvalidKey: it is not a UUID in its canonical spelling.
    """
    try:
        parsed = UUID(text)
    except ValueError as error:
        raise InvalidKey("not an export id") from error
    if str(parsed) != text:
        raise InvalidKey("not an export id in its canonical spelling")
    return parsed


def sha256(text: str) -> str:
    """A digest from an address or header.

    Raises:
        InvalidKey: it is not 64 lowercase hex digits.
    """
    if _SHA256.fullmatch(text) is None:
        raise InvalidKey("not a sha256 in lowercase hex")
    return text


def make(export: str, digest: str) -> Key:
    """The key of an address's two halves.

    Raises:
        InvalidKey: either half is malformed.
    """
    return Key(export_id(export), sha256(digest))


def parse(text: str) -> Key:
    """The key a folder listing shows.

    Raises:
        InvalidKey: it is not one of ours.
    """
    export, slash, digest = text.partition("/")
    if not slash:
        raise InvalidKey("not a key")
    return make(export, digest)
