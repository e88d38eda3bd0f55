"""Functions on PDF syntax that segments and the assembler share: references, strings, arrays. Bytes in, bytes out.

Everything here reads what qpdf wrote (one object a line, literal strings with `(`, `)` and `\\` escaped, no line break
inside), so that a reference can be told from a string that merely looks like one, whoever wrote the string.
"""

import re
from collections.abc import Sequence

_STRING_OR_REFERENCE = re.compile(rb"\((?:\\.|[^\\()])*\)|\b(\d+) 0 R\b", re.DOTALL)
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")


def relocate(text: bytes, table: Sequence[bytes]) -> bytes:
    """The text with each reference `n 0 R` replaced by `table[n]`; strings are left as they are."""
    return _STRING_OR_REFERENCE.sub(lambda found: table[int(found[1])] if found[1] else found[0], text)


def references(text: bytes) -> list[int]:
    """The object numbers of an array of references."""
    return [int(number) for number in _REFERENCE.findall(text)]


def has_references(text: bytes) -> bool:
    """Whether an object refers to others; one that does not may be shared by its content."""
    return any(found[1] for found in _STRING_OR_REFERENCE.finditer(text))


def ref(number: int) -> bytes:
    """A reference to an object."""
    return b"%d 0 R" % number


def text_string(value: str) -> bytes:
    """A PDF text string of any characters, as hexadecimal UTF-16."""
    return b"<feff" + value.encode("utf-16-be", "replace").hex().encode() + b">"


def array(items: Sequence[bytes]) -> bytes:
    """A PDF array."""
    return b"[ " + b" ".join(items) + b" ]"
