"""Checks a drawing against its source: letters, digits and signs of the LaTeX are counted against the glyphs drawn.

Not one may be missing, and no digit may be there that was not written. This guards the reader against whatever a
typesetter "corrects" in silence: a decimal mark of another country, a digit of a command it misunderstands.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from services.renderer.content.formulas.rewriting import DEFINITIONS
from services.renderer.content.tex import Span, Tokens

_UNSEEN_ARGUMENTS = {
    **dict.fromkeys((r"\hspace", r"\vspace", r"\hskip", r"\mspace"), "sm"),
    **dict.fromkeys((r"\color", r"\textcolor", r"\pagecolor", r"\colorbox"), "om"),
    **dict.fromkeys((r"\label", r"\require", r"\phantom", r"\hphantom", r"\vphantom", r"\cline"), "m"),
    **dict.fromkeys((r"\raisebox", r"\vcenter", r"\si", r"\unit", r"\unicode", r"\end"), "m"),
    **dict.fromkeys((r"\operatorname", r"\tag"), "s"),
    r"\fcolorbox": "omom",
    r"\rule": "omm",
    r"\multicolumn": "mm",
    r"\scalebox": "mo",
    r"\smash": "o",
    r"\begin": "mo",
}
"""The arguments that show no sign, by command, in the notation of `Tokens.arguments`."""

_WITH_COLUMNS = frozenset(
    {"{array}", "{tabular}", "{subarray}", "{alignat}", "{alignat*}", "{alignedat}", "{xalignat}", "{xalignat*}"}
)
_WITH_LENGTH = frozenset({r"\kern", r"\mkern", r"\hskip", r"\mskip", r"\vskip"})
_LENGTH = re.compile(r"\s*[-+]?\s*[\d.,]*\s*(?:mu|em|ex|pt|pc|cm|mm|in|bp|px|sp)\b")
_LINE_SKIP = re.compile(rf"\[{_LENGTH.pattern}\s*\]")
_WITH_DELIMITER = re.compile(r"\\(?:left|right|middle|[bB]igg?[lrm]?)")
_NAME_LEFT_OPEN = re.compile(r"\s*\{[a-zA-Z]*\*?(?=\\\})")
"""A name of an environment that ends in `\\}`: mathra reads it all the same."""

_QUANTITIES = frozenset({r"\SI", r"\qty", r"\SIrange", r"\qtyrange", r"\num", r"\ang", r"\tablenum"})
_POWERS_OF_TEN = _QUANTITIES | {r"\pu", r"\si", r"\unit", r"\numlist", r"\numrange", r"\SIlist", r"\qtylist"}
"""Commands that draw digits that are not written: `e3` as 10 and its power, `\\per` as the power -1."""

_NOT_JUDGED = DEFINITIONS | {r"\newenvironment", r"\chemfig", r"\schemestart", r"\chemmove", r"\xymatrix", r"\verb"}
_NEVER_NAMED = frozenset(
    rf"\{name}"
    for name in (  # noqa: SIM905 - a list of words
        "frac dfrac tfrac sqrt binom mathrm mathbf mathit mathsf mathbb mathcal text textrm textbf alpha beta gamma "
        "delta lambda theta sigma omega infty times cdot overline left right"
    ).split()
)
"""Commands that stand for a sign or a shape and are long enough to be told from other letters."""

_DIAGRAM = re.compile(r"\\begin\s*\{(?:tikzcd|CD)\}")
_ENTITY = re.compile(r"&(lt|gt|amp|nbsp);")
"""What is left of a source that went through HTML once too often; mathra reads it as the sign it stands for."""

_CHEMISTRY = frozenset({r"\ce", r"\ch", r"\pu"})
_DECIMAL_MARK = re.compile(r"(?<=\d)[.,](?=\d)")
_ESCAPED = {r"\%": "%", r"\#": "#"}
_STRUCTURE = frozenset("^_{}&~$\\")
_SAME = str.maketrans("-–‐‑—*'`’‘´ʹ⎛⎝⎞⎠⎡⎣⎤⎦⎧⎨⎫⎬·⋅•∶", "−−−−−∗′′′′′′(())[[]]{{}}∙∙∙:")
_IGNORED = frozenset('"”“«»|∣‖\\⁡⁢⁣\u200b\u2060')


def faithful(latex: str, reading: str) -> bool:
    """Whether a drawing that reads like this shows the source's letters, digits and signs."""
    source = Tokens(_ENTITY.sub(_sign, latex))
    commands = set(source.all)
    if r"\unicode" in commands and _has_decimal_code_point(source):
        return False
    if r"\root" in commands and r"\of" not in commands:  # mathra would take what follows for a square root
        return False
    if not _NOT_JUDGED.isdisjoint(commands) or (r"\begin" in commands and _DIAGRAM.search(latex)):
        return True
    if any(_is_printed_by_its_name(command[1:], latex, reading) for command in commands & _NEVER_NAMED):
        return False
    drawn = _count(reading)
    counted = _count("".join(_shown(source)))
    if not _CHEMISTRY.isdisjoint(commands):
        counted = Counter({sign: count for sign, count in counted.items() if sign.isdigit()})
        counted += Counter(_DECIMAL_MARK.findall("".join(_shown(source))))
    if any(drawn[sign] < count for sign, count in counted.items() if sign not in "()[]{}"):
        return False
    if any(source.calls(_POWERS_OF_TEN.__contains__, "om")):
        return True
    return all(counted[sign] >= count for sign, count in drawn.items() if sign.isdigit())


