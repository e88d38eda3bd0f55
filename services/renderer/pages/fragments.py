"""Content as HTML, and what that HTML needs to be set: formulas by key, files by URL, warnings by place.

The only markup is ours: every character that someone wrote goes through `characters`, every drawing and image stands
under a URL that we made up (`math:3`, `file:2`...), and nothing else can be reached.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import Content
from contracts.states import WarningCode
from services.renderer.content import blocks as contents
from services.renderer.content import code as highlighting
from services.renderer.content import graphs
from services.renderer.content.characters import Characters
from services.renderer.content.formulas import Formula, FormulaBook
from services.renderer.content.lines import batches, clinging, lines_of, runs_right_to_left, unindented
from services.renderer.images import decoding
from services.renderer.images.problems import ImageProblem
from services.renderer.language.words import Words
from services.renderer.limits import Limits
from services.renderer.pages import table_columns
from services.renderer.pages.resources import FORMULA_ALT, Resources

CODE_COLUMNS = 78
"""Characters of code that fit on a line of the page."""

DEPTH_STEPS = 100
"""Depths of formulas are rounded to a hundredth of an em: a twentieth of a millimetre."""

DEPTH_CLASSES = 200

ALT_CHARACTERS = 2_000

LINE = 37.0
"""What a line of an answer holds, in em. A wider formula goes on to more lines where it can, else it is scaled down."""

TALL = 3_000
"""Characters of a cell as wide as the line from which its row may go on to another page: some forty lines."""

_LINES_IN_A_BLOCK = 24
_KEPT_LINES = 2
"""Lines that are taken to the next page to stay with what they announce."""


Images = Mapping[str, bytes | ImageProblem]


class Fragments:
    """Turns the contents of one segment into HTML. `place` is where warnings say they happened."""

    def __init__(
        self,
        book: FormulaBook,
        words: Words,
        limits: Limits,
        pictures: Images | None = None,
        submission_id: str | None = None,
        covers: Callable[[str], bool] | None = None,
    ) -> None:
        self.resources = Resources()
        self.place = ""
        self._book, self._words, self._limits = book, words, limits
        self._pictures: Images = pictures or {}
        self._submission_id = submission_id
        self._characters = Characters(marks_word=words.marks_hidden)
        if covers is not None:
            self._characters.covers = covers
        self._keys: dict[tuple[str, bool], str] = {}
        self._room = LINE

    def text(self, text: str) -> Markup:
        """A run of someone's characters."""
        before = self._characters.shown
        markup = self._characters.markup(text)
        if self._characters.shown > before:
            self.warn(WarningCode.CHARACTER_REPLACED, self._words.controls_shown)
        return markup

    def blocks(self, content: Content | None) -> Markup:
        """All of a content; empty where there is nothing to show."""
        if not content:
            return Markup("")
        return self._blocks(contents.parse(content, self._limits))

    def warn(self, code: WarningCode, message: str) -> None:
        """Something a teacher should look at, said once for each place."""
        text = f"{self.place}{self._words.colon} {message}" if self.place else message
        warning = ExportWarning(code=code, submission_id=self._submission_id, message=text)
        self.resources.warnings.setdefault((code, text), warning)

    def heading(self, text: str) -> Markup:
        """A heading: its formulas are drawn, on one line with the rest; what else it may hold is left as text."""
        blocks = contents.parse(text, self._limits)
        if all(isinstance(block, contents.Paragraph) for block in blocks):
            lines = (
                line for block in blocks if isinstance(block, contents.Paragraph) for line in lines_of(block.inlines)
            )
            return Markup(" ").join(self._line(line) for line in lines)
        return self.text(text)

    def _blocks(self, blocks: Sequence[contents.Block]) -> Markup:
        """Blocks in a row. What announces a figure or a formula stays with it; the space after one is not an indent."""
        html = Markup("")
        for index, block in enumerate(blocks):
            if isinstance(block, contents.Paragraph):
                before = blocks[index - 1] if index else block
                after = blocks[index + 1] if index + 1 < len(blocks) else block
                inlines = block.inlines if isinstance(before, contents.Paragraph) else unindented(block.inlines)
                html += self._paragraph(inlines, keep=not isinstance(after, contents.Paragraph))
            else:
                html += self._block(block)
        return html

    def _block(self, block: contents.Block) -> Markup:
        match block:
            case contents.Paragraph():
                return self._paragraph(block.inlines)
            case contents.DisplayMath():
                lines = self._formula(block.latex, display=True)
                return Markup("").join(Markup('<p class="math">{}</p>').format(line) for line in lines)
            case contents.Table():
                return self._table(block)
            case contents.Graph():
                return self._graph(block)
            case contents.Image():
                return self._image(block)
            case contents.Truncation():
                return self._truncation(block)

    def _paragraph(self, inlines: Sequence[contents.Inline], keep: bool = False) -> Markup:
        """Lines of the writer's, each in the direction it reads, in blocks that a page can hold."""
        html = Markup("")
        lines = lines_of(inlines)
        last = max(len(lines) - _KEPT_LINES, 0) if keep else len(lines)
        for rtl, run in groupby(lines[:last], key=runs_right_to_left):
            for batch in batches(list(run), _LINES_IN_A_BLOCK):
                html += self._lines(batch, rtl)
        for rtl, run in groupby(lines[last:], key=runs_right_to_left):
            html += self._lines(list(run), rtl, keep=True)
        return html

    def _lines(self, lines: Sequence[Sequence[contents.Inline]], rtl: bool, keep: bool = False) -> Markup:
        attributes = Markup(' dir="rtl"') if rtl else Markup("")
        if keep:
            attributes += Markup(' class="k"')
        body = Markup("<br/>").join(self._line(line) for line in lines)
        return Markup("<p{}>{}</p>").format(attributes, body)

    def _line(self, inlines: Sequence[contents.Inline]) -> Markup:
        """One line of the writer's. A formula keeps the punctuation that touches it: no comma begins a line."""
        parts: list[Markup] = []
        for index, inline in enumerate(inlines):
            if isinstance(inline, contents.Text):
                parts.append(self.text(clinging(inlines, index)[1]))
            elif isinstance(inline, contents.Math):
                lines = self._formula(inline.latex, display=False)
                before, after = clinging(inlines, index - 1)[2], clinging(inlines, index + 1)[0]
                parts.append(Markup(" ").join(_clung(lines, before, after)))
        return Markup("").join(parts)

    def _formula(self, latex: str, display: bool) -> tuple[Markup, ...]:
        """A formula in the lines that it takes."""
        formula = self._book.get(latex, display)
        if formula.width > self._room:
            lines = self._book.lines(latex, display, self._room)
            if len(lines) > 1:
                return tuple(self._image_of(self._key(line), line) for line in lines)
        return (self._whole(formula),)

    def _whole(self, formula: Formula) -> Markup:
        """A formula on one line. Drawn at less than half its size it is hard to read: its source is printed too."""
        latex = formula.latex
        for warning in formula.warnings:
            self.warn(warning.code, warning.text)
        if not formula.drawn or formula.drawing is None:
            return Markup('<code class="src">{}</code>').format(self.text(latex))
        key = self._key(formula)
        drawn = self._image_of(key, formula)
        if formula.width <= 2 * self._room:
            return drawn
        self.warn(WarningCode.FORMULA_TOO_LONG, self._words.formula_wide)
        source = Markup('<code class="src">{}</code>').format(self.text(latex))
        return drawn + Markup("<br/>") + source if formula.width <= 8 * self._room else source

    @staticmethod
    def _image_of(key: str, formula: Formula) -> Markup:
        return Markup('<img src="math:{}" alt="{}{}"{}/>').format(key, FORMULA_ALT, key, _baseline(formula.depth))

    def _key(self, formula: Formula) -> str:
        identity = (formula.latex, formula.display)
        key = self._keys.get(identity)
        if key is None:
            key = self._keys[identity] = str(len(self._keys))
            self.resources.formulas[key] = formula
        return key

    def _table(self, table: contents.Table) -> Markup:
        if not table.rows:
            return Markup("")
        taken = table_columns.shares(table.col_widths, max(len(row) for row in table.rows))
        head, body = (table.rows[:1], table.rows[1:]) if len(table.rows) > 1 else ((), table.rows)
        rows = Markup("").join(self._row(row, taken, "td") for row in body)
        # A head of its own stands again on each page over which the table goes on.
        top = Markup("<thead>{}</thead>").format(self._row(head[0], taken, "th")) if head else Markup("")
        style = "t many" if len(taken) > table_columns.FEW else "t"
        grid = table_columns.colgroup(taken) + top + Markup("<tbody>{}</tbody>").format(rows)
        return Markup('<table class="{}">{}</table>').format(style, grid)

    def _row(self, row: Sequence[Sequence[contents.Block]], taken: Sequence[float], tag: str) -> Markup:
        opening = Markup('<th scope="col">') if tag == "th" else Markup("<td>")
        closing = Markup("</th>") if tag == "th" else Markup("</td>")
        cells = [opening + self._cell(cell, share) + closing for cell, share in zip(row, taken, strict=False)]
        cells += [opening + closing] * (len(taken) - len(cells))
        tall = (
            Markup(' class="tall"')
            if any(len(cell) > TALL * share for cell, share in zip(cells, taken, strict=True))
            else ""
        )
        return Markup("<tr{}>{}</tr>").format(tall, Markup("").join(cells))

    def _cell(self, blocks: Sequence[contents.Block], share: float) -> Markup:
        room, self._room = self._room, max(self._room * share - table_columns.PADDING, 1.0)
        try:
            return self._blocks(blocks)
        finally:
            self._room = room

    def _graph(self, block: contents.Graph) -> Markup:
        drawing = graphs.draw_graph(block.segment, self._book, self._words.language, self._limits)
        for warning in drawing.warnings:
            self.warn(warning.code, warning.text)
        url = self.resources.add_file("image/svg+xml", drawing.svg.encode())
        return Markup('<p class="fig"><img src="{}" alt="{}"/></p>').format(url, _spoken(drawing.description))

    def _image(self, block: contents.Image) -> Markup:
        alt = " ".join((block.alt or "").split()) or self._words.image
        try:
            picture = self._picture(block.url)
        except ImageProblem as problem:
            self.warn(problem.code, problem.text(self._words.language))
            note = f"{self._words.image_missing}{self._words.colon} {problem.text(self._words.language)}"
            return Markup('<p class="note">{} {}</p>').format(note, self.text(block.alt or ""))
        url = self.resources.add_file(picture.mime, picture.data)
        return Markup('<p class="fig"><img src="{}" alt="{}"/></p>').format(url, _spoken(alt))

    def picture(self, url: str, alt: str) -> Markup:
        """A picture of ours, such as a logo; empty, and reported, where it cannot be shown."""
        try:
            picture = self._picture(url)
        except ImageProblem as problem:
            self.warn(problem.code, problem.text(self._words.language))
            return Markup("")
        return Markup('<img src="{}" alt="{}"/>').format(
            self.resources.add_file(picture.mime, picture.data), _spoken(alt)
        )

    def _picture(self, url: str) -> decoding.Picture:
        found = self._pictures.get(url)
        if found is None:
            raise ImageProblem(WarningCode.IMAGE_UNAVAILABLE, "elle n’a pas été trouvée.", "it was not found.")
        if isinstance(found, ImageProblem):
            raise found
        return decoding.prepare(found, self._limits)

    def _truncation(self, block: contents.Truncation) -> Markup:
        text = self._words.truncated if block.unit == "characters" else self._words.table_truncated
        self.warn(block.code, text)
        return Markup('<p class="note">{} ({}/{})</p>').format(text, block.kept, block.total)

    def code(self, text: str, about: str = "") -> Markup:
        """A program, with numbered lines: a row without a number goes on from the one above."""
        most = self._limits.answer_characters
        cut = contents.Truncation(WarningCode.CONTENT_TRUNCATED, "characters", most, len(text))
        note = self._truncation(cut) if len(text) > most else Markup("")
        text = text[:most].removesuffix("\n")
        rows = []
        for number, line in enumerate(highlighting.lines(text, highlighting.language_of(text, about)), 1):
            for index, row in enumerate(highlighting.wrapped(line, CODE_COLUMNS)):
                gutter = f"{number:>3}" if index == 0 else "  ↪"
                rows.append(Markup("<p><i>{} </i>{}</p>").format(gutter, self._pieces(row)))
        return Markup('<div class="code">{}</div>{}').format(Markup("").join(rows), note)

    def _pieces(self, row: Sequence[highlighting.Piece]) -> Markup:
        return Markup("").join(
            Markup('<b class="{}">{}</b>').format(style, self.text(text)) if style else self.text(text)
            for style, text in row
        )


def _baseline(depth: float) -> Markup:
    """Where a formula sits on the line: a class of the style sheet for usual depths, much faster than a style of its
    own.
    """
    steps = round(depth * DEPTH_STEPS)
    if not steps:
        return Markup("")
    if 0 < steps <= DEPTH_CLASSES:
        return Markup(' class="d{}"').format(steps)
    return Markup(' style="vertical-align:-{}em"').format(f"{depth:.3f}")


def _spoken(alt: str) -> str:
    """An alternative text as it may stand in the structure tree: what prints, and not endlessly."""
    shown = "".join(character for character in alt if character.isprintable())
    return shown if len(shown) <= ALT_CHARACTERS else f"{shown[:ALT_CHARACTERS]}…"


def _clung(lines: Sequence[Markup], before: str, after: str) -> Iterator[Markup]:
    """The lines of a formula; the first and the last keep the punctuation that touches them."""
    for index, line in enumerate(lines):
        opening = before if index == 0 else ""
        closing = after if index == len(lines) - 1 else ""
        yield Markup('<span class="n">{}{}{}</span>').format(opening, line, closing) if opening or closing else line
