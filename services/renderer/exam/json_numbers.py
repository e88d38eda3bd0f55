"""A JSON file as it is read, with the numbers that JSON has no place for, as text: `NaN`, `Infinity` and `1e999`.

Programs write them (Python's own `json` for one), and a parser refuses the whole file for a single one. A model may
take such a text for a number that cannot be read.
"""

import re
from math import isfinite
from typing import IO

LONGEST = 64
"""Bytes of the longest number that is looked at; a block is read with so many bytes of the next one."""

_IN_TEXT = re.compile(rb'"|\\.', re.DOTALL)
_OUTSIDE = re.compile(rb'"|-?(?:NaN|Infinity)|(?<![\d.])-?\d++(?:\.\d++)?[eE]\+?\d{3,}')


class JsonNumbers:
    """A binary file opened for reading, whose numbers without a finite value are replaced by texts in quotes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._kept = b""
        self._in_text = False

    def read(self, size: int = -1) -> bytes:
        """The next bytes: about as many as asked for, none only at the end."""
        if size == 0:
            return b""
        while True:
            block = self._file.read(size)
            data = self._kept + block
            whole = len(data) - LONGEST if block else len(data)
            if whole > 0 or not block:
                return self._replaced(data, whole)
            self._kept = data

    def _replaced(self, data: bytes, whole: int) -> bytes:
        """The beginning of the data, up to what begins at `whole`; the rest is kept for the next block."""
        written: list[bytes] = []
        done = at = 0
        while (found := (_IN_TEXT if self._in_text else _OUTSIDE).search(data, at)) and found.start() < whole:
            token, at = found[0], found.end()
            if token == b'"':
                self._in_text = not self._in_text
            elif not self._in_text and not _is_finite(token):
                written += data[done : found.start()], b'"NaN"'
                done = at
        end = max(whole, at)
        self._kept = data[end:]
        return b"".join((*written, data[done:end]))


def _is_finite(token: bytes) -> bool:
    return isfinite(float(token))
