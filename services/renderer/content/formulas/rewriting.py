"""Rewrites commands that mathra does not know into ones it does. The meaning and every drawn sign stay.

Only commands with one meaning everywhere are here: MathLive's own names, the number sets, French operators. A command
that several people define differently (`\\e`, `\\d`, `\\E`) is left unknown: to expand it would be to guess.
"""

import re
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from itertools import accumulate

from services.renderer.content.formulas.chemistry import with_chemistry
from services.renderer.content.formulas.quantities import COMMANDS, with_quantities
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
    r"\lArr": r"\Leftarrow ",
    r"\rArr": r"\Rightarrow ",
    r"\hArr": r"\Leftrightarrow ",
    r"\og": r"\text{« }",
    r"\fg": r"\text{ »}",
    r"\EUR": r"\text{€}",
    r"\eur": r"\text{€}",
}
"""What stands for a token where a formula is read aloud. A command that ends in a letter has a space behind it."""

_DRAWN = _SPOKEN | {rf"\{name}": rf"\operatorname{{{name}}}" for name in _OTHER_COUNTRIES}
"""What stands for a token where a formula is drawn."""

DEFINITIONS = frozenset({r"\def", r"\let", r"\glet", r"\newcommand", r"\renewcommand", r"\DeclareMathOperator"})
"""Commands that define other commands."""

_EDITOR_MARKS = frozenset({r"\placeholder", r"\error"})
_OPERATOR = re.compile(r"\\operatorname\s*(\*?)\s*\{(.*)\}", re.DOTALL)
_FONT = re.compile(r"\\(?:mathrm|mathbf|mathit|mathsf|textrm|textbf|textnormal|text|mbox|rm)\s*\{([^\W\d_]+)\}")
_STRUCTURED = re.compile(r"\\[a-zA-Z]|[\^_{}$&/]")
_DECLARED = re.compile(
    r"\\DeclareMathOperator\s*(\*?)\s*(?:\{\s*(\\[a-zA-Z]+)\s*\}|(\\[a-zA-Z]+))\s*\{(.*)\}", re.DOTALL
)
_NUMPRINT = frozenset({r"\np", r"\numprint"})
_NUMBER_WITH_UNIT = re.compile(r"\\(?:np|numprint)\s*(?:\[(.*?)\])?\s*(\{.*\})", re.DOTALL)
_EQNARRAY = re.compile(r"\\begin\s*\{(eqnarray\*?)\}(.*?)\\end\s*\{\1\}", re.DOTALL)
_DEPTHS = {"{": 1, r"\begin": 1, "}": -1, r"\end": -1}
_ROW_ENDS = frozenset({r"\\", r"\cr"})
_ENTITY = re.compile(r"&(?:lt|gt|nbsp);")
_ENTITY_OF_AMPERSAND = re.compile(r"&amp;(?!lt;|gt;|nbsp;)")
_EMPTY_GROUP = re.compile(r"\{\s*\}\Z")
_LINE_END = re.compile(r"\r\n?|\n")
"""A space to TeX. mathra would read a line's end before `u` as a `\\nu` that had lost its backslash."""
_NO_FORMULA = frozenset(
    {r"\mbox", r"\ce", r"\pu", r"\SI", r"\si", r"\num", r"\qty", r"\unit", r"\begin", r"\end", r"\hspace"}
)
_DECIMAL_GROUP = re.compile(r"(?<=\d)\{,\}(?=\d)")
"""A decimal comma as LaTeX has it; mathra says the mark of its own language for a point."""

_LIMITS = re.compile(r"(\\(?:lim|limsup|liminf|max|min|sup|inf))\s*\\limits\s*_\s*(\{(?:[^{}]|\{[^{}]*\})*\})")
"""An operator with what is to stand below it: in a line of text mathra would set it as an index."""

_SCRIPT = r"_\s*(\{(?:[^{}]|\{[^{}]*\})*\}|[A-Za-z0-9]|\\[a-zA-Z]+)"
_PRIME_AND_INDEX = re.compile(rf"(?:('+)\s*{_SCRIPT}|{_SCRIPT}\s*('+))(?!\s*['^_])")

