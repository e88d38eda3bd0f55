"""Finds the pictures that Correcta's editors write into text as Markdown: `![image](url)`. Linear time. Pure."""

import re
from collections.abc import Iterator

from contracts.graded_exam import ImageSegment, TextSegment

_PICTURE = re.compile(r"!\[((?:(?!!\[|\]\()[^\n]){0,300})\]\(([^()\n]+(?:\([^()\n]*\)[^()\n]*)*)\)")
_ADDRESS = re.compile(
    r"data:image/\S*|(?:https?://|\.{0,2}/)[^\"<>\\]*|[^\s\"<>\\:]+\.(?:png|jpe?g|gif|webp|svg|bmp|heic)(?:\?\S*)?",
    re.IGNORECASE,
)
"""What can be the address of a picture; whether it may be fetched is decided elsewhere (`images.addresses`)."""

MOST = 100
"""Pictures of one text; what comes after them stays text, so that an answer cannot have thousands fetched."""

_NO_DESCRIPTION = frozenset({"", "image"})
"""What the editor writes where nobody described the picture."""


def may_hold(text: str) -> bool:
    """Whether it is worth looking for pictures in a text."""
    return "![" in text


def split(text: str) -> Iterator[TextSegment | ImageSegment]:
    """The text between pictures, and the pictures; what only looks like one stays text. No text is empty."""
    written = count = 0
    for found in _PICTURE.finditer(text):
        address = found[2].strip()
        if count == MOST or not _ADDRESS.fullmatch(address):
            continue
        count += 1
        if found.start() > written:
            yield TextSegment(text=text[written : found.start()])
        alt = found[1].strip()
        yield ImageSegment(url=address.replace(" ", "%20"), alt=None if alt.lower() in _NO_DESCRIPTION else alt)
        written = found.end()
    if written < len(text):
        yield TextSegment(text=text[written:])
