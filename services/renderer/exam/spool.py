"""Copies of one export on disk, so that memory does not grow with the class. In memory stay two numbers a copy."""

import os
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from contracts.graded_exam import Submission


class Spool:
    """Copies as lines of JSON in one file, read back by their place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, submission: Submission) -> None:
        """Add a copy."""
        line = submission.model_dump_json(by_alias=True).encode() + b"\n"
        self._file.write(line)
        self._ends.append(self._ends[-1] + len(line))

    def __enter__(self) -> Self:
        """Copies may be added in the block; they can be read after it."""
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def span(self, place: int) -> tuple[int, int]:
        """Where a copy begins in the file, and its length."""
        return self._ends[place], self._ends[place + 1] - self._ends[place]

    def line(self, place: int) -> bytes:
        """A copy's JSON."""
        begin, length = self.span(place)
        return read_span(self.path, begin, length)


def read_span(path: Path, begin: int, length: int) -> bytes:
    """Part of a spool's file; what a worker uses, who has no spool."""
    with path.open("rb") as file:
        file.seek(begin)
        return file.read(length)


@dataclass(frozen=True)
class SpooledCopy:
    """A copy as the parent remembers it: whose it is, where its JSON is, and which images it shows."""

    submission_id: str
    place: int
    image_urls: tuple[str, ...] = ()