_DECIMAL_COMMA = re.compile(r"(?<![\d,.])(\d+),(\d+)(?![\d,.])")
_POINT = re.compile(r"(?<![\w\\])([A-EG-OQ-Z](?:'|_\w|_\{\w+\})?\s*\(\s*-?\d+),(-?\d+)(?=\s*\))")
"""A point with two coordinates: `A(2,5)`. F and P are functions and probabilities, whose comma is a decimal one."""


def defines_commands(latex: str) -> bool:
    """Whether the source makes commands of its own. They live in that formula alone."""
    return not DEFINITIONS.isdisjoint(tokens(latex))


def drawn_source(latex: str, *, comma_is_decimal: bool) -> str:
    """The LaTeX that mathra draws. With a decimal comma, `2,5` is one number; `1,2,3` stays a list."""
    source = _with_stacked_primes(_LIMITS.sub(r"\\underset\2{\1}", with_quantities(_rewritten(latex, _DRAWN))))
    if comma_is_decimal and _DECIMAL_COMMA.search(source):
        return Tokens(source).replaced(_holds_no_formula, "sm", str, rest=_with_decimal_commas)
    return source


def _with_stacked_primes(source: str) -> str:
    """Primes above the index beside them, as TeX sets them; mathra would set the index behind the primes."""
    if "'" not in source or "_" not in source:
        return source
    return Tokens(source).replaced(_holds_no_formula, "sm", str, rest=_primes_stacked)


def _primes_stacked(source: str) -> str:
    def stacked(found: re.Match[str]) -> str:
        primes, index = len(found[1] or found[4]) * r"\prime", (found[2] or found[3])
        return f"_{index}^{{{{}}^{{{primes}}}}}"

    return _PRIME_AND_INDEX.sub(stacked, source)


def has_unread_units(source: str) -> bool:
    """Whether a `\\pu` is left to be drawn: mathra would make a subtraction of `s-2`, and change decimal marks."""
    return r"\pu" in source and r"\pu" in tokens(source)


def spoken_source(latex: str, *, units_are_known: bool = True) -> str:
    """The LaTeX that mathra puts into speech. Where it knows all units, it says them in words."""
    source = with_quantities(_rewritten(latex, _SPOKEN), {r"\pu"} if units_are_known else COMMANDS)
    return _DECIMAL_GROUP.sub(".", source)


def _rewritten(latex: str, meanings: Mapping[str, str]) -> str:
    source = _LINE_END.sub(" ", _without_dangling_backslash(latex.strip()))
    if source.startswith("<math"):
        source = "{}" + source
    source = _POINT.sub(r"\1, \2", source)
    for marks, step in _STEPS:
        if any(mark in source for mark in marks):
            source = step(source)
    found = tokens(source)
    if not DEFINITIONS.isdisjoint(found):
        meanings = _CONTROL_SPACES
    return "".join([meanings.get(token, token) for token in found])


def _without_dangling_backslash(source: str) -> str:
    """A lone backslash at the very end is TeX's control space whose space was trimmed: it shows nothing."""
    backslashes = len(source) - len(source.rstrip("\\"))
    return source[:-1].rstrip() if backslashes % 2 else source


def _operator(call: str) -> str:
    """An operator whose name is more than letters: mathra would print the commands in it by their names."""
    return _OPERATOR.sub(_named, call)


def _declaration(call: str) -> str:
    """An operator's declaration whose name is more than letters, as the command that it is."""
    found = _DECLARED.fullmatch(call)
    if found is None or not _STRUCTURED.search(found[4]):
        return call
    return rf"\newcommand{{{found[2] or found[3]}}}{{\mathop{{\mathrm{{{found[4]}}}}}{_limits(found[1])}}}"


def _limits(star: str) -> str:
    return r"\limits " if star else r"\nolimits "


def _with_tags_behind(source: str) -> str:
    """An equation's number behind its row, wherever it was written: in front it would read as a factor."""
    found = Tokens(source)
    parts: list[str] = []
    tag, behind, depth, level = "", 0, 0, 0
    for index, part in enumerate(found.all):
        if index < behind:
            continue
        if part == r"\tag" and (arguments := found.arguments(index + 1, "sm")):
            parts.append(tag)
            tag, behind, level = found.text(index, arguments[-1].stop), arguments[-1].stop, depth
            continue
        if tag and depth == level and (part in _ROW_ENDS or part == r"\end"):
            parts.append(tag)
            tag = ""
        depth += _DEPTHS.get(part, 0)
        parts.append(part)
    return "".join([*parts, tag])


