"""LaTeX to MathML, given only where it is well-formed, of known elements, and has the signs of the drawing.

latex2mathml builds the tree; what it does not know it silently turns into text, so nothing of it is taken on trust. A
converter lives for one formula: no macro outlives it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter

from services.renderer.content.formulas.rewriting import DEFINITIONS
from services.renderer.content.tex import tokens

_ELEMENT = re.compile(
    r"math|m(?:row|i|n|o|text|space|frac|sqrt|root|sub|sup|subsup|under|over|underover|table|tr|td|style|padded|phantom)"
)
_ATTRIBUTE = re.compile(
    r"xmlns|display(?:style)?|scriptlevel|stretchy|fence|form|accent(?:under)?|movablelimits|linethickness|mathvariant"
    r"|column(?:align|lines|spacing)|rowspacing|width|height|depth|minsize|maxsize"
)
_NOT_TAKEN = (DEFINITIONS - {r"\DeclareMathOperator"}) | {
    *(r"\ce", r"\pu", r"\chemfig", r"\SI", r"\si", r"\qty", r"\num", r"\unit", r"\ang", r"\verb")
}
"""Commands that latex2mathml does not know or reads in its own way."""

_RESPELT = re.compile(r"\\(begin|end)\{(?:align|aligned|split|eqnarray\*?)\}|\\hfill(?![a-zA-Z])|\\not\s*=")
_ARROWS_ABOVE = frozenset({r"\vec", r"\overleftarrow", r"\overrightarrow", r"\overleftrightarrow"})
_PIECES = re.compile(r"[√⎛-⎭∣‖|(){}\[\]/\\\u2320-\u23b1\u23d0-\u23e0^~∼¯―_\u203e\u27e8-\u27eb⟨⟩↑↓⇑⇓]")
_SAME = str.maketrans(
    {**dict(zip("-–*'⋅•ϕϵ⟹⟺⟸⟶⟵", "−−∗′·∙φε⇒⇔⇐→←", strict=True)), "⋯": "···"},
)


def mathml(latex: str, reading: str, shape: tuple[int, int], *, display: bool) -> str | None:
    """The formula as MathML; None where it cannot be vouched for.

    `latex` is the source mathra drew, `reading` what its glyphs read as, `shape` how many fractions and roots it found.
    """
    commands = set(tokens(latex))
    if not _NOT_TAKEN.isdisjoint(commands):
        return None
    try:
        element = Converter(display="block" if display else "inline").convert_to_element(_RESPELT.sub(_respelt, latex))
    except Exception:  # its parser raises whatever it stumbles on; then there is no MathML
        return None
    if not _cleaned(element):
        return None
    said, drawn = _signs("".join(_visible(element))), _signs(reading)
    if not _ARROWS_ABOVE.isdisjoint(commands):
        said["→"] = drawn["→"] = 0
    if +said != +drawn:
        return None
    return tostring(element, encoding="unicode") if _shape(element) == shape else None


def _respelt(match: re.Match[str]) -> str:
    """The one aligned environment latex2mathml reads rightly, and no equation numbers; `\\ne` for `\\not=`."""
    if match.group(1):
        return rf"\{match.group(1)}{{align*}}"
    return r"\ne " if match.group().endswith("=") else " "


def _cleaned(element: Element) -> bool:
    """Keep what is known to be harmless; False where an element is not."""
    for node in element.iter():
        if not _ELEMENT.fullmatch(node.tag):
            return False
        node.text = unescape(node.text) if node.text else node.text
        for name in [name for name in node.attrib if not _ATTRIBUTE.fullmatch(name)]:
            del node.attrib[name]
    return True


def _visible(element: Element) -> Iterator[str]:
    if element.tag != "mphantom":
        yield element.text or ""
        for child in element:
            yield from _visible(child)


def _signs(text: str) -> Counter[str]:
    folded = unicodedata.normalize("NFKD", _PIECES.sub("", text)).translate(_SAME)
    return Counter(sign for sign in folded if unicodedata.category(sign)[0] in "LNSP")


def _shape(element: Element) -> tuple[int, int]:
    tags = Counter(node.tag for node in element.iter())
    return tags["mfrac"], tags["msqrt"] + tags["mroot"]
