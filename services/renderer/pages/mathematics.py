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

_HARD_TO_READ = 1.6
_UNREADABLE = 8
"""How many times wider than the line, or higher than the page, a formula is when, scaled down, it needs its source
beside it (its letters are then below 6.5 points); or only that.
"""

TALLEST = 59.0
"""The height of a page's body, 220 mm, in em of the text: what is higher is scaled down to it (`base.css.j2`)."""

_OFF_THE_LINE = 20.0
"""In em: a formula that is higher, or hangs lower, than this stands by itself, not on a line between words."""


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
        """A formula on one line. Where it is drawn so small that it is hard to read, its source is printed too."""
        for warning in formula.warnings:
            self.text.warn(warning.code, warning.text)
        if not formula.drawn or formula.drawing is None:
            return self._source(formula.latex)
        image = self._image(formula)
        wider, higher = formula.width / width, formula.height / TALLEST
        if max(wider, higher) <= _HARD_TO_READ:
            return image
        words = self.text.segment.words.warnings
        self.text.warn(WarningCode.FORMULA_TOO_LONG, words.formula_wide if wider >= higher else words.formula_high)
        source = self._source(formula.latex)
        return image + Markup("<br/>") + source if max(wider, higher) <= _UNREADABLE else source

    def _source(self, latex: str) -> Markup:
        return Markup('<code class="src">{}</code>').format(self.text.text(latex))

    def _image(self, formula: Formula) -> Markup:
        key = self.text.segment.resources.add_formula(formula)
        return Markup('<img src="math:{}" alt="{}{}"{}/>').format(key, FORMULA_ALT, key, _place(formula))


def _place(formula: Formula) -> Markup:
    """The attribute that puts a formula where it stands."""
    if max(formula.height, abs(formula.depth)) > _OFF_THE_LINE:
        return Markup(' class="tall"')
    return _baseline(formula.depth)


def _baseline(depth: float) -> Markup:
    """The attribute that puts a formula on the line: a class for usual depths, much faster than a style of its own."""
    steps = round(depth * DEPTH_STEPS)
    if not steps:
        return NOTHING
    if 0 < steps <= DEPTH_CLASSES:
        return Markup(' class="d{}"').format(steps)
    return Markup(' style="vertical-align:-{}em"').format(f"{depth:.3f}")
