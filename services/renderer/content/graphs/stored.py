"""Reads a stored graph into typed elements. What is missing or invalid gets Correcta's default; nothing raises.

Defaults, anchors and the meaning of each field are those of Correcta's own editor.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Literal

from contracts.graded_exam import GraphSegment
from services.renderer.content import delimiters

INK = "#111827"
_FILL = "#6366f1"
_COLOR = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?|[a-zA-Z]{3,20}|rgba?\([0-9.,%\s]{5,40}\)")

Raw = Mapping[str, Any]
Run = tuple[Literal["text", "math"], str]
"""A piece of a label: text, or LaTeX without delimiters."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a line is drawn; `width` in pixels."""

    color: str = INK
    width: float = 1.5
    dashed: bool = False
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Label:
    """An element's label: runs of text and of LaTeX, font size, and position where it was moved by hand. `left_out`
    counts the runs beyond `LABEL_RUNS`.
    """

    runs: tuple[Run, ...] = ()
    position: tuple[float, float] | None = None
    size: float = 12.0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Element:
    """Any part of a graph: its id, its label and the stored rest."""

    id: str
    label: Label
    raw: Raw = field(repr=False)


@dataclass(frozen=True, slots=True)
class Elements:
    """All the parts of a graph, in stored order; `left_out` counts those, and pieces of labels, over the limit."""

    points: tuple[Element, ...]
    lines: tuple[Element, ...]
    curves: tuple[Element, ...]
    functions: tuple[Element, ...]
    areas: tuple[Element, ...]
    texts: tuple[Element, ...]
    left_out: int

    @property
    def count(self) -> int:
        """How many parts there are."""
        return sum(map(len, (self.points, self.lines, self.curves, self.functions, self.areas, self.texts)))


HEAVY = 60
"""Most functions, and most areas, of one graph: each costs hundreds of points."""

EXPRESSIONS = 4_000
"""Characters of all the expressions of one graph together: what bounds the time their points take."""


LABEL_FORMULAS = 4_000
"""Characters of all the formulas in the labels of one graph together: each sign of them is a path of its own."""

LABEL_RUNS = 50
"""Pieces of one label."""


def read(segment: GraphSegment, most: int) -> Elements:
    """The parts of a graph, at most `most` in all and `HEAVY` of the functions and of the areas."""
    left = most
    kept: dict[str, tuple[Element, ...]] = {}
    total = 0
    for kind in ("functions", "points", "lines", "curves", "areas", "texts"):
        raws: tuple[Raw, ...] = getattr(segment, kind)
        room = min(left, HEAVY) if kind in ("functions", "areas") else left
        room = min(room, _affordable(raws)) if kind == "functions" else room
        kept[kind] = tuple(_element(raw, kind) for raw in raws[:room])
        left -= len(kept[kind])
        total += len(raws)
    unlabelled = sum(element.label.left_out for elements in kept.values() for element in elements)
    return Elements(**kept, left_out=total - (most - left) + unlabelled)


def _affordable(functions: Iterable[Raw]) -> int:
    lengths = accumulate(len(str(raw.get("expression", ""))) for raw in functions)
    return sum(length <= EXPRESSIONS for length in lengths)


def _element(raw: Raw, kind: str) -> Element:
    identity = raw.get("id")
    return Element(str(identity) if identity is not None else "", label_of(raw, kind), raw)


def label_of(raw: Raw, kind: str = "") -> Label:
    """An element's label; that of `texts` is stored under other names."""
    names = ("textSegments", "text", "isMath") if kind == "texts" else ("labelSegments", "label", "labelIsMath")
    position = raw.get("labelPos")
    at = (number(position.get("x")), number(position.get("y"))) if isinstance(position, Mapping) else None
    size = min(max(number(raw.get("labelSize"), 12.0), 8.0), 32.0)
    if raw.get("showLabel") is False:
        return Label(position=at, size=size)
    runs = tuple(runs_of(raw.get(names[0]), raw.get(names[1]), math_=bool(raw.get(names[2]))))
    return Label(runs[:LABEL_RUNS], at, size, max(len(runs) - LABEL_RUNS, 0))


def runs_of(segments: object, text: object, *, math_: bool) -> Iterable[Run]:
    """What a label says: its segments where there are any, else its text, which may hold formulas between dollars."""
    found = [run for run in map(_run, segments) if run] if isinstance(segments, list | tuple) else []
    if found:
        yield from found
    elif isinstance(text, str) and text.strip():
        yield from _whole(text) if math_ else _split(text)


def _run(segment: object) -> Run | None:
    if not isinstance(segment, Mapping):
        return None
    if segment.get("type") == "math" and isinstance(segment.get("latex"), str) and segment["latex"].strip():
        return ("math", segment["latex"])
    if segment.get("type") == "text" and isinstance(segment.get("text"), str) and segment["text"]:
        return ("text", segment["text"])
    return None


def _whole(latex: str) -> Iterable[Run]:
    yield ("math", latex)


def _split(text: str) -> Iterable[Run]:
    return (("text" if piece.kind == "text" else "math", piece.source) for piece in delimiters.split(text))


def number(value: object, default: float = 0.0) -> float:
    """A stored number; the default where it is no finite one. A number in a string counts, as in Correcta."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return default
    return result if math.isfinite(result) else default


def bound(value: object) -> float | None:
    """A stored end of a domain, None where there is none."""
    result = number(value, math.nan)
    return None if math.isnan(result) else result


def color(value: object, default: str = INK) -> str:
    """A stored colour if it is plainly one; anything else is the default, so that no address or markup gets in."""
    return value if isinstance(value, str) and _COLOR.fullmatch(value) else default


def stroke(style: object) -> Stroke:
    """A stored line style."""
    if not isinstance(style, Mapping):
        return Stroke()
    return Stroke(
        color=color(style.get("color")),
        width=min(max(number(style.get("width"), 1.5), 0.25), 12.0),
        dashed=style.get("dashed") is True,
        opacity=min(max(number(style.get("opacity"), 1.0), 0.0), 1.0),
    )


def fill(style: object) -> tuple[str, float]:
    """A stored fill: its colour and its opacity."""
    if not isinstance(style, Mapping):
        return _FILL, 0.18
    return color(style.get("color"), _FILL), min(max(number(style.get("opacity"), 0.18), 0.0), 1.0)
