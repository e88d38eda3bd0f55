"""MathML from mathra's tree: for what latex2mathml does not read, chemistry above all.

Only node types whose MathML is plain are written; any other gives none. The caller holds the result against the
drawing.
"""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

_TOKENS = {"number": ("mn", "value"), "identifier": ("mi", "name"), "operator": ("mo", "symbol")}
_SCRIPTS = {("sub",): "msub", ("sup",): "msup", ("sub", "sup"): "msubsup"}
_AROUND = {("above",): "mover", ("below",): "munder", ("below", "above"): "munderover"}


class NoMathML(ValueError):
    """The tree has a node that this module does not write."""


def element_of(tree: Mapping[str, Any], *, display: bool) -> Element:
    """The `math` element of a tree.

    Raises:
        NoMathML: a node of it is of a type that is not written here.
    """
    math = Element("math", {"xmlns": "http://www.w3.org/1998/Math/MathML", "display": "block" if display else "inline"})
    math.append(_element(tree))
    return math


def _element(node: Mapping[str, Any]) -> Element:
    kind = node.get("type")
    if kind in _TOKENS:
        name, key = _TOKENS[kind]
        return _token(name, node[key])
    if "base" in node:
        return _with_base(node, _element(node["base"]))
    match node:
        case {"type": "row", "children": children}:
            return _of("mrow", *map(_element, children))
        case {"type": "text", "parts": parts}:
            return _token("mtext", "".join(map(_text, parts)))
        case {"type": "space", "em": em}:
            return Element("mspace", {"width": f"{em:g}em"})
        case {"type": "arrow", "symbol": symbol}:
            arrow = _token("mo", symbol)
            return _around(arrow, node, _AROUND) if "above" in node or "below" in node else arrow
        case {"type": "fraction", "num": num, "den": den}:
            return _of("mfrac", _element(num), _element(den))
        case {"type": "delimited", "open": opening, "close": closing, "parts": [inside]}:
            return _of("mrow", _token("mo", opening), _element(inside), _token("mo", closing))
        case _:
            raise NoMathML(str(kind))


def _with_base(node: Mapping[str, Any], base: Element) -> Element:
    match node:
        case {"type": "scripts"}:
            return _around(base, node, _SCRIPTS)
        case {"type": "accent", "accent": accent}:
            return _of("mover", base, _token("mo", accent))
        case {"type": "brace", "above": above, **rest}:
            return _brace(base, rest.get("label"), "mover" if above else "munder")
        case _:
            raise NoMathML(str(node.get("type")))


def _around(base: Element, node: Mapping[str, Any], names: Mapping[tuple[str, ...], str]) -> Element:
    kinds = next(kinds for kinds in reversed(list(names)) if all(kind in node for kind in kinds))
    return _of(names[kinds], base, *(_element(node[kind]) for kind in kinds))


def _brace(base: Element, label: Mapping[str, Any] | None, name: str) -> Element:
    braced = _of(name, base, _token("mo", "⏞" if name == "mover" else "⏟"))
    return _of(name, braced, _element(label)) if label else braced


def _text(part: Mapping[str, Any]) -> str:
    match part:
        case {"type": "text", "value": str(value)}:
            return value
        case _:
            raise NoMathML("text")


def _token(name: str, text: str) -> Element:
    token = Element(name)
    token.text = text
    return token


def _of(name: str, *children: Element) -> Element:
    element = Element(name)
    element.extend(children)
    return element
