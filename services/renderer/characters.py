"""What someone typed, made safe to set: every character stays, and one that would act instead of being read is shown.

Controls, overrides of the writing direction, invisible characters and characters no face has are printed as their
code point in a small box (`U+202E`); more than a few combining marks on one letter are counted, not stacked, so that
no text reaches outside its own lines. Nothing typed ever becomes markup.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from markupsafe import Markup, escape

STACKED_MARKS = 4
"""Combining marks set on one letter. Vietnamese needs two, pointed Hebrew three or four; beyond that they leave the
line.
"""

JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c\ufe0e\ufe0f")
"""Invisible characters that Arabic, Indic scripts and emoji are written with; harmless a few at a time inside one
field.
"""

_JOINERS_IN_A_ROW = 3
_BREAKS = str.maketrans({"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\t": "    "})
_PLAIN_CATEGORIES = frozenset(
    {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"}
)
_SIGN_CATEGORIES = frozenset({"Sm", "Sc", "Sk", "So", "Zs"})
_MARK_CATEGORIES = frozenset({"Mn", "Me"})
_INVISIBLE_BY_NAME = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u180b\u180c\u180d\u17b4\u17b5")
"""Letters, signs and marks by their category that show nothing."""

_EVERYDAY = re.compile("[ -~\u00a0-\u00ac\u00ae-\u017f\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac]*")
"""French text: every face has it and nothing in it acts."""

READABLE, MARK, JOINER, SHOWN = range(4)


def _everything(_character: str) -> bool:
    return True


@dataclass
class Characters:
    """Sets text as safe markup. `covers` says whether the faces have a glyph for a character.

    `shown` grows by one for each character that was printed as its code point or counted instead of set.
    """

    covers: Callable[[str], bool] = _everything
    marks_word: str = "marks"
    shown: int = 0
    _kinds: dict[str, int] = field(default_factory=dict)

    def markup(self, text: str) -> Markup:
        """The text as HTML. Line breaks stay line breaks: the style keeps them."""
        if _EVERYDAY.fullmatch(text):
            return escape(text)
        text = text.replace("\r\n", "\n").translate(_BREAKS)
        return Markup("").join(self._pieces(text))

    def _pieces(self, text: str) -> Iterator[Markup]:
        in_a_row = 0
        for kind, run in groupby(text, key=self._kind):
            piece = "".join(run)
            if kind == READABLE:
                in_a_row = 0
                yield escape(piece)
            elif kind == MARK:
                in_a_row += len(piece)
                yield self._stacked(piece)
            elif kind == JOINER and len(piece) <= _JOINERS_IN_A_ROW and in_a_row <= 2 * STACKED_MARKS:
                yield escape(piece)
            else:
                yield self._boxes(piece)

    def _stacked(self, marks: str) -> Markup:
        if len(marks) <= STACKED_MARKS:
            return escape(marks)
        left = len(marks) - STACKED_MARKS
        self.shown += left
        box = Markup('<span class="ctl">+{} {}</span>').format(left, self.marks_word)
        return escape(marks[:STACKED_MARKS]) + box

    def _boxes(self, characters: str) -> Markup:
        self.shown += len(characters)
        return Markup("").join(self._box(character, sum(1 for _ in run)) for character, run in groupby(characters))

    @staticmethod
    def _box(character: str, times: int) -> Markup:
        often = f"\u00a0×{times}" if times > 1 else ""
        return Markup('<span class="ctl">U+{:04X}{}</span>').format(ord(character), often)

    def _kind(self, character: str) -> int:
        kind = self._kinds.get(character)
        if kind is None:
            kind = self._kinds[character] = self._classify(character)
        return kind

    def _classify(self, character: str) -> int:
        if character == "\n" or " " <= character <= "~":
            return READABLE
        if character in JOINERS:
            return JOINER
        category = unicodedata.category(character)
        if character in _INVISIBLE_BY_NAME:
            return SHOWN
        if category in _MARK_CATEGORIES:
            return MARK if self.covers(character) else SHOWN
        if category in _PLAIN_CATEGORIES or category in _SIGN_CATEGORIES or category == "Mc":
            return READABLE if self.covers(character) else SHOWN
        return SHOWN


def reads_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction reads from right to left."""
    for character in text[:200]:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False
