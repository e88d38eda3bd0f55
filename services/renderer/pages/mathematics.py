"""Formulas as HTML: images under keys of the segment, broken into the lines that a width asks for.

What is not drawn is never left out: its LaTeX is printed in a box and a warning says why.
"""

from dataclasses import dataclass

from markupsafe import Markup

from contracts.states import WarningCode
from services.renderer.content.formulas import Formula
from services.renderer.pages.resources import FORMULA_ALT, NOTHING
from services.renderer.pages.text import TextWriter

DEPTH_STEPS = 100
"""Depths of formulas are rounded to a hundredth of an em: a twentieth of a millimetre."""

DEPTH_CLASSES = 200
"""Depths that the style sheet has a class for."""

_HARD_TO_READ = 2
_UNREADABLE = 8
"""How many times wider than the line a formula is when, scaled down, it needs its source beside it; or only that."""


@dataclass(frozen=True, slots=True)
class MathematicsWriter:
    """Writes formulas into a segment."""

    text: TextWriter

    def lines(self, latex: str, display: bool, width: float) -> tuple[Markup, ...]:
        """A formula in as many lines as `width` em ask for; its source where the copy has too many formulas."""
        segment = self.text.segment
        resources = segment.resources
        if len(resources.formulas) >= segment.limits.formulas_per_copy and not resources.has_formula(latex, display):
            self.text.warn(WarningCode.FORMULA_NOT_DRAWN, segment.words.warnings.formulas_over)
            return (self._source(latex),)
        formula = segment.book.get(latex, display)
        if formula.width > width:
            lines = segment.book.lines(latex, display, width)
            if len(lines) > 1:
                return tuple(self._image(line) for line in lines)
        return (self._whole(formula, width),)

    def _whole(self, formula: Formula, width: float) -> Markup:
        """A formula on one line. Drawn at less than half its size it is hard to read: its source is printed too."""
        for warning in formula.warnings:
            self.text.warn(warning.code, warning.text)
        if not formula.drawn or formula.drawing is None:
            return self._source(formula.latex)
        image = self._image(formula)
        if formula.width <= _HARD_TO_READ * width:
            return image
        self.text.warn(WarningCode.FORMULA_TOO_LONG, self.text.segment.words.warnings.formula_wide)
        source = self._source(formula.latex)
        return image + Markup("<br/>") + source if formula.width <= _UNREADABLE * width else source

    def _source(self, latex: str) -> Markup:
        return Markup('<code class="src">{}</code>').format(self.text.text(latex))

    def _image(self, formula: Formula) -> Markup:
        key = self.text.segment.resources.add_formula(formula)
        return Markup('<img src="math:{}" alt="{}{}"{}/>').format(key, FORMULA_ALT, key, _baseline(formula.depth))


def _baseline(depth: float) -> Markup:
    """The attribute that puts a formula on the line: a class for usual depths, much faster than a style of its own."""
    steps = round(depth * DEPTH_STEPS)
    if not steps:
        return NOTHING
    if 0 < steps <= DEPTH_CLASSES:
        return Markup(' class="d{}"').format(steps)
    return Markup(' style="vertical-align:-{}em"').format(f"{depth:.3f}")
