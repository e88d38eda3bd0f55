"""Rewrites commands that mathra does not know into ones it does. The meaning and every drawn sign stay.

Only commands with one meaning everywhere are here: MathLive's own names, the number sets, French operators. A command
that several people define differently (`\\e`, `\\d`, `\\E`) is left unknown: to expand it would be to guess.
"""

import re
from collections.abc import Mapping

from services.renderer.content.tex import Tokens, tokens

_OPERATORS = (  # noqa: SIM905 - a list of words
    "pgcd ppcm PGCD PPCM ch sh th argch argsh argth Arccos Arcsin Arctan card Card Ker Vect rg rang id Id Mat Cov Var "
    "cotan arcsinh arccosh arctanh sgn sign"
).split()
_OTHER_COUNTRIES = (  # noqa: SIM905 - a list of words
    "tg tgh arctg arctgh ctg cotg sen senh arcsen arcsenh cosec mdc mmc rot grad curl"
).split()
"""Operators that mathra would draw by another country's name (`tg` as tan, `rot` as a nabla): drawn as written."""

_CONTROL_SPACES = {f"\\{space}": r"\ " for space in "\u00a0\u2007\u202f\t"}
_SPOKEN = {
    **_CONTROL_SPACES,
    **{rf"\{letter}": rf"\mathbb{{{letter}}}" for letter in "RNZQCK"},
    **{rf"\{letter}{letter}": rf"\mathbb{{{letter}}}" for letter in "RNZQCKF"},
    **{rf"\doubleStruckCapital{letter}": rf"\mathbb{{{letter}}}" for letter in "RNZQCKP"},
    **{rf"\{name}": rf"\operatorname{{{name}}}" for name in _OPERATORS},
    r"\Reals": r"\mathbb{R}",
    r"\reals": r"\mathbb{R}",
    r"\natnums": r"\mathbb{N}",
    r"\Complex": r"\mathbb{C}",
    r"\cnums": r"\mathbb{C}",
    r"\exponentialE": r"\mathrm{e}",
    r"\imaginaryI": r"\mathrm{i}",
    r"\imaginaryJ": r"\mathrm{j}",
    r"\differentialD": r"\mathrm{d}",
    r"\capitalDifferentialD": r"\mathrm{D}",
    r"\rd": r"\mathrm{d}",
    r"\rD": r"\mathrm{D}",
    r"\mleft": r"\left ",
    r"\mright": r"\right ",
    r"\vect": r"\overrightarrow ",
    r"\vv": r"\overrightarrow ",
    r"\frak": r"\mathfrak ",
    r"\bold": r"\mathbf ",
    r"\upright": r"\mathrm ",
    r"\dint": r"\displaystyle\int ",
    r"\dsum": r"\displaystyle\sum ",
    r"\underbar": r"\underline ",
    r"\makebox": r"\mbox ",
    r"\nobreakspace": "~",
    r"\nobreak": " ",
    r"\linebreak": " ",
    r"\par": " ",
    r"\null": "{}",
    r"\empty": "{}",
    r"\smallskip": " ",
    r"\medskip": " ",
    r"\bigskip": " ",
    r"\EUR": r"\text{€}",
    r"\eur": r"\text{€}",
}
"""What stands for a token where a formula is read aloud. A command that ends in a letter has a space behind it."""

_DRAWN = _SPOKEN | {rf"\{name}": rf"\operatorname{{{name}}}" for name in _OTHER_COUNTRIES}
"""What stands for a token where a formula is drawn."""

DEFINITIONS = frozenset({r"\def", r"\let", r"\glet", r"\newcommand", r"\renewcommand", r"\DeclareMathOperator"})
"""Commands that define other commands."""

_EDITOR_MARKS = frozenset({r"\placeholder", r"\error"})
_EMPTY_GROUP = re.compile(r"\{\s*\}\Z")
_LINE_END = re.compile(r"\r\n?|\n")
"""A space to TeX. mathra would read a line's end before `u` as a `\\nu` that had lost its backslash."""
_NO_FORMULA = frozenset(
    {r"\mbox", r"\ce", r"\pu", r"\SI", r"\si", r"\num", r"\qty", r"\unit", r"\begin", r"\end", r"\hspace"}
)
_DECIMAL_COMMA = re.compile(r"(?<![\d,.])(\d+),(\d+)(?![\d,.])")
_CHARGE = re.compile(r"\^(?:\{[^{}]*\}|[^\s(){}]*)|(?<=[A-Za-z0-9)\]])([+-])(?=\((?:aq|s|l|g|v|cr|sol)\))")
"""A sign between a species and its state is a charge: `\\ce{Na+(aq)}`. What follows a `^` says so itself."""


def defines_commands(latex: str) -> bool:
    """Whether the source makes commands of its own. They live in that formula alone."""
    return not DEFINITIONS.isdisjoint(tokens(latex))


def drawn_source(latex: str, *, comma_is_decimal: bool) -> str:
    """The LaTeX that mathra draws. With a decimal comma, `2,5` is one number; `1,2,3` stays a list."""
    source = _rewritten(latex, _DRAWN)
    if comma_is_decimal and _DECIMAL_COMMA.search(source):
        return Tokens(source).replaced(_holds_no_formula, "sm", str, rest=_with_decimal_commas)
    return source


def spoken_source(latex: str) -> str:
    """The LaTeX that mathra puts into speech."""
    return _rewritten(latex, _SPOKEN)


def _rewritten(latex: str, meanings: Mapping[str, str]) -> str:
    source = _LINE_END.sub(" ", _without_dangling_backslash(latex.strip()))
    if source.startswith("<math"):
        source = "{}" + source
    if r"\ce" in source:
        source = Tokens(source).replaced(r"\ce".__eq__, "m", _with_charges)
    if r"\placeholder" in source or r"\error" in source:
        source = Tokens(source).replaced(_EDITOR_MARKS.__contains__, "om", _marked)
    found = tokens(source)
    if not DEFINITIONS.isdisjoint(found):
        meanings = _CONTROL_SPACES
    return "".join([meanings.get(token, token) for token in found])


def _without_dangling_backslash(source: str) -> str:
    """A lone backslash at the very end is TeX's control space whose space was trimmed: it shows nothing."""
    backslashes = len(source) - len(source.rstrip("\\"))
    return source[:-1].rstrip() if backslashes % 2 else source


def _with_charges(call: str) -> str:
    return _CHARGE.sub(lambda sign: f"^{{{sign[1]}}}" if sign[1] else sign[0], call)


def _marked(call: str) -> str:
    """An editor's mark for something still to be written, unless something is written there."""
    return r"\square " if _EMPTY_GROUP.search(call) else call


def _holds_no_formula(command: str) -> bool:
    return command in _NO_FORMULA or command.startswith(r"\text")


def _with_decimal_commas(source: str) -> str:
    return _DECIMAL_COMMA.sub(r"\1{,}\2", source)
