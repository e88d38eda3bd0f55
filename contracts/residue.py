"""What editors and word processors leave in a text without anybody having typed it, and whether a text is blank. Pure.

A student's answer is never altered. Only these are left out, because they print nothing and mean nothing:

- U+200B zero-width space: Correcta's text field leaves one at each Enter.
- U+00AD soft hyphen: a place where a word processor might have broken the word, and has not.
- U+FEFF byte order mark: the start of a file that was pasted.
- U+2060 word joiner: a line end that a word processor avoided.
- U+2061 to U+2064: the invisible operators that formulas copied from a web page are written with.
- U+180E: a Mongolian separator that Unicode withdrew as a space.

These stand for a sign that was seen where they were typed, and are printed as that sign:

- U+0080 to U+009F: a text in Windows-1252 that was read as Latin-1 (U+0092 is an apostrophe). The five of them that
  Windows-1252 leaves free are controls and stay so.
- U+F0B7 and U+F0A7: Word's own bullets, in the private codes of its symbol fonts. The other bullets of these fonts are
  Greek letters in another one of them: they are bullets only at the start of a line and before a tab.
- U+000B: Word's line end within a paragraph. U+000C: the end of a page in a text copied from a PDF.

U+200C and U+200D act (they join and part letters of Persian, Hindi and emoji) and stay, like all that acts otherwise.
"""

import re
from collections.abc import Iterable

from pydantic import ValidationError

from contracts.graded_exam import SEGMENTS, Content, MathSegment, Segment, TextSegment

INVISIBLE = "\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff"
"""The characters that are left out."""

_WINDOWS_1252 = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_SIGNS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, INVISIBLE)),
    **_WINDOWS_1252,
    0xF0B7: "•",
    0xF0A7: "▪",
    0x0B: "\n",
    0x0C: "\n",
}
_RESIDUE = re.compile(f"[{INVISIBLE}\x0b\x0c\x80-\x9f\uf020-\uf0ff]")
_BULLET = re.compile(r"(?m)^([ \t]*)[\uf06c\uf06e\uf071\uf075\uf076\uf09f\uf0a8\uf0d8\uf0fc](?=\t)")
"""Bullets of Wingdings, which Word copies with a tab behind them."""

_BLANK = (
    f"{INVISIBLE} \t\n\r\x0b\x0c\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space, and what is left out."""


def cleaned(text: str) -> str:
    """The text without what editors left in it, in the signs that were seen."""
    if _RESIDUE.search(text) is None:
        return text
    return _BULLET.sub(r"\1•", text).translate(_SIGNS)


def is_blank(content: Content) -> bool:
    """Whether nothing was written: white space, residue, and segments of nothing else."""
    if not isinstance(content, str):
        return _are_blank(content)
    text = content.strip(_BLANK)
    if not text:
        return True
    if text.startswith("[{") and not any(kind in text for kind in ('"image"', '"table"', '"graph"')):
        try:
            return _are_blank(SEGMENTS.validate_json(text))
        except ValidationError:
            return False
    return False


def has_text(content: str) -> bool:
    """Whether something was written: the stored content of an answer's part is not blank."""
    return not is_blank(content)


def _are_blank(segments: Iterable[Segment]) -> bool:
    return all(
        (isinstance(segment, TextSegment) and not segment.text.strip(_BLANK))
        or (isinstance(segment, MathSegment) and not segment.latex.strip(_BLANK))
        for segment in segments
    )
