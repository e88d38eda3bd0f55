"""LaTeX to MathML, given only where it is well-formed, of known elements, and has the signs of the drawing.

latex2mathml builds the tree; what it does not know it silently turns into text, so nothing of it is taken on trust. A
converter lives for one formula: no macro outlives it. Where it fails, mathra's own tree is written.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from html import unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter

from services.renderer.content.formulas import tree_mathml
from services.renderer.content.formulas.rendering import UnreadableDrawing, tree
from services.renderer.content.formulas.rewriting import DEFINITIONS
from services.renderer.content.tex import tokens

_ELEMENT = re.compile(
    r"math|m(?:row|i|n|o|text|space|frac|sqrt|root|sub|sup|subsup|under|over|underover|table|tr|td|style|padded|phantom)"
)
_ATTRIBUTE = re.compile(
    r"xmlns|display(?:style)?|scriptlevel|stretchy|fence|form|accent(?:under)?|movablelimits|linethickness|mathvariant"
    r"|column(?:align|lines|spacing)|rowspacing|width|height|depth|minsize|maxsize"
)
_DEFINITIONS = DEFINITIONS - {r"\DeclareMathOperator"}
_NOT_TAKEN = _DEFINITIONS | {
    *(r"\ce", r"\pu", r"\chemfig", r"\SI", r"\si", r"\qty", r"\num", r"\unit", r"\ang", r"\verb")
}
"""Commands that latex2mathml does not know or reads in its own way."""

_RESPELT = re.compile(r"\\(begin|end)\{(?:align|aligned|split|eqnarray\*?)\}|\\hfill(?![a-zA-Z])|\\not\s*=|(?<!\\)%")
_TEXT_WITH_FORMULAS = re.compile(r"\\text\{([^{}$\\]*(?:\$[^$]*\$[^{}$\\]*)+)\}")
_ARROWS_ABOVE = frozenset({r"\vec", r"\overleftarrow", r"\overrightarrow", r"\overleftrightarrow"})
_PIECES = re.compile(r"[√⎛-⎭∣‖|(){}\[\]/\\\u2320-\u23b1\u23d0-\u23e0^~∼¯―_\u203e\u27e8-\u27eb⟨⟩↑↓⇑⇓ˆ˜\u0302\u0303]")
_SAME = str.maketrans(
    {**dict(zip("-–*'⋅•ϕϵ⟹⟺⟸⟶⟵", "−−∗′·∙φε⇒⇔⇐→←", strict=True)), "⋯": "···"},
)


def mathml(latex: str, reading: str, shape: tuple[int, int], *, display: bool) -> str | None:
    """The formula as MathML; None where it cannot be vouched for.

    `latex` is the source mathra drew, `reading` what its glyphs read as, `shape` how many fractions and roots it found.
    """
    commands = set(tokens(latex))
    element = _converted(latex, display) if _NOT_TAKEN.isdisjoint(commands) else None
    if element is not None and _says(element, reading, shape, has_arrows=not _ARROWS_ABOVE.isdisjoint(commands)):
        return tostring(element, encoding="unicode")
    if not _DEFINITIONS.isdisjoint(commands):
        return None
    try:
        element = tree_mathml.element_of(tree(latex), display=display)
    except (tree_mathml.NoMathML, UnreadableDrawing):
        return None
    return tostring(element, encoding="unicode") if _says(element, reading, shape, has_arrows=False) else None


def _converted(latex: str, display: bool) -> Element | None:
    respelt = _RESPELT.sub(_respelt, _TEXT_WITH_FORMULAS.sub(_parted, latex))
    try:
        return Converter(display="block" if display else "inline").convert_to_element(respelt)
    except Exception:  # its parser raises whatever it stumbles on; then there is no MathML
        return None


def _says(element: Element, reading: str, shape: tuple[int, int], *, has_arrows: bool) -> bool:
    """Whether a MathML element is well-formed and says what the drawing shows; arrows above letters do not count."""
    if not _cleaned(element):
        return False
    said, drawn = _signs("".join(_visible(element))), _signs(reading)
    if has_arrows:
        said["→"] = drawn["→"] = 0
    return +said == +drawn and _shape(element) == shape


def _respelt(match: re.Match[str]) -> str:
    """The one aligned environment latex2mathml reads rightly, and no equation numbers; `\\ne` for `\\not=`; a percent
    sign, which begins no comment here.
    """
    if match.group(1):
        return rf"\{match.group(1)}{{align*}}"
    if match.group() == "%":
        return r"\%"
    return r"\ne " if match.group().endswith("=") else " "


def _parted(match: re.Match[str]) -> str:
    """A text around formulas as texts and formulas in turn."""
    parts = match.group(1).split("$")
    return "".join(f"{{{part}}}" if index % 2 else rf"\text{{{part}}}" for index, part in enumerate(parts))


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
