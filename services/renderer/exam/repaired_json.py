"""A JSON file as it is read, with the numbers and characters that its parser has no place for in another form.

`NaN`, `Infinity` and `1e999` become text, which a model may take for a number that cannot be read; whole numbers beyond
64 bits become floating-point ones. Programs write them (Python's own `json` for one), and the parser refuses the whole
file for a single one. Half a surrogate pair (`\\ud83d` alone) becomes the noncharacter U+FFFE, which documents show in
a box and report; the parser would write a question mark.
"""

import re
from enum import Enum, auto
from math import isfinite
from typing import IO

LONGEST = 400
"""Bytes of the longest number that may be finite, and more; a block is read with so many bytes of the next one."""

_IN_TEXT = re.compile(
    rb'"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.',
    re.DOTALL,
)
_NONCHARACTER = rb"\ufffe"
_OUTSIDE = re.compile(
    rb'"|-?(?:NaN|Infinity)'
    rb"|(?<![\d.])-?\d++(?:\.\d++)?[eE]\+?\d{3,}"
    rb"|(?<![\d.eE+-])-?\d{19,}+(?:\.\d*+)?(?:[eE][+-]?\d*+)?"
)
_IN_NUMBER = re.compile(rb"[\d.eE+-]+")
_WIDEST = 2**63


class _Cut(Enum):
    """What became of the beginning of a number that is longer than a block looks ahead."""

    NO = auto()
    KEPT = auto()
    LEFT_OUT = auto()


class RepairedJson:
    """A binary file opened for reading, whose numbers without a finite value are replaced by texts in quotes, whose
    whole numbers beyond 64 bits have an exponent, and whose halves of surrogate pairs are a noncharacter.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._kept = b""
        self._in_text = False
        self._cut = _Cut.NO

    def read(self, size: int = -1) -> bytes:
        """The next bytes: about as many as asked for, none only at the end."""
        if size == 0:
            return b""
        while True:
            block = self._file.read(size)
            data = self._kept + block
            whole = len(data) - LONGEST if block else len(data)
            if whole <= 0 and block:
                self._kept = data
            elif (read := self._replaced(data, whole)) or not block:
                return read

    def _replaced(self, data: bytes, whole: int) -> bytes:
        """The beginning of the data, up to what begins at `whole`; the rest is kept for the next block."""
        written: list[bytes] = []
        done, at = self._rest_of_number(data)
        while (found := (_IN_TEXT if self._in_text else _OUTSIDE).search(data, at)) and found.start() < whole:
            token, at = found[0], found.end()
            if token == b'"':
                self._in_text = not self._in_text
            elif self._in_text:
                if found.lastgroup:
                    written += data[done : found.start()], _NONCHARACTER
                    done = at
            else:
                if (replaced := _replacement(token)) is not None:
                    written += data[done : found.start()], replaced
                    done = at
                if at == len(data):
                    self._cut = _Cut.KEPT if replaced is None else _Cut.LEFT_OUT
        end = max(whole, at)
        if end > at and not self._in_text and _IN_NUMBER.match(data, end - 1):
            end = _end_of_number(data, end)  # no block begins within one: it would be taken for another
            self._cut = _Cut.KEPT if end == len(data) else _Cut.NO
        self._kept = data[end:]
        return b"".join((*written, data[done:end]))

    def _rest_of_number(self, data: bytes) -> tuple[int, int]:
        """Where what is written begins, and where to look on: beyond the number that the block before ended with."""
        if self._cut is _Cut.NO:
            return 0, 0
        end = _end_of_number(data, 0)
        begins = end if self._cut is _Cut.LEFT_OUT else 0
        if end < len(data):
            self._cut = _Cut.NO
        return begins, end


def _end_of_number(data: bytes, begin: int) -> int:
    found = _IN_NUMBER.match(data, begin)
    return begin if found is None else found.end()


def _replacement(token: bytes) -> bytes | None:
    """What stands for a number; None where it stays as it is."""
    try:
        if not isfinite(float(token)):
            return b'"NaN"'
    except ValueError:
        return None  # no number: the parser says so
    whole = token.removeprefix(b"-").isdigit()
    return token + b"e0" if whole and not -_WIDEST <= int(token) < _WIDEST else None
