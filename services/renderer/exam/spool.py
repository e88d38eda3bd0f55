"""Copies of one export as lines of JSON in a file, so that memory does not grow with the class.

In memory stay an offset and a SHA-256 a copy.
"""

import hashlib
import os
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from contracts.graded_exam import Submission

DIGEST_BYTES = hashlib.sha256().digest_size


class Spool:
    """Copies as lines of JSON in one file, found again by their spool index, from 0 in the order of writing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._ends = array("Q", [0])
        self._digests = bytearray()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, submission: Submission) -> None:
        """Add a copy."""
        line = submission.model_dump_json(by_alias=True).encode() + b"\n"
        self._file.write(line)
        self._ends.append(self._ends[-1] + len(line))
        self._digests += hashlib.sha256(line).digest()

    def __enter__(self) -> Self:
        """Copies may be added in the block; they can be read after it."""
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def span(self, spool_index: int) -> tuple[int, int]:
        """Where a copy begins in the file, and its length, in bytes."""
        begin, end = self._ends[spool_index : spool_index + 2]
        return begin, end - begin

    def digest(self, spool_index: int) -> bytes:
        """The SHA-256 of a copy's JSON, calculated when it was written."""
        begin = spool_index * DIGEST_BYTES
        return bytes(self._digests[begin : begin + DIGEST_BYTES])


def read_span(path: Path, begin: int, length: int) -> bytes:
    """A copy's JSON by its span; workers, which have no `Spool`, read copies by this."""
    with path.open("rb") as file:
        file.seek(begin)
        return file.read(length)


@dataclass(frozen=True)
class SpooledCopy:
    """A copy in memory: its submission's id, its index in the spool, and the URLs of its images."""

    submission_id: str
    spool_index: int
    image_urls: tuple[str, ...] = ()
