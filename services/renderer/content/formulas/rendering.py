"""The only caller of mathra: LaTeX in, SVG with speech and warnings out. Calls share no state."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any

import mathra

_VIEW_BOX = re.compile(r'viewBox="\S+ \S+ (\S+) \S+"')
_TITLE = re.compile(r"<title[^>]*>([^<]*)</title>")
_WARNING = re.compile(r'<mathra:warning rule="([^"]*)">([^<]*)</mathra:warning>')


class UnreadableDrawing(ValueError):
    """mathra could not read the formula, or drew something this module does not know."""


class NestedTooDeeply(UnreadableDrawing):
    """The formula has more levels than mathra takes: 64 of its own, of which a script in braces takes two."""


@dataclass(frozen=True)
class Rendering:
    """mathra's answer: its SVG, its phrase, and the warnings it gives as (rule, description)."""

    svg: str

    @property
    def speech(self) -> str:
        """The phrase in the locale's language; empty where it has none."""
        title = _TITLE.search(self.svg)
        return unescape(title.group(1)) if title else ""

    @property
    def warnings(self) -> tuple[tuple[str, str], ...]:
        """What mathra recovered from or left out."""
        return tuple((rule, unescape(description)) for rule, description in _WARNING.findall(self.svg))

    @property
    def shape(self) -> tuple[int, int]:
        """How many fractions (binomials too) and roots it found."""
        kind = "&quot;type&quot;:&quot;{}&quot;".format
        return self.svg.count(kind("fraction")) + self.svg.count(kind("binomial")), self.svg.count(kind("root"))

    @property
    def width(self) -> float:
        """In em, as mathra gives it."""
        head = _VIEW_BOX.search(self.svg)
        return float(head.group(1)) / 1000 if head else 0.0


def render(latex: str, locale: str, *, display: bool) -> Rendering:
    """mathra's rendering. Each call stands alone: no macro outlives it.

    Raises:
        NestedTooDeeply: more levels than mathra takes.
        UnreadableDrawing: mathra cannot read it at all.
    """
    return Rendering(_called(mathra.tex_to_svg, latex, locale, display=display))


def tree(latex: str) -> dict[str, Any]:
    """mathra's tree of meaning: nodes with a `type` and what belongs to it.

    Raises:
        NestedTooDeeply: more levels than mathra takes.
        UnreadableDrawing: mathra cannot read it at all.
    """
    found: dict[str, Any] = json.loads(_called(mathra.tex_to_tree, latex))
    return found


def _called(function: Callable[..., str], *arguments: Any, **options: Any) -> str:
    try:
        return function(*arguments, **options)
    except ValueError as error:
        deep = "nesting deeper" in str(error)
        raise (NestedTooDeeply if deep else UnreadableDrawing)(str(error)) from error
    except BaseException as error:
        if (
            type(error).__name__ != "PanicException"
        ):  # Rust's panics reach Python as a BaseException of no importable name
            raise
        raise UnreadableDrawing("mathra stopped on this formula") from error
