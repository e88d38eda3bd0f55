"""The shapes that formulas are drawn with. Lengths are thousandths of an em; y grows upwards from the baseline."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph at a point of the baseline grid, at a scale; `ink` None is the text's own colour."""

    number: int
    x: float
    y: float
    scale: float = 1.0
    ink: str | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle: fraction bars, rules, backgrounds."""

    x: float
    y: float
    width: float
    height: float
    ink: str | None = None


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line of some thickness: cancellations, bonds."""

    x1: float
    y1: float
    x2: float
    y2: float
    thickness: float
    round_cap: bool = False
    ink: str | None = None


Shape = Glyph | Bar | Stroke
