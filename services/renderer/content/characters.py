"""Typed text as safe HTML: markup is escaped, and characters that act or cannot be seen are shown by code point.

What editors leave behind is left out (`contracts.residue`). Controls, overrides of the writing direction, other
invisible characters and characters no face has are printed as their code point in a small box (`U+202E`); more than a
few combining marks on one letter are counted, not stacked, so that no text reaches outside its own lines. Nothing typed
ever becomes markup.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import groupby

from markupsafe import Markup, escape

from contracts.residue import cleaned

STACKED_MARKS = 4
"""Combining marks set on one letter. Vietnamese needs two, pointed Hebrew three or four; beyond that they leave the
line.
"""

LONGEST_WORD = 800
"""Characters without a space that are set in one go: finding line ends in a word takes time by the square of its
length.
"""

BOXES = 200
"""Boxes in one text; what would be boxed after that is counted at its end, since nobody reads so many."""

JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c\ufe0e\ufe0f")
"""Invisible characters that Arabic, Indic scripts and emoji are written with; harmless a few at a time inside one
field.
"""

_JOINERS_IN_A_ROW = 3
_JOINERS_IN_A_WORD = 16
"""What is joined is one sign to the shaper, whose time grows by the square of its length; the longest emoji has four.
"""
_BREAKS = str.maketrans({"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\t": "    "})
_PLAIN_CATEGORIES = frozenset(
    {"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"}
)
_SIGN_CATEGORIES = frozenset({"Sm", "Sc", "Sk", "So", "Zs"})
_MARK_CATEGORIES = frozenset({"Mn", "Me"})
_INVISIBLE_BY_NAME = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u180b\u180c\u180d\u17b4\u17b5")
"""Letters, signs and marks by their category that show nothing."""

_EVERYDAY = re.compile("[ -~\u00a0-\u00ac\u00ae-\u017f\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac]*")
"""French text: every face has it and nothing in it acts."""

_LONG_SPACE = re.compile(r" {200,}|\u00a0{200,}")
_LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD}}}(?=\S)")


class Kind(Enum):
    """How a character is set: as it is, stacked on a letter, without being seen, or as its code point in a box."""

    READABLE = auto()
    MARK = auto()
    JOINER = auto()
    BOXED = auto()


def _everything(_character: str) -> bool:
    return True


def classify(character: str, covers: Callable[[str], bool] = _everything) -> Kind:
    """The kind of a character; one that no face `covers` is boxed."""
    if character == "\n" or " " <= character <= "~":
        return Kind.READABLE
    if character in JOINERS:
        return Kind.JOINER
    category = unicodedata.category(character)
    if character in _INVISIBLE_BY_NAME:
        return Kind.BOXED
    if category in _MARK_CATEGORIES:
        return Kind.MARK if covers(character) else Kind.BOXED
    if category in _PLAIN_CATEGORIES or category in _SIGN_CATEGORIES or category == "Mc":
        return Kind.READABLE if covers(character) else Kind.BOXED
    return Kind.BOXED


@dataclass
class Characters:
    """Sets text as safe markup. `covers` says whether the faces have a glyph for a character.

    `shown` grows by one for each character that was printed as its code point or counted instead of set.
    """

    covers: Callable[[str], bool] = _everything
    marks_word: str = "marks"
    shown: int = 0
    _kinds: dict[str, Kind] = field(default_factory=dict)

    def markup(self, text: str) -> Markup:
        """The text as HTML. Line breaks stay line breaks: the style keeps them."""
        if len(text) <= LONGEST_WORD and _EVERYDAY.fullmatch(text):
            return escape(text)
        text = cleaned(text).replace("\r\n", "\n").translate(_BREAKS)
        if _LONG_SPACE.search(text):
            return self._spaced(text)
        return Markup("").join(self._pieces(text))

    def _pieces(self, text: str) -> Iterator[Markup]:
        """The text in runs of one kind. Beyond `BOXES` the characters that would be boxed are only counted, at the
        end.
        """
        marks = boxes = unshown = word = joiners = 0
        for kind, run in groupby(text, key=self._kind):
            piece = "".join(run)
            if kind is Kind.READABLE:
                marks = 0
                if word > LONGEST_WORD:
                    yield Markup("<br/>")
                    word = 0
                yield _broken(piece)
                word = _open_word(piece, word)
                joiners = joiners if word > len(piece) else 0
                continue
            kept = self._kept(piece, kind, marks, joiners)
            word += kept
            joiners += kept if kind is Kind.JOINER else 0
            marks += len(piece) if kind is Kind.MARK else 0
            yield escape(piece[:kept])
            hidden = piece[kept:]
            self.shown += len(hidden)
            if not hidden:
                continue
            boxes += 1
            if boxes > BOXES:
                unshown += len(hidden)
            else:
                yield self._count(len(hidden)) if kind is Kind.MARK else self._boxes(hidden)
        if unshown:
            yield self._count(unshown)

    def _spaced(self, text: str) -> Markup:
        """A text with a run of spaces longer than a page is wide: the run is counted."""
        html, position = Markup(""), 0
        for run in _LONG_SPACE.finditer(text):
            html += self.markup(text[position : run.start()]) + self._boxes(run[0])
            position = run.end()
        return html + self.markup(text[position:])

    @staticmethod
    def _kept(piece: str, kind: Kind, marks: int, joiners: int) -> int:
        """How many characters of a run are set, after so many marks on the letter and joiners in the word."""
        if kind is Kind.MARK:
            return max(min(len(piece), STACKED_MARKS - marks), 0)
        few = len(piece) <= _JOINERS_IN_A_ROW and joiners + len(piece) <= _JOINERS_IN_A_WORD
        return len(piece) if kind is Kind.JOINER and few and marks <= 2 * STACKED_MARKS else 0

    def _count(self, hidden: int) -> Markup:
        word = self.marks_word if hidden > 1 else self.marks_word.removesuffix("s")
        return Markup('<span class="ctl">+{} {}</span>').format(hidden, word)

    def _boxes(self, characters: str) -> Markup:
        runs = [(character, sum(1 for _ in run)) for character, run in groupby(characters)]
        boxes = Markup("").join(self._box(character, times) for character, times in runs[:BOXES])
        return boxes + self._count(sum(times for _, times in runs[BOXES:])) if len(runs) > BOXES else boxes

    @staticmethod
    def _box(character: str, times: int) -> Markup:
        often = f"\u00a0×{times}" if times > 1 else ""
        return Markup('<span class="ctl">U+{:04X}{}</span>').format(ord(character), often)

    def _kind(self, character: str) -> Kind:
        kind = self._kinds.get(character)
        if kind is None:
            kind = self._kinds[character] = classify(character, self.covers)
        return kind


def _broken(text: str) -> Markup:
    """The text, with a line break in words that are too long to be one."""
    if len(text) <= LONGEST_WORD:
        return escape(text)
    return Markup("<br/>").join(escape(part) for part in _LONG_WORD.sub(lambda word: word[0] + "\0", text).split("\0"))


def _open_word(piece: str, before: int) -> int:
    """Characters of the word at the end of a piece, to which so many belong that stand before it."""
    *_, last = piece.rsplit(maxsplit=1) or [""]
    if piece[-1:].isspace():
        return 0
    return len(last) % LONGEST_WORD + (before if len(last) == len(piece) else 0)


def unstacked(text: str) -> Iterator[tuple[str, Kind]]:
    """The characters with their kinds, without the combining marks beyond `STACKED_MARKS` on a letter."""
    marks = 0
    for character in cleaned(text):
        kind = classify(character)
        marks = marks + 1 if kind is Kind.MARK else 0
        if marks <= STACKED_MARKS:
            yield character, kind


def plain(text: str) -> str:
    """The text for where no box can be, such as a bookmark: what `markup` would box is left out."""
    kept = (Kind.READABLE, Kind.MARK)
    return "".join(character for character, kind in unstacked(cleaned(text).translate(_BREAKS)) if kind in kept)


def reads_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction reads from right to left."""
    for character in text[:200]:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False
