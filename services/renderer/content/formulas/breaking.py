"""Breaks a formula that is too wide into lines: before relations, or else before signs of sums and products.

Only the outermost level is broken, never inside braces, delimiters or an environment; joined, lines are the source.
A source whose beginning governs all that follows (a colour, a style, `\\over`) is left whole.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from services.renderer.content.tex import tokens

_LEVELS = {
    **dict.fromkeys(("{", "(", "[", r"\left", r"\begin"), 1),
    **dict.fromkeys(("}", ")", "]", r"\right", r"\end"), -1),
}
"""How many levels deeper a token leads."""

_WITH_DELIMITER = frozenset({r"\left", r"\right"})
_GOVERNING = re.compile(
    r"\\(?:color|over|atop|choose|brace|brack|above|rm|bf|it|sf|tt|cal|text(?:style)|script(?:script)?style|def|g?let"
    r"|(?:re)?newcommand|tag|label|limits|nolimits|[lr]vert|[lr]Vert)|&|\\\\"
)
_STYLE = r"\displaystyle"
_RELATION = re.compile(
    r"[=<>≤≥≠≈≡⇒⇔→∈]|\\(?:n?leq?(?:slant|q)?|n?geq?(?:slant|q)?|lt|gt|neq?|equiv|approx|simeq|cong|sim|propto|to|mapsto"
    r"|(?:long|Long)?(?:left)?(?:right)arrow|(?:Left)?[rR]ightarrow|Longleftrightarrow|implies|iff|in|notin|subset(?:eq)?"
    r"|supset(?:eq)?|quad|qquad)"
)
_SIGN = re.compile(r"[+−-]|\\(?:pm|mp|cup|cap|vee|wedge|lor|land|times|cdot)")
_OPERATOR = re.compile(r"\\?[=<>+−(\[,;:/*^_-]|\\(?:n?leq?|n?geq?|neq?|to|in|pm|mp|times|cdot|implies|iff|not)")

_JOINT = 0.5
"""The most that a sign at the beginning of a piece lacks of the space around it, in em."""


def broken(source: str, room: float, width: Callable[[str], float]) -> tuple[str, ...]:
    """The source in lines of at most `room` em; the source alone where it cannot be broken so.

    `width` measures a line in em (0 where it cannot be drawn).
    """
    body = source.strip()
    style = _STYLE + " " if body.startswith(_STYLE) else ""
    body = body.removeprefix(_STYLE)
    for breaks in (_RELATION, _SIGN):
        pieces = [style + piece for piece in _pieces(body, breaks)]
        lines = [style + line.replace(style, "") for line in _filled(pieces, room, width)]
        if lines and all(0 < width(line) <= room for line in lines):
            return tuple(lines)
    return (source,)


def _filled(pieces: Sequence[str], room: float, width: Callable[[str], float]) -> list[str]:
    """The pieces joined into lines that fit, by the sum of the pieces' widths."""
    lines: list[str] = []
    used = 0.0
    for piece in pieces:
        wide = width(piece)
        if lines and used + _JOINT + wide <= room:
            lines[-1] += piece
            used += _JOINT + wide
        else:
            lines.append(piece)
            used = wide
    return lines


def _pieces(body: str, breaks: re.Pattern[str]) -> list[str]:
    parts = tokens(body)
    starts = [0, *_starts(parts, breaks), len(parts)]
    pieces = ["".join(parts[start:end]) for start, end in pairwise(starts)]
    return [piece for piece in pieces if piece.strip()]


def _starts(parts: Sequence[str], breaks: re.Pattern[str]) -> list[int]:
    """The tokens that a line may begin with; none where something governs the whole level."""
    starts: list[int] = []
    level = 0
    before = ""
    for index, token in enumerate(parts):
        if token.isspace():
            continue
        if before in _WITH_DELIMITER:
            before = ""
            continue
        level += _LEVELS.get(token, 0)
        if level == 0 and _GOVERNING.fullmatch(token):
            return []
        if level == 0 and breaks.fullmatch(token) and not _OPERATOR.fullmatch(before):
            starts.append(index)
        before = token
    return starts
