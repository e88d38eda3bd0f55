"""Which bytes of a file a request wants: `Range`, `If-Range` and `If-None-Match` as RFC 9110 (13.1, 14.1) reads them.

One range at most: a request for several gets the whole file, which the RFC allows and which bounds the work.
"""

import re
from dataclasses import dataclass

from services.storage.errors import RangeUnsatisfiable

_ONE_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Slice:
    """Bytes `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """The `Content-Range` of a 206."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


def etag(sha256: str) -> str:
    """A file's strong entity tag: its content's digest."""
    return f'"{sha256}"'


def wanted(range_header: str | None, if_range: str | None, *, sha256: str, size: int) -> Slice | None:
    """The part of the file to send; None means the whole of it.

    Raises:
        RangeUnsatisfiable: the range is well formed and lies beyond the end.
    """
    if range_header is None or (if_range is not None and if_range.strip(" \t") != etag(sha256)):
        return None
    match = _ONE_RANGE.fullmatch(range_header.strip(" \t"))
    if match is None:
        return None
    first, last = match.groups()
    return _suffix(last, size) if not first else _from(int(first), last, size)


def _from(first: int, last: str, size: int) -> Slice | None:
    if last and int(last) < first:
        return None
    if first >= size:
        raise RangeUnsatisfiable(size)
    return Slice(first, min(int(last) + 1, size) if last else size)


def _suffix(length: str, size: int) -> Slice | None:
    if not length:
        return None
    if int(length) == 0 or size == 0:
        raise RangeUnsatisfiable(size)
    return Slice(max(0, size - int(length)), size)


def unchanged(if_none_match: str | None, *, sha256: str) -> bool:
    """Whether the caller already has this file (weak comparison, as the RFC asks of `If-None-Match`)."""
    if if_none_match is None:
        return False
    tags = [tag.strip(" \t").removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag(sha256) in tags
