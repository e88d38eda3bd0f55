"""Paragraphs as HTML: lines of text and formulas, each in the direction it reads, in blocks that a page can hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from contracts.states import WarningCode
from services.renderer.content.blocks import Inline, Math, Text
from services.renderer.content.lines import batches, clinging, lines_of, runs_right_to_left
from services.renderer.pages.mathematics import MathematicsWriter
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.text import TextWriter

_LINES_IN_A_BLOCK = 24
_KEPT_LINES = 2
"""Lines that are taken to the next page to stay with what they announce."""


@dataclass(frozen=True, slots=True)
class ParagraphWriter:
    """Writes lines of text and formulas into a segment. Widths are in em."""

    text: TextWriter
    mathematics: MathematicsWriter

    def paragraph(self, inlines: Sequence[Inline], width: float, keep: bool) -> Markup:
        """The lines in `<p>` elements; with `keep` the last two stay on the page of what follows."""
        html = NOTHING
        lines = lines_of(inlines)
        last = max(len(lines) - _KEPT_LINES, 0) if keep else len(lines)
        for rtl, run in groupby(lines[:last], key=runs_right_to_left):
            for batch in batches(list(run), _LINES_IN_A_BLOCK):
                html += self._element(batch, width, rtl)
        for rtl, run in groupby(lines[last:], key=runs_right_to_left):
            html += self._element(list(run), width, rtl, keep=True)
        return html

    def as_typed(self, text: str, width: float) -> Markup:
        """A text in which formulas and pictures are left as they were typed, with a warning."""
        self.text.warn(WarningCode.FORMULA_NOT_DRAWN, self.text.segment.words.warnings.as_typed)
        return self.paragraph((Text(text),), width, keep=False)

    def _element(self, lines: Sequence[Sequence[Inline]], width: float, rtl: bool, keep: bool = False) -> Markup:
        attributes = Markup(' dir="rtl"') if rtl else NOTHING
        if keep:
            attributes += Markup(' class="k"')
        body = Markup("<br/>").join(self.line(line, width) for line in lines)
        return Markup("<p{}>{}</p>").format(attributes, body)

    def line(self, inlines: Sequence[Inline], width: float) -> Markup:
        """One line of the author's. A formula keeps the punctuation that touches it: no comma begins a line."""
        parts: list[Markup] = []
        for index, inline in enumerate(inlines):
            if isinstance(inline, Text):
                parts.append(self.text.text(clinging(inlines, index)[1]))
            elif isinstance(inline, Math):
                lines = self.mathematics.lines(inline.latex, False, width)
                before, after = clinging(inlines, index - 1)[2], clinging(inlines, index + 1)[0]
                parts.append(Markup(" ").join(_with_punctuation(lines, before, after)))
        return NOTHING.join(parts)


def _with_punctuation(lines: Sequence[Markup], before: str, after: str) -> Iterator[Markup]:
    """The lines of a formula; the first and the last keep the punctuation that touches them."""
    for index, line in enumerate(lines):
        opening = before if index == 0 else ""
        closing = after if index == len(lines) - 1 else ""
        yield Markup('<span class="n">{}{}{}</span>').format(opening, line, closing) if opening or closing else line
