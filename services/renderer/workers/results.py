"""A typeset copy on disk: its segment, pages and warnings, behind a checksum. An entry is whole or it is refused.

The same file is what a worker hands over and what the cache keeps.
"""

import hashlib
import json
from dataclasses import dataclass

from contracts.events import Warning as ExportWarning


class DamagedEntry(ValueError):
    """The file is not what was written."""


@dataclass(frozen=True)
class Entry:
    """A typeset copy: a packed segment, its number of pages, and what went less than perfectly."""

    segment: bytes
    pages: int
    warnings: tuple[ExportWarning, ...] = ()


def encode(entry: Entry) -> bytes:
    """The entry as bytes: a digest of the rest, a line of JSON, the segment."""
    about = {
        "pages": entry.pages,
        "warnings": [warning.model_dump(mode="json", by_alias=True) for warning in entry.warnings],
    }
    body = json.dumps(about, separators=(",", ":")).encode() + b"\n" + entry.segment
    return hashlib.sha256(body).digest() + body


def decode(data: bytes) -> Entry:
    """The entry, verified.

    Raises:
        DamagedEntry: a bit is not as it was written.
    """
    digest, body = data[:32], data[32:]
    if hashlib.sha256(body).digest() != digest:
        raise DamagedEntry("the checksum does not match")
    line, _, segment = body.partition(b"\n")
    about = json.loads(line)
    return Entry(segment, about["pages"], tuple(ExportWarning.model_validate(one) for one in about["warnings"]))
