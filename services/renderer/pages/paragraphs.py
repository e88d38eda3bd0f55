"""Paragraphs as HTML: lines of text and formulas, each in the direction it reads, in blocks that a page can hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from contracts.states import WarningCode
from services.renderer.content.blocks import Inline, Math, Text
from services.renderer.content.characters import reads_right_to_left
from services.renderer.content.lines import batches, clinging, lines_of, text_of
from services.renderer.language.scripts import language_of
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
        for language, run in groupby(lines[:last], key=_right_to_left_language):
            for batch in batches(list(run), _LINES_IN_A_BLOCK):
                html += self._element(batch, width, language)
        for language, run in groupby(lines[last:], key=_right_to_left_language):
            html += self._element(list(run), width, language, keep=True)
        return html

    def as_typed(self, text: str, width: float) -> Markup:
        """A text in which formulas and pictures are left as they were typed, with a warning."""
        self.text.warn(WarningCode.FORMULA_NOT_DRAWN, self.text.segment.words.warnings.as_typed)
        return self.paragraph((Text(text),), width, keep=False)

    def _element(
        self, lines: Sequence[Sequence[Inline]], width: float, right_to_left: str | None, keep: bool = False
    ) -> Markup:
        attributes = Markup(' dir="rtl" data-lang="{}"').format(right_to_left) if right_to_left else NOTHING
        if keep:
            attributes += Markup(' class="k"')
        body = Markup("<br/>").join(self.line(line, width, bool(right_to_left)) for line in lines)
        return Markup("<p{}>{}</p>").format(attributes, body)

    def line(self, inlines: Sequence[Inline], width: float, right_to_left: bool = False) -> Markup:
        """One line of the author's. A formula keeps the punctuation that touches it: no comma begins a line."""
        parts: list[Markup] = []
        text = self.text.unmarked if right_to_left else self.text.text
        for index, inline in enumerate(inlines):
            if isinstance(inline, Text):
                parts.append(text(clinging(inlines, index)[1]))
            elif isinstance(inline, Math):
                lines = self.mathematics.lines(inline.latex, False, width)
                before, after = clinging(inlines, index - 1)[2], clinging(inlines, index + 1)[0]
                parts.append(Markup(" ").join(_with_punctuation(lines, before, after)))
        return NOTHING.join(parts)


def _right_to_left_language(line: Sequence[Inline]) -> str | None:
    """The language of a line that reads from right to left, None of one that does not.

    Such a line is not cut into runs of one language: the engine sets runs from left to right.
    """
    text = text_of(line)
    return (language_of(text) or "ar") if reads_right_to_left(text) else None


def _with_punctuation(lines: Sequence[Markup], before: str, after: str) -> Iterator[Markup]:
    """The lines of a formula; the first and the last keep the punctuation that touches them."""
    for index, line in enumerate(lines):
        opening = before if index == 0 else ""
        closing = after if index == len(lines) - 1 else ""
        yield Markup('<span class="n">{}{}{}</span>').format(opening, line, closing) if opening or closing else line
