"""What writers' editors and habits put into LaTeX, said in the words mathra knows. Meaning and every drawn sign stay.

Only commands with one meaning everywhere are here: MathLive's own names, the number sets, French operators. A command
that several people define differently (`\\e`, `\\d`, `\\E`) is left unknown: to expand it would be to guess.
"""

import re

_SETS = re.compile(r"([RNZQCKF])\1|([RNZQCK])|doubleStruckCapital([RNZQCKP])")
_OPERATORS = re.compile(
    r"pgcd|ppcm|PGCD|PPCM|ch|sh|th|argch|argsh|argth|Arc(?:cos|sin|tan)|[Cc]ard|Ker|Vect|rg|rang|id|Id|Mat|Cov|Var"
    r"|cotan|arc(?:sin|cos|tan)h|sgn|sign"
)
_OTHER_COUNTRIES = re.compile(r"(?:arc)?tgh?|co?tg|(?:arc)?senh?|cosec|mdc|mmc|rot|grad|curl")
"""Operators that mathra would draw by another country's name (`tg` as tan, `rot` as a nabla): drawn as written."""

_MEANINGS = {
    "Reals": r"\mathbb{R}",
    "reals": r"\mathbb{R}",
    "natnums": r"\mathbb{N}",
    "Complex": r"\mathbb{C}",
    "cnums": r"\mathbb{C}",
    "exponentialE": r"\mathrm{e}",
    "imaginaryI": r"\mathrm{i}",
    "imaginaryJ": r"\mathrm{j}",
    "differentialD": r"\mathrm{d}",
    "capitalDifferentialD": r"\mathrm{D}",
    "rd": r"\mathrm{d}",
    "rD": r"\mathrm{D}",
    "mleft": r"\left",
    "mright": r"\right",
    "vect": r"\overrightarrow",
    "vv": r"\overrightarrow",
    "frak": r"\mathfrak",
    "bold": r"\mathbf",
    "upright": r"\mathrm",
    "dint": r"\displaystyle\int",
    "dsum": r"\displaystyle\sum",
    "underbar": r"\underline",
    "makebox": r"\mbox",
    "nobreakspace": "~",
    "nobreak": " ",
    "linebreak": " ",
    "par": " ",
    "null": "{}",
    "empty": "{}",
    "smallskip": " ",
    "medskip": " ",
    "bigskip": " ",
    "EUR": r"\text{€}",
    "eur": r"\text{€}",
}
_COMMAND = re.compile(r"\\(?:([a-zA-Z]+)|.)", re.DOTALL)
_EDITOR_MARK = re.compile(r"\\placeholder(?:\[[^\]]*\])?\{\s*\}|\\error\{\s*\}")
_DEFINITION = re.compile(r"\\(?:def|g?let|(?:re)?newcommand|DeclareMathOperator)(?![a-zA-Z])")
_CONTROL_SPACE = re.compile(r"(\\\\)|\\[\u00a0\u2007\u202f\t\r\n]")
_LINE_END = re.compile(r"\r\n?|\n")
"""A space to TeX. mathra would read a line's end before `u` as a `\\nu` that had lost its backslash."""
_DANGLING = re.compile(r"(?:[^\\]|\A)(?:\\\\)*(\\)\Z")
_DECIMAL_COMMA = re.compile(
    r"\\(?:text\w*|mbox|ce|pu|SI|si|num|qty|unit|begin|end|hspace)\s*\*?\{[^{}]*\}|(?<![\d,.])(\d+),(\d+)(?![\d,.])"
)


_CHEMISTRY = re.compile(r"\\ce\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}")
_CHARGE = re.compile(r"\^(?:\{[^{}]*\}|[^\s(){}]*)|(?<=[A-Za-z0-9)\]])([+-])(?=\((?:aq|s|l|g|v|cr|sol)\))")
"""A sign between a species and its state is a charge: `\\ce{Na+(aq)}`. What follows a `^` says so itself."""


def defines_commands(latex: str) -> bool:
    """Whether the source makes commands of its own. They live in that formula alone."""
    return _DEFINITION.search(latex) is not None


def drawn_source(latex: str, *, comma_is_decimal: bool) -> str:
    """The source mathra is to draw. Where a comma is the decimal mark, `2,5` is one number; `1,2,3` stays a list."""
    source = spoken_source(latex)
    if not defines_commands(source):
        source = _COMMAND.sub(_as_written, source)
    if comma_is_decimal and "," in source:
        source = _DECIMAL_COMMA.sub(_one_number, source)
    return source


def spoken_source(latex: str) -> str:
    """The source mathra is to read aloud.

    A lone backslash at the very end is TeX's control space whose space was trimmed: it shows nothing.
    """
    source = latex.strip()
    if dangling := _DANGLING.search(source):
        source = source[: dangling.start(1)].rstrip()
    if source.startswith("<math"):
        source = "{}" + source
    source = _LINE_END.sub(" ", source)
    source = _EDITOR_MARK.sub(r"\\square ", source)
    source = _CONTROL_SPACE.sub(lambda match: match.group(1) or r"\ ", source)
    source = _CHEMISTRY.sub(lambda match: _CHARGE.sub(_charged, match.group()), source)
    return source if defines_commands(source) else _COMMAND.sub(_known, source)


def _as_written(match: re.Match[str]) -> str:
    name = match.group(1) or ""
    return rf"\operatorname{{{name}}}" if _OTHER_COUNTRIES.fullmatch(name) else match.group()


def _one_number(match: re.Match[str]) -> str:
    whole, decimals = match.groups()
    return f"{whole}{{,}}{decimals}" if whole else match.group()


def _charged(match: re.Match[str]) -> str:
    return f"^{{{match.group(1)}}}" if match.group(1) else match.group()


def _known(match: re.Match[str]) -> str:
    meaning = _meaning(match.group(1) or "")
    if meaning is None:
        return match.group()
    following = match.string[match.end() : match.end() + 1]
    return meaning + " " if following.isalpha() or meaning[-1].isalpha() else meaning


def _meaning(name: str) -> str | None:
    if letters := _SETS.fullmatch(name):
        return rf"\mathbb{{{next(filter(None, letters.groups()))}}}"
    return rf"\operatorname{{{name}}}" if _OPERATORS.fullmatch(name) else _MEANINGS.get(name)
