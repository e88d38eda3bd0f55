"""Syntax highlighting of a program: lines of (style, text) pieces by Pygments. Joined, the pieces are the text.

Correcta does not record a language. It is read from a fenced first line or from what the question and the course say,
else from unmistakable signs in the code; where that fails the code is set plain, because wrong colours are worse than
none.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound

Piece = tuple[str, str]
"""A style ("" for none, else a class of the style sheet) and the characters in it."""

_HIGHLIGHTED_CHARACTERS = 60_000
"""Longer code is set plain: colours of a listing of more than a thousand lines help nobody and cost seconds."""

_STYLES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "cm"),
    (String.Doc, "cm"),
    (String, "st"),
    (Number, "nb"),
    (Literal.Number, "nb"),
    (Keyword, "kw"),
    (Operator.Word, "kw"),
    (Name.Builtin, "bi"),
    (Name.Function, "fn"),
    (Name.Class, "fn"),
    (Name.Decorator, "fn"),
    (Name.Tag, "kw"),
)

_SPOKEN_OF = (
    ("python", r"\bpython\b"),
    ("c++", r"\bc\s?\+\+"),
    ("csharp", r"\bc\s?#|\bc sharp\b"),
    ("typescript", r"\btypescript\b"),
    ("javascript", r"\bjava\s?script\b|\bnode\.?js\b"),
    ("java", r"\bjava\b"),
    ("ocaml", r"\bocaml\b|\bcaml\b"),
    ("haskell", r"\bhaskell\b"),
    ("sql", r"\bsql\b|\brequêtes?\b"),
    ("rust", r"\brust\b"),
    ("go", r"\bgolang\b|\ben go\b"),
    ("matlab", r"\bmatlab\b|\bscilab\b|\boctave\b"),
    ("bash", r"\bbash\b|\bshell\b"),
    ("php", r"\bphp\b"),
    ("html", r"\bhtml\b"),
    ("r", r"\ben r\b|\blangage r\b|\bin r\b"),
    ("c", r"\blangage c\b|\ben c\b|\bin c\b|\bc language\b"),
)
_SIGNS = (
    ("c++", r"#include\s*<(?:iostream|vector|string|map)>|\bstd::"),
    ("c", r"#include\s*[<\"]\w+\.h"),
    ("java", r"\bpublic\s+(?:static|class)\b|\bSystem\.out\."),
    ("csharp", r"\busing\s+System\b|\bConsole\.Write"),
    ("rust", r"\bfn\s+\w+\s*\(|\blet\s+mut\b"),
    ("ocaml", r"\blet\s+rec\b|\bmatch\b.+\bwith\b"),
    (
        "python",
        r"(?m)^\s*(?:def\s+\w+\s*\(.*\)\s*(?:->.*)?:|from\s+\w+\s+import|import\s+\w+\s*$|for\s+\w+\s+in\s+.+:|elif\b)|\bprint\s*\(",
    ),
    ("javascript", r"\bfunction\s+\w*\s*\(|\bconst\s+\w+\s*=|=>|\bconsole\.log"),
    ("sql", r"(?i)\bselect\b[\s\S]+\bfrom\b|\binsert\s+into\b|\bcreate\s+table\b"),
    ("php", r"<\?php"),
    ("html", r"(?i)<!doctype html|<html\b|<div\b"),
    ("bash", r"^#!.*\bsh\b"),
)
_FENCE = re.compile(r"\A\s*```\s*([\w+#.-]+)\s*\n")


def language_of(code: str, about: str = "") -> str | None:
    """The language a program is written in, as Pygments calls it; None where nothing tells."""
    fence = _FENCE.match(code)
    if fence:
        return fence.group(1).lower()
    hints = about.lower()
    for name, pattern in _SPOKEN_OF:
        if re.search(pattern, hints):
            return name
    head = code[:4_000]
    return next((name for name, pattern in _SIGNS if re.search(pattern, head)), None)


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, stripall=False, ensurenl=False)
    except ClassNotFound:
        return None


def lines(code: str, language: str | None) -> tuple[tuple[Piece, ...], ...]:
    """The code line by line, each line in pieces of one style."""
    code = code.replace("\r\n", "\n").replace("\r", "\n")
    lexer = _lexer(language) if language and len(code) <= _HIGHLIGHTED_CHARACTERS else None
    pieces = list(_styled(code, lexer)) if lexer else [("", code)]
    if "".join(text for _, text in pieces) != code:
        pieces = [("", code)]
    return tuple(_split(pieces))


def _styled(code: str, lexer: Lexer) -> Iterator[Piece]:
    for token, text in lexer.get_tokens(code):
        yield next((style for kind, style in _STYLES if token in kind), ""), text


def _split(pieces: list[Piece]) -> Iterator[tuple[Piece, ...]]:
    line: list[Piece] = []
    for style, text in pieces:
        first, *others = text.split("\n")
        line.append((style, first))
        for other in others:
            yield _merged(line)
            line = [(style, other)]
    yield _merged(line)


def _merged(line: list[Piece]) -> tuple[Piece, ...]:
    """The line with pieces of one style joined, and white space joined to its neighbour.

    A piece of white space alone would be missing from the text that a reader copies out of the PDF.
    """
    merged: list[Piece] = []
    for style, text in filter(itemgetter(1), line):
        before = merged[-1] if merged else ("", "")
        if before[1] and (before[0] == style or text.isspace()):
            merged[-1] = (before[0], before[1] + text)
        elif before[1].isspace():
            merged[-1] = (style, before[1] + text)
        else:
            merged.append((style, text))
    return tuple(merged)


def wrapped(line: tuple[Piece, ...], columns: int) -> tuple[tuple[Piece, ...], ...]:
    """The line cut into rows of at most `columns` characters; an empty line is one empty row."""
    length = sum(len(text) for _, text in line)
    cuts = [*range(0, length, columns), length]
    return tuple(_between(line, start, end) for start, end in pairwise(cuts)) or ((),)


def _between(line: tuple[Piece, ...], start: int, end: int) -> tuple[Piece, ...]:
    found: list[Piece] = []
    position = 0
    for style, text in line:
        part = text[max(start - position, 0) : max(end - position, 0)]
        position += len(text)
        if part:
            found.append((style, part))
    return tuple(found)
