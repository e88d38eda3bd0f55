"""LaTeX to `Formula`: the cache of a worker's formulas, and the checks that decide whether one is drawn."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import accumulate

from contracts.residue import cleaned
from contracts.states import WarningCode
from services.renderer.content.formulas import fidelity, rewriting, warnings
from services.renderer.content.formulas.breaking import broken
from services.renderer.content.formulas.formula import Formula
from services.renderer.content.formulas.layout import Layout, lay_out
from services.renderer.content.formulas.pdf_drawing import PdfDrawing
from services.renderer.content.formulas.rendering import NestedTooDeeply, Rendering, UnreadableDrawing, render
from services.renderer.content.formulas.speech import spoken
from services.renderer.content.formulas.spoken_forms import with_spoken_forms
from services.renderer.content.formulas.unambiguous import unambiguous
from services.renderer.content.formulas.warnings import FormulaWarning
from services.renderer.content.tex import tokens
from services.renderer.language.words import Words
from services.renderer.limits import Limits

_KEPT = 4_096
"""Formulas kept: more than a copy has, few enough to cost little beside the typesetter."""

_LARGEST = (3_000_000.0, 150_000.0)
"""Width and height in thousandths of an em beyond which no page could hold a formula, scaled or broken."""

_SMALLEST_SCALE = 0.5
"""Half of 11 points is the smallest print a reader can be asked to read."""

_LEVELS = {"{": 1, r"\left": 1, r"\begin": 1, "}": -1, r"\right": -1, r"\end": -1}
"""How many levels deeper a token leads."""


class FormulaBook:
    """Formulas by source and style, least recently used out first. Macros of one formula do not reach another."""

    def __init__(self, words: Words, limits: Limits | None = None) -> None:
        self._words = words.formulas
        self._comma_is_decimal = words.decimal_sign == ","
        self.limits = limits or Limits()
        self._formulas: OrderedDict[tuple[str, bool], Formula] = OrderedDict()

    def get(self, latex: str, display: bool) -> Formula:
        """The formula for this source; never raises."""
        key = latex, display
        formula = self._formulas.get(key)
        if formula is None:
            formula = self._formulas[key] = self._formula(latex, display)
            if len(self._formulas) > _KEPT:
                self._formulas.popitem(last=False)
        else:
            self._formulas.move_to_end(key)
        return formula

    def lines(self, latex: str, display: bool, room: float) -> tuple[Formula, ...]:
        """The formula in as many lines as `room` em ask for, each with its own speech.

        Joined, the lines show what the whole shows. A formula that cannot be broken is left whole, to be scaled down;
        one that would then be too small to read is not drawn.
        """
        whole = self.get(latex, display)
        if whole.width <= room or whole.drawing is None:
            return (whole,)
        if not whole.warnings:
            sources = broken(whole.source, room, lambda source: _width(source, display))
            lines = tuple(self.get(source, display) for source in sources)
            if len(lines) > 1 and _reading(lines) == _reading((whole,)):
                return lines
        if whole.width <= room / _SMALLEST_SCALE:
            return (whole,)
        too_large = self._own(self._words.too_large, WarningCode.FORMULA_TOO_LONG)
        return (self._undrawn(latex, display, *whole.warnings, too_large),)

    def _formula(self, latex: str, display: bool) -> Formula:
        if len(latex) > self.limits.formula_characters:
            return self._undrawn(latex, display, self._own(self._words.too_long, WarningCode.FORMULA_TOO_LONG))
        if _levels(latex) > self.limits.formula_levels:
            return self._undrawn(latex, display, self._own(self._words.too_deep, WarningCode.FORMULA_TOO_LONG))
        try:
            return self._attempt(latex, display)
        except NestedTooDeeply:
            return self._undrawn(latex, display, self._own(self._words.too_deep, WarningCode.FORMULA_TOO_LONG))
        except UnreadableDrawing:
            return self._undrawn(latex, display, self._own(self._words.illegible, WarningCode.FORMULA_NOT_DRAWN))

    def _attempt(self, latex: str, display: bool) -> Formula:
        typed, latex = latex, cleaned(latex)
        source = rewriting.drawn_source(latex, comma_is_decimal=self._comma_is_decimal)
        if rewriting.has_unread_units(source):
            return self._undrawn(typed, display, self._own(self._words.unfaithful, WarningCode.FORMULA_NOT_DRAWN))
        rendering = render(source, "en", display=display)
        if not warnings.drawable(rendering.warnings):
            return self._undrawn(typed, display, *warnings.reported(rendering.warnings, self._words, drawn=False))
        layout = _faithful_layout(latex, source, rendering, display)
        if layout is None:
            return self._undrawn(typed, display, self._own(self._words.unfaithful, WarningCode.FORMULA_NOT_DRAWN))
        if layout.width > _LARGEST[0] or layout.height > _LARGEST[1]:
            return self._undrawn(typed, display, self._own(self._words.too_large, WarningCode.FORMULA_TOO_LONG))
        found = warnings.reported(rendering.warnings, self._words, drawn=True)
        speech = self._speech(latex, display)
        found += tuple(self._doubts(source, layout))
        return Formula(typed, display, speech, found, PdfDrawing(layout), source, rendering.shape)

    def _speech(self, latex: str, display: bool) -> str:
        source = self._spoken(rewriting.spoken_source(latex))
        rendering = render(source, self._words.locale, display=display)
        if not warnings.drawable(rendering.warnings):
            source = self._spoken(rewriting.spoken_source(latex, units_are_known=False))
            rendering = render(source, self._words.locale, display=display)
        return spoken(rendering.speech, self._words)

    def _spoken(self, source: str) -> str:
        return unambiguous(with_spoken_forms(source, self._words.spoken), self._words.spoken)

    def _doubts(self, source: str, layout: Layout) -> Iterator[FormulaWarning]:
        if rewriting.defines_commands(source):
            yield self._own(self._words.own_commands, WarningCode.FORMULA_APPROXIMATE)
        if layout.refused_ink:
            yield self._own(self._words.colour_ignored, WarningCode.FORMULA_APPROXIMATE)

    def _own(self, text: str, code: WarningCode) -> FormulaWarning:
        return warnings.warning(text, code, self._words)

    def _undrawn(self, latex: str, display: bool, *warnings: FormulaWarning) -> Formula:
        return Formula(latex, display, self._words.unreadable, warnings)


def _faithful_layout(latex: str, source: str, rendering: Rendering, display: bool) -> Layout | None:
    """A layout that shows what is written. English conventions change no number, but for siunitx's decimal comma."""
    layout = lay_out(rendering.svg)
    if fidelity.faithful(latex, layout.reading):
        return layout
    layout = lay_out(render(source, "fr", display=display).svg)
    return layout if fidelity.faithful(latex, layout.reading) else None


def _width(source: str, display: bool) -> float:
    try:
        return render(source, "en", display=display).width
    except UnreadableDrawing:
        return 0.0


def _reading(formulas: Iterable[Formula]) -> str:
    return "".join(formula.drawing.layout.reading for formula in formulas if formula.drawing)


def _levels(latex: str) -> int:
    return max(accumulate((_LEVELS.get(token, 0) for token in tokens(latex)), initial=0))
