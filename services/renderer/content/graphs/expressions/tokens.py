"""The tokeniser of expressions: typographic, LaTeX and keyboard spellings to one; what is no token is an error."""

import re
from dataclasses import dataclass
from typing import Literal

from services.renderer.content.graphs.expressions.functions import CONSTANTS, FUNCTION_NAMES

Kind = Literal["number", "variable", "constant", "function", "operator", "open", "close", "bar", "separator", "end"]


class ExpressionError(ValueError):
    """An expression that cannot be read. The text is for logs; it may quote the expression."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression: `text` in its one spelling, `value` where it is a number."""

    kind: Kind
    text: str
    value: float = 0.0


_PREFIX = re.compile(
    r"\s*(?:[A-Za-z]'{0,2}\s*(?:\(\s*(?P<named>[a-z])\s*\))?\s*="
    r"|[A-Za-z]\s*:\s*(?P<mapped>[a-z])\s*(?:↦|->|→|\\mapsto))\s*"
)
_LATEX_SPACE = re.compile(r"\\(?:left|right|displaystyle|quad|qquad|[,;:! ])(?![A-Za-z])|\\(?=[{}])|[~\s]+")
_LATEX_NAME = re.compile(r"\\(?:operatorname|mathrm|text|mathop)\*?\s*\{\s*(\w+)\s*\}")
_NUMBER = re.compile(r"(?:\d+(?:[.,]\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NAME = re.compile(r"log_?10(?!\d)|log_?2(?!\d)|log_\{(?:10|2)\}|[A-Za-zπ]+|[√∛]", re.IGNORECASE)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_SUPERSCRIPTS = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_TO_DIGITS = str.maketrans("⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+-0123456789")

_OPERATORS = {
    **dict.fromkeys(("**", "^"), "^"),
    **dict.fromkeys("*×·⋅∙•∗✕", "*"),
    **dict.fromkeys("/÷∕:", "/"),
    **dict.fromkeys("-−–‐‑", "-"),
    "+": "+",
}
_COMMAND_TOKENS = {
    **dict.fromkeys(("cdot", "times", "ast"), Token("operator", "*")),
    "div": Token("operator", "/"),
    **dict.fromkeys(("frac", "dfrac", "tfrac"), Token("function", "frac")),
    **dict.fromkeys(("vert", "lvert", "rvert"), Token("bar", "|")),
}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def tokenize(expression: str) -> list[Token]:
    """The tokens of an expression, the last of them `end`.

    Raises:
        ExpressionError: some of it is no token.
    """
    prefix = _PREFIX.match(expression)
    variable = (prefix and (prefix["named"] or prefix["mapped"])) or "x"
    text = _LATEX_NAME.sub(r"\1", expression[prefix.end() if prefix else 0 :])
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        if space := _LATEX_SPACE.match(text, position):
            position = space.end()
            continue
        position = _next(text, position, variable, tokens)
    return [*tokens, Token("end", "")]


def _next(text: str, position: int, variable: str, tokens: list[Token]) -> int:
    """Add the token, or tokens, at a position and give the position behind."""
    if number := _NUMBER.match(text, position):
        tokens.append(Token("number", number[0], float(number[0].replace(",", "."))))
        return number.end()
    if raised := _SUPERSCRIPTS.match(text, position):
        digits = raised[0].translate(_TO_DIGITS)
        tokens += [Token("operator", "^"), Token("number", digits, float(digits))]
        return raised.end()
    if command := _COMMAND.match(text, position):
        known = _COMMAND_TOKENS.get(command[1])
        tokens += [known] if known else _names(command[1], variable, before_open=False)
        return command.end()
    if name := _NAME.match(text, position):
        tokens += _names(name[0], variable, before_open=text[name.end() :].lstrip().startswith("("))
        return name.end()
    return _sign(text, position, tokens)


def _sign(text: str, position: int, tokens: list[Token]) -> int:
    size = 2 if text.startswith("**", position) else 1
    sign = text[position : position + size]
    if sign in _OPERATORS:
        tokens.append(Token("operator", _OPERATORS[sign]))
    elif sign in _CLOSING:
        tokens.append(Token("open", sign))
    elif sign in _CLOSING.values():
        tokens.append(Token("close", sign))
    elif sign == "|":
        tokens.append(Token("bar", sign))
    elif sign in ",;":
        tokens.append(Token("separator", sign))
    else:
        raise ExpressionError(f"unexpected {sign!r}")
    return position + size


def _names(run: str, variable: str, *, before_open: bool) -> list[Token]:
    """A run of letters as names: `xsin` is x·sin, `pix` is π·x. The longest known name wins."""
    if run == "E" and before_open:
        return [Token("function", "floor")]
    rest = run.lower().replace("_", "").replace("{", "").replace("}", "")
    found: list[Token] = []
    while rest:
        size = next((size for size in range(len(rest), 0, -1) if _named(rest[:size], variable)), 0)
        token = _named(rest[:size], variable) if size else None
        if token is None:
            raise ExpressionError(f"unknown name {run!r}")
        found.append(token)
        rest = rest[size:]
    return found


def _named(name: str, variable: str) -> Token | None:
    if name == variable:
        return Token("variable", name)
    if name in CONSTANTS:
        return Token("constant", name, CONSTANTS[name])
    return Token("function", name) if name in FUNCTION_NAMES else None


def closes(opening: str, closing: Token) -> bool:
    """Whether a token is the bracket that closes this one."""
    return closing.kind == "close" and closing.text == _CLOSING[opening]
