r"""What mathra reads by its letters and people read otherwise, in words: `\ce{A -> B}`, `\mathrm{km}`, `\partial`.

As in `unambiguous`, only the LaTeX that is spoken is changed.
"""

import re
from collections.abc import Callable

from services.renderer.content.formulas.unambiguous import said
from services.renderer.content.tex import Tokens
from services.renderer.language.document_words import SpokenWords

_CALL = re.compile(r"\\ce\s*\{(.*)\}", re.DOTALL)
_REACTION = re.compile(
    r"\s+(?P<gives>->)\s+|(?<=[A-Za-z0-9)\]])(?:(?P<single>-)|(?P<double>=)|(?P<triple>#))(?=[A-Z(])"
)
_VECTOR = r"\\(?:vec|overrightarrow|mathbf|boldsymbol)\s*(?:\{[^{}]*\}|[A-Za-z])(?:_\{[^{}]*\}|_\w)?"
_CROSS = re.compile(rf"({_VECTOR})\s*\\wedge(?![a-zA-Z])\s*(?={_VECTOR})")
_PARTIAL = re.compile(r"\\partial(?![a-zA-Z])\s*(?:\^\s*(?:([23])|\{\s*([23])\s*\}))?")
_UNIT = re.compile(
    r"\\(?:mathrm|rm|textrm|text)\s*\{\s*((?:[kMGTcdmnpµμ](?:[gmJWVAKNsLlHF]|Hz|Pa|eV|mol|Wh|bar|Ω)|dam|hPa|daN|kWh|mol|Hz"
    r"|Pa|eV|cd|rad|sr|lm|lx|Bq|Gy|Sv|kat|Wb|bar))\s*\}"
)
_ANGLE = re.compile(r"\\widehat\s*\{\s*([A-Z]'?\s*[A-Z]'?\s*[A-Z]'?)\s*\}")
_ION = re.compile(r"(\\mathrm\s*\{[^{}^]*)\^(?:\{\s*([+-])\s*\}|([+-]))\s*\}")
_MODULO = re.compile(r"\\pmod\s*(\{[^{}]*\}|[A-Za-z0-9])")


def with_spoken_forms(source: str, words: SpokenWords) -> str:
    """The source with words for what would be read by its letters."""
    if "\\" not in source:
        return source
    if r"\ce" in source:
        source = Tokens(source).replaced(r"\ce".__eq__, "m", _reaction(words))
    source = _CROSS.sub(lambda found: found[1] + said(words.cross), source)
    source = _PARTIAL.sub(lambda found: said(words.partial[int(found[1] or found[2] or 1) - 1]), source)
    source = _UNIT.sub(lambda found: rf"\text{{{found[1]}}}", source)
    source = _ANGLE.sub(lambda found: rf"{said(words.angle)}{{{found[1]}}}", source)
    source = _ION.sub(lambda found: rf"{found[1]}}}{said(words.plus if '+' in found[0] else words.minus)}", source)
    return _MODULO.sub(lambda found: said(words.modulo) + found[1], source)


def _reaction(words: SpokenWords) -> Callable[[str], str]:
    """Rewrites a call of mhchem: its arrows without a label, and bonds between atoms, in words."""
    names = {"gives": words.gives, "single": words.bonds[0], "double": words.bonds[1], "triple": words.bonds[2]}

    def rewrite(call: str) -> str:
        found = _CALL.fullmatch(call)
        if found is None:
            return call
        content = found[1]

        def word(sign: re.Match[str]) -> str:
            before = content[: sign.start()]
            is_inside = before.count("{") != before.count("}") or before.count("$") % 2
            return sign[0] if is_inside else rf"}}{said(names[sign.lastgroup or 'gives'])}\ce{{"

        return rf"\ce{{{_REACTION.sub(word, content)}}}"

    return rewrite
