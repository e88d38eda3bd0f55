"""mhchem's `\\ce`, and chemformula's `\\ch`, in the part of mhchem's grammar that mathra reads.

mathra takes the digits behind a comma for a subscript, and whatever follows a script without braces for its content.
"""

import re

from services.renderer.content.tex import Tokens

_CALL = re.compile(r"\\c[eh]\s*\{(.*)\}", re.DOTALL)
_MATHEMATICS = re.compile(r"(\$[^$]*\$|\\text\s*\{[^{}]*\})")
_SUBSCRIPT = re.compile(r"_([-+−]?\d+)")
_SUPERSCRIPT = re.compile(r"\^(\d+)(?=[_A-Za-z])")
_DECIMAL = re.compile(r"(?<![A-Za-z0-9)\]}^_.,{$\\])(\d+),(\d+)(?![\d,])(\s*)(?=(.?))")
_LIST_SIGN = re.compile(r"([,;])(?=[^\s{}])")
_CHARGE = re.compile(r"\^(?:\{[^{}]*\}|[^\s(){}]*)|(?<=[A-Za-z0-9)\]])([+-])(?=\((?:aq|s|l|g|v|cr|sol)\))")
"""A sign between a species and its state is a charge: `\\ce{Na+(aq)}`. What follows a `^` says so itself."""

_SPECIES = re.compile(r"(?:[A-Z][a-z]?|e(?=\^?\{?-)|[()\[\]])(?:_?\d+|_\{\d+\})?(?:\^(?:\{[^{}]*\}|[\d+-]+))?[+-]?")
_SIGNS = re.compile(r"\s*(?:->|<-|<=>|<->|[+\s*.=]|\d+(?:[.,/]\d+)?|\((?:aq|s|l|g)\))\s*")


def with_chemistry(source: str) -> str:
    """A source whose chemical formulas mathra reads as mhchem does."""
    if r"\ch" in source:
        source = Tokens(source).replaced(r"\ch".__eq__, "m", _chemformula)
    return Tokens(source).replaced(r"\ce".__eq__, "m", _mhchem) if r"\ce" in source else source


def _chemformula(call: str) -> str:
    r"""`\ch{H2O}` as `\ce{H2O}`. `\ch{x}` stays: in French it is the hyperbolic cosine."""
    content = _CALL.fullmatch(call)
    return rf"\ce{{{content[1]}}}" if content and _is_chemical(content[1]) else call


def _is_chemical(text: str) -> bool:
    """Whether a text is made of species, signs and numbers, and is more than one letter."""
    place, species = 0, 0
    while place < len(text):
        found = _SPECIES.match(text, place)
        species += found is not None
        found = found or _SIGNS.match(text, place)
        if found is None or found.end() == place:
            return False
        place = found.end()
    return species > 0 and len(text.strip()) > 1


def _mhchem(call: str) -> str:
    content = _CALL.fullmatch(call)
    if content is None:
        return call
    parts = _MATHEMATICS.split(content[1])
    parts[::2] = map(_normal, parts[::2])
    return rf"\ce{{{''.join(parts)}}}"


def _normal(text: str) -> str:
    if "\\" not in text:
        text = text.replace("{}", "")  # an empty base, as LaTeX itself needs it before a script
    text = _CHARGE.sub(lambda sign: f"^{{{sign[1]}}}" if sign[1] else sign[0], text)
    text = _SUBSCRIPT.sub(r"_{\1}", _SUPERSCRIPT.sub(r"^{\1}", text))
    text = _DECIMAL.sub(_decimal, text)
    mathematics = _MATHEMATICS.split(text)
    mathematics[::2] = (_LIST_SIGN.sub(r"\1 ", part) for part in mathematics[::2])
    return "".join(mathematics)


def _decimal(number: re.Match[str]) -> str:
    """A number with a decimal comma, and the thin space that a coefficient has behind it."""
    space = r"\," if number[4].isalpha() or number[4] in ("(", "[") else ""
    behind = "" if space else number[3]
    return rf"${number[1]}{{,}}{number[2]}{space}${behind}"
