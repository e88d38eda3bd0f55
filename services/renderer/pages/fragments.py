"""Content to HTML, in one object: text, mathematics, tables, figures and programs of one segment, put together.

The only markup is ours: every character that someone wrote goes through `characters`, every drawing and image stands
under a URL that we made up (`math:3`, `file:2`...), and nothing else can be reached.
"""

from collections.abc import Sequence
from typing import assert_never

from markupsafe import Markup

from contracts.graded_exam import Content
from services.renderer.content.blocks import (
    AsTyped,
    Block,
    DisplayMath,
    Graph,
    Image,
    Paragraph,
    Table,
    Truncation,
    parse,
)
from services.renderer.content.lines import lines_of, unindented
from services.renderer.language.scripts import language_runs
from services.renderer.pages.figures import FigureWriter
from services.renderer.pages.mathematics import MathematicsWriter
from services.renderer.pages.paragraphs import ParagraphWriter
from services.renderer.pages.program import program_html
from services.renderer.pages.resources import NOTHING, Resources
from services.renderer.pages.segment import SegmentContext
from services.renderer.pages.tables import table_html
from services.renderer.pages.text import TextWriter, at_most

LINE_WIDTH = 37.0
"""What a line of an answer holds, in em. A wider formula goes on to more lines where it can, else it is scaled down."""


LONGEST_PLACE = 200
"""Characters of what a warning calls the place it is about."""


class Fragments:
    """Turns content into HTML and adds what that HTML needs to the segment's resources. Has no state of its own."""

    def __init__(self, segment: SegmentContext, where: str = "") -> None:
        self._segment = segment
        self._text = TextWriter(segment, where)
        self._mathematics = MathematicsWriter(self._text)
        self._paragraphs = ParagraphWriter(self._text, self._mathematics)
        self._figures = FigureWriter(self._text)

    def at(self, where: str) -> "Fragments":
        """The same segment; warnings name this place, such as `Question 1.2`."""
        return Fragments(self._segment, at_most(where, LONGEST_PLACE))

    @property
    def resources(self) -> Resources:
        """The formulas, files and warnings of the segment so far."""
        return self._segment.resources

    def text(self, text: str) -> Markup:
        """Characters as HTML, nothing of them read as mathematics."""
        return self._text.text(text)

    def link_text(self, text: str) -> tuple[Markup, str]:
        """Characters of a link as HTML in one run, and their language where all have one that is not the document's.

        Each element in a link would be a link of its own.
        """
        languages = {language for language, _ in language_runs(text)}
        return self._text.unmarked(text), (languages.pop() or "") if len(languages) == 1 else ""

    def heading(self, text: str) -> Markup:
        """A heading: its formulas are drawn, on one line with the rest; what else it may hold is left as text."""
        blocks = parse(text, self._segment.limits)
        paragraphs = [block for block in blocks if isinstance(block, Paragraph)]
        if len(paragraphs) < len(blocks):
            return self.text(text)
        lines = (line for block in paragraphs for line in lines_of(block.inlines))
        return Markup(" ").join(self._paragraphs.line(line, LINE_WIDTH) for line in lines)

    def content(self, content: Content | None) -> Markup:
        """All of a content; empty where there is nothing to show."""
        return self.blocks(parse(content, self._segment.limits)) if content else NOTHING

    def code(self, program: str, about: str = "") -> Markup:
        """A program in numbered lines; `about` may name its language."""
        return program_html(self._text, program, about)

    def logo(self, url: str, alt: str) -> Markup:
        """An image of the school's own; nothing but a warning where it cannot be shown."""
        return self._figures.logo(url, alt)

    def blocks(self, blocks: Sequence[Block], width: float = LINE_WIDTH) -> Markup:
        """Blocks in a row, `width` em wide.

        What announces a figure or a formula stays with it; the space after one is not an indent.
        """
        html = NOTHING
        for index, block in enumerate(blocks):
            if isinstance(block, Paragraph):
                before = blocks[index - 1] if index else block
                after = blocks[index + 1] if index + 1 < len(blocks) else block
                inlines = block.inlines if isinstance(before, Paragraph) else unindented(block.inlines)
                html += self._paragraphs.paragraph(inlines, width, keep=not isinstance(after, Paragraph))
            else:
                html += self._block(block, width)
        return html

    def _block(self, block: DisplayMath | Table | Graph | Image | Truncation | AsTyped, width: float) -> Markup:
        match block:
            case DisplayMath():
                lines = self._mathematics.lines(block.latex, True, width)
                return NOTHING.join(Markup('<p class="math">{}</p>').format(line) for line in lines)
            case Table():
                return table_html(block, width, self.blocks)
            case Graph():
                return self._figures.graph(block)
            case Image():
                return self._figures.image(block)
            case Truncation():
                return self._text.truncation(block)
            case AsTyped():
                return self._paragraphs.as_typed(block.text, width)
            case _:
                assert_never(block)