def _named(operator: re.Match[str]) -> str:
    star, name = operator[1], operator[2]
    if wrapped := _FONT.fullmatch(name.strip()):
        return rf"\operatorname{star}{{{wrapped[1]}}}"
    if not _STRUCTURED.search(name):
        return operator[0]
    return rf"\mathop{{\mathrm{{{name}}}}}" + _limits(star)


def _with_unit(call: str) -> str:
    """numprint's `\\np[unit]{number}`."""
    return _NUMBER_WITH_UNIT.sub(lambda found: rf"\num{found[2]}" + _unit(found[1]), call)


def _unit(written: str | None) -> str:
    return rf"\,\mathrm{{{written}}}" if written else ""


def _with_two_columns(source: str) -> str:
    """An `eqnarray`, which has a column for the sign, as the `align` that mathra takes it for."""
    return _EQNARRAY.sub(lambda found: rf"\begin{{align*}}{_without_second_ampersands(found[2])}\end{{align*}}", source)


def _without_second_ampersands(rows: str) -> str:
    parts: list[str] = []
    depth = seen = 0
    for part in tokens(rows):
        depth += _DEPTHS.get(part, 0)
        if depth == 0 and part in _ROW_ENDS:
            seen = 0
        seen += part == "&" and depth == 0
        parts.append("" if part == "&" and depth == 0 and seen == 2 else part)
    return "".join(parts)


def _with_roots(source: str) -> str:
    """Plain TeX's `\\root 3 \\of {x}` as `\\sqrt[3]{x}`; one without its `\\of` stays."""
    found = Tokens(source)
    ends = deque(index for index, part in enumerate(found.all) if part == r"\of")
    parts: list[str] = []
    start = 0
    for index, part in enumerate(found.all):
        while ends and ends[0] < index:
            ends.popleft()
        if part == r"\root" and index >= start and ends:
            parts += [found.text(start, index), rf"\sqrt[{{{found.text(index + 1, ends[0]).strip()}}}]"]
            start = found.skip_spaces(ends[0] + 1)
    return "".join([*parts, found.text(start)])


def _with_ampersands(source: str) -> str:
    """A `&` that parts no columns is a sign that someone typed: TeX would stop at it, mathra would leave it out."""
    found = tokens(_ENTITY_OF_AMPERSAND.sub("&", source))
    depths = list(accumulate(_DEPTHS.get(part, 0) for part in found))
    if any(part in _ROW_ENDS and depth == 0 for part, depth in zip(found, depths, strict=True)):
        return source
    kept = (
        r"\&" if part == "&" and depth == 0 and not _ENTITY.match("".join(found[index : index + 6])) else part
        for index, (part, depth) in enumerate(zip(found, depths, strict=True))
    )
    return "".join(kept)


def _marked(call: str) -> str:
    """An editor's mark for something still to be written, unless something is written there."""
    return r"\square " if _EMPTY_GROUP.search(call) else call


def _holds_no_formula(command: str) -> bool:
    return command in _NO_FORMULA or command.startswith(r"\text")


def _with_decimal_commas(source: str) -> str:
    return _DECIMAL_COMMA.sub(r"\1{,}\2", source)


def _replacing(commands: Container[str], arguments: str, rewrite: Callable[[str], str]) -> Callable[[str], str]:
    return lambda source: Tokens(source).replaced(commands.__contains__, arguments, rewrite)


_STEPS: tuple[tuple[Sequence[str], Callable[[str], str]], ...] = (
    ((r"\ce", r"\ch"), with_chemistry),
    ((r"\DeclareMathOperator",), _replacing({r"\DeclareMathOperator"}, "smm", _declaration)),
    ((r"\tag",), _with_tags_behind),
    ((r"\operatorname",), _replacing({r"\operatorname"}, "sm", _operator)),
    (tuple(_NUMPRINT), _replacing(_NUMPRINT, "om", _with_unit)),
    ((r"\root",), _with_roots),
    (("{eqnarray",), _with_two_columns),
    (("&",), _with_ampersands),
    (tuple(_EDITOR_MARKS), _replacing(_EDITOR_MARKS, "om", _marked)),
)
"""What is done to a source in which one of the marks is, in this order."""
