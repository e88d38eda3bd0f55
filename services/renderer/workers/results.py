"""A typeset copy on disk: its segment, pages and warnings, behind a checksum. An entry is whole or it is refused.

The same file is what a worker hands over and what the cache keeps.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

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


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that nobody ever sees in part, readable by this user only."""
    temporary = path.with_name(f"{path.name}.{uuid4().hex}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
