"""Result files of workers: a typeset segment with its number of pages and its warnings, behind a SHA-256 checksum.

The same file is what a worker hands over and what the cache keeps: it is never changed after it was written.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from contracts.events import Warning as ExportWarning
from services.renderer.files import write_whole


class DamagedResult(ValueError):
    """The checksum of a result file does not match its content."""


@dataclass(frozen=True)
class TypesetSegment:
    """A copy, a placeholder or front pages: the packed segment, its number of pages, and what there is to warn of."""

    segment: bytes
    pages: int
    warnings: tuple[ExportWarning, ...] = ()


def write_result(path: Path, result: TypesetSegment) -> None:
    """Write a result file, read-only from the start: it may be linked into the cache."""
    write_whole(path, encode(result), mode=0o400)


def encode(result: TypesetSegment) -> bytes:
    """The content of a result file: SHA-256 of the rest, a line of JSON, the packed segment."""
    about = {
        "pages": result.pages,
        "warnings": [warning.model_dump(mode="json", by_alias=True) for warning in result.warnings],
    }
    body = json.dumps(about, separators=(",", ":")).encode() + b"\n" + result.segment
    return hashlib.sha256(body).digest() + body


def decode(data: bytes) -> TypesetSegment:
    """Parse the content of a result file after verifying its checksum.

    Raises:
        DamagedResult: the checksum does not match.
    """
    digest, body = data[:32], data[32:]
    if hashlib.sha256(body).digest() != digest:
        raise DamagedResult("the checksum does not match")
    line, _, segment = body.partition(b"\n")
    about = json.loads(line)
    return TypesetSegment(
        segment, about["pages"], tuple(ExportWarning.model_validate(one) for one in about["warnings"])
    )
