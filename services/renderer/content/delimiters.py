"""Splits a string at TeX's delimiters (`$`, `$$`, `\\(`, `\\[`, environments) into text and formulas, in linear time.

What is unbalanced or ambiguous stays text (`dollars`). Joined, the pieces are the string without its delimiters; `\\$`
is a dollar, except before a name, where a shell or a path is quoted (`\\$HOME`).
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from services.renderer.content.dollars import is_display_formula, is_fenced_formula, is_formula
from services.renderer.content.tex import structure

_NAME = re.compile(r"\{([a-zA-Z]+\*?)\}")
_ENVIRONMENT = re.compile(
    r"(?:align(?:ed)?(?:at)?|alignedat|flalign|gather(?:ed)?|multlined?|multline|equation|eqnarray|split|[dr]?cases"
    r"|(?:[pbBvV]|small)?matrix|array|subarray|math|displaymath|CD)\*?"
)
_CELL = re.compile(r"(?<![A-Za-z0-9])\$?[A-Z]{1,3}\$\d{1,7}(?![A-Za-z0-9])")
"""A cell of a spreadsheet whose row is fixed: `A$1`, `$A$1`. Its dollars delimit nothing."""

_ROW = re.compile(r"[A-Z]\$\d")
_NAME_BEHIND = re.compile(r"[A-Za-z_]{2}|[{(@*?#]|\\[dwsDWS]")
_CLOSING = {r"\(": r"\)", r"\[": r"\]"}


class Piece(NamedTuple):
    """A run of the string: text as it reads, or the LaTeX between two delimiters."""

    kind: Literal["text", "inline", "display"]
    source: str


class _Token(NamedTuple):
    """A token that can delimit something; `depth` is that of braces, counted anew after each blank line."""

    text: str
    start: int
    end: int
    depth: int
    environment: str = ""


class _Span(NamedTuple):
    """A formula, the index of the token behind it and its end in the string."""

    piece: Piece
    next_token: int
    end: int


def split(text: str) -> Iterator[Piece]:
    """The string's pieces in order; no two texts in a row, none empty."""
    return _Scanner(text).pieces() if "$" in text or "\\" in text else iter([Piece("text", text)] if text else [])


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self._look_ahead()
        self._nesting_budget = 4 * len(text) + 10_000

    def _look_ahead(self) -> None:
        """For each token, the index of the next candidates for its closing delimiter, found in one pass backwards."""
        count = len(self.tokens)
        self.next_dollar = [count] * count
        self.next_level_dollar = [count] * count
        self.next_double = [count] * count
        self.next_blank = [count] * count
        self.next_fence = [count] * count
        self._environment_ends()
        dollar = double = blank = fence = count
        level: dict[int, int] = {}
        for index in range(count - 1, -1, -1):
            token = self.tokens[index]
            self.next_dollar[index], self.next_double[index] = dollar, double
            self.next_blank[index], self.next_fence[index] = blank, fence
            self.next_level_dollar[index] = level.get(token.depth, count)
            if token.text == "$":
                if self._doubled(index):
                    double = index
                dollar = level[token.depth] = index
            elif token.text in (r"\(", r"\)", r"\[", r"\]"):
                fence = index
            elif token.text.startswith("\n"):
                blank = index
                level = {}

    def _environment_ends(self) -> None:
        self.environment_end: dict[int, int] = {}
        open_: dict[str, list[int]] = {}
        for index, token in enumerate(self.tokens):
            if token.text == r"\begin":
                open_.setdefault(token.environment, []).append(index)
            elif token.text == r"\end" and open_.get(token.environment):
                self.environment_end[open_[token.environment].pop()] = index

    def pieces(self) -> Iterator[Piece]:
        words: list[str] = []
        cursor = index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            span = self._formula(index)
            if span is not None:
                words.append(self.text[cursor : token.start])
                if before := "".join(words):
                    yield Piece("text", before)
                yield span.piece
                words, cursor, index = [], span.end, span.next_token
            elif token.text == r"\$" and not _NAME_BEHIND.match(self.text, token.end):
                words += [self.text[cursor : token.start], "$"]
                cursor, index = token.end, index + 1
            else:
                index += 2 if token.text == "$" and self._doubled(index) else 1
        words.append(self.text[cursor:])
        if rest := "".join(words):
            yield Piece("text", rest)

    def _formula(self, index: int) -> _Span | None:
        opening = self.tokens[index].text
        if opening == "$":
            return self._double(index) if self._doubled(index) else self._single(index)
        if opening in _CLOSING:
            return self._fenced(index)
        if index in self.environment_end and _ENVIRONMENT.fullmatch(self.tokens[index].environment):
            end = self.environment_end[index]
            return self._span("display", self.tokens[index].start, self.tokens[end].end, end, 0)
        return None

    def _single(self, index: int) -> _Span | None:
        for closing in self._candidates(index):
            start, end = self.tokens[index].end, self.tokens[closing].start
            if closing < self.next_blank[index] and is_formula(self.text, start - 1, end):
                return self._span("inline", start, end, closing, 1)
        return None

    def _candidates(self, index: int) -> Iterator[int]:
        """Indices of dollars that may close this one: the next at the same depth of braces, then the nearest of all.

        The first is asked only where the nearest is deeper (`$\\text{if $b$} c$`).
        """
        count, nearest, level = len(self.tokens), self.next_dollar[index], self.next_level_dollar[index]
        if nearest < level < count and self.tokens[nearest].depth > self.tokens[index].depth:
            self._nesting_budget -= self.tokens[level].start - self.tokens[index].end
            if self._nesting_budget > 0:
                yield level
        if nearest < count:
            yield nearest

    def _double(self, index: int) -> _Span | None:
        closing = self.next_double[index + 1]
        if closing >= len(self.tokens):
            return None
        start, end = self.tokens[index + 1].end, self.tokens[closing].start
        if not is_display_formula(self.text[start:end], self.text[end + 2 : end + 3]):
            return None
        return self._span("display", start, end, closing + 1, 2)

    def _fenced(self, index: int) -> _Span | None:
        closing = self.next_fence[index]
        opening = self.tokens[index]
        if closing >= len(self.tokens) or self.tokens[closing].text != _CLOSING[opening.text]:
            return None
        start, end = opening.end, self.tokens[closing].start
        if not is_fenced_formula(self.text, start, end):
            return None
        return self._span("inline" if opening.text == r"\(" else "display", start, end, closing, 2)

    def _span(self, kind: Literal["inline", "display"], start: int, end: int, closing: int, width: int) -> _Span:
        return _Span(Piece(kind, self.text[start:end]), closing + 1, end + width)

    def _doubled(self, index: int) -> bool:
        """Whether this dollar and the next token are a `$$`."""
        end = self.tokens[index].end
        return self.text.startswith("$", end) and index + 1 < len(self.tokens) and self.tokens[index + 1].start == end


def _tokens(text: str) -> Iterator[_Token]:
    depth = 0
    cells = _dollars_of_cells(text)
    for start, token in structure(text):
        end = start + len(token)
        if cells and start in cells:
            continue
        match token:
            case "{":
                depth += 1
            case "}":
                depth -= 1
            case "$" | r"\$" | r"\(" | r"\)" | r"\[" | r"\]":
                yield _Token(token, start, end, depth)
            case r"\begin" | r"\end":
                if name := _NAME.match(text, end):
                    yield _Token(token, start, name.end(), depth, name[1])
            case _ if token[0] == "\n":
                depth = 0
                yield _Token(token, start, end, depth)


def _dollars_of_cells(text: str) -> set[int]:
    """The positions of the dollars that belong to cells of a spreadsheet."""
    if _ROW.search(text) is None:
        return set()
    cells = (cell.start() + at for cell in _CELL.finditer(text) for at, sign in enumerate(cell[0]) if sign == "$")
    return set(cells)