def _is_printed_by_its_name(name: str, latex: str, reading: str) -> bool:
    """Whether a command that stands for a sign or a shape is drawn as the letters of its name: `\\frac` as "frac".

    One that mathra does not know is drawn with its backslash, in red, and reported.
    """
    return reading.count(name) - reading.count(f"\\{name}") > latex.count(name) - latex.count(f"\\{name}")


def _has_decimal_code_point(source: Tokens) -> bool:
    """`\\unicode{65}` is a decimal number to MathJax and a hexadecimal one to mathra."""
    calls = source.calls(r"\unicode".__eq__, "m")
    return any(not source.text(*code)[1:].lstrip().startswith("x") for _, [code] in calls)


def _shown(source: Tokens) -> Iterator[str]:
    """The tokens of a source that are to be seen as they are written."""
    behind = 0
    for index, token in enumerate(source.all):
        if index < behind:
            continue
        if len(token) == 1:
            yield "" if token in _STRUCTURE else token
        elif token in _QUANTITIES and (arguments := source.arguments(index + 1, "om")):
            yield "".join(sign for sign in source.text(*arguments[1]) if sign.isdigit() or sign in ".,")
            unit = source.arguments(arguments[1].stop, "m")
            behind = unit[0].stop if unit else arguments[1].stop
        else:
            yield _ESCAPED.get(token, "")
            behind = _behind_unseen(source, token, index + 1)


def _behind_unseen(source: Tokens, command: str, start: int) -> int:
    """The index behind a command's arguments that show no sign; `start` is the index behind its name."""
    arguments = source.arguments(start, _UNSEEN_ARGUMENTS.get(command, "")) or []
    if command == r"\begin" and arguments and source.text(*arguments[0]) in _WITH_COLUMNS:
        arguments += source.arguments(arguments[-1].stop, "m") or []
    if arguments:
        return arguments[-1].stop
    if command in _WITH_LENGTH:
        length = _LENGTH.match(source.text(start))
        return start + len(length[0]) if length else start
    if command in (r"\begin", r"\end"):
        name = _NAME_LEFT_OPEN.match(source.text(start))
        return start + len(name[0]) if name else start
    if command == r"\\":
        return _behind_line_end(source, start)
    following = source.skip_spaces(start)
    if source.is_at(following, ".") and _WITH_DELIMITER.fullmatch(command):
        return following + 1
    if command in (r"\color", r"\colour") and source.text(following, following + 1).isalnum():
        return following + 1
    return start


def _behind_line_end(source: Tokens, start: int) -> int:
    """Behind the star and the skip that a `\\\\` may have."""
    start += source.is_at(start, "*")
    [skip] = source.arguments(start, "o") or [Span(start, start)]
    return skip.stop if _LINE_SKIP.fullmatch(source.text(*skip)) else start


def _sign(entity: re.Match[str]) -> str:
    return {"lt": "<", "gt": ">"}.get(entity.group(1), " ")


def _count(text: str) -> Counter[str]:
    folded = unicodedata.normalize("NFKD", text).translate(_SAME)
    return Counter(sign for sign in folded if not (sign in _IGNORED or sign.isspace() or unicodedata.combining(sign)))
