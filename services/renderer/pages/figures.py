"""Graphs and images as HTML figures with alternative text; a note and a warning where an image cannot be shown."""

from dataclasses import dataclass

from markupsafe import Markup

from contracts.states import WarningCode
from services.renderer.content import graphs
from services.renderer.content.blocks import Graph, Image
from services.renderer.images.decoding import PreparedImage, prepare
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.text import TextWriter, at_most

ALT_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class FigureWriter:
    """Writes graphs and images into a segment."""

    text: TextWriter

    def graph(self, block: Graph) -> Markup:
        """A graph, drawn as SVG and described in words; a note says what is missing of it."""
        segment = self.text.segment
        drawing = graphs.draw_graph(block.segment, segment.book, segment.words, segment.limits)
        for warning in drawing.warnings:
            self.text.warn(warning.code, warning.text)
        url = segment.resources.add_file("image/svg+xml", drawing.svg.encode())
        missing = [each.text for each in drawing.warnings if each.code is WarningCode.GRAPH_INCOMPLETE]
        notes = NOTHING.join(Markup('<p class="note">{}</p>').format(text) for text in missing)
        return _figure(url, drawing.description) + notes

    def image(self, block: Image) -> Markup:
        """An image; a note with its alternative text where it cannot be shown."""
        words = self.text.segment.words
        try:
            image = self._prepared(block.url)
        except ImageProblem as problem:
            why = self._warn(problem)
            note = f"{words.copies.image_missing}{words.colon} {why}"
            return Markup('<p class="note">{} {}</p>').format(
                note, self.text.text(at_most(block.alt or "", ALT_CHARACTERS))
            )
        if image.incomplete:
            self._warn(ImageProblem(Reason.INCOMPLETE))
        alt = " ".join((block.alt or "").split()) or self._undescribed()
        return _figure(self._add(image), alt, image.density)

    def logo(self, url: str, alt: str) -> Markup:
        """An image without a paragraph of its own; nothing but a warning where it cannot be shown."""
        try:
            image = self._prepared(url)
        except ImageProblem as problem:
            self._warn(problem)
            return NOTHING
        return Markup('<img src="{}" alt="{}"/>').format(self._add(image), alternative_text(alt))

    def _undescribed(self) -> str:
        """What is said of an image that nobody described: that, and where it stands."""
        words = self.text.segment.words.copies
        return f"{words.image_undescribed} ({self.text.where})" if self.text.where else words.image_undescribed

    def _warn(self, problem: ImageProblem) -> str:
        """Report the problem; what it says in the report's language."""
        why = self.text.segment.words.images[problem.reason]
        self.text.warn(problem.code, why)
        return why

    def _add(self, image: PreparedImage) -> str:
        return self.text.segment.resources.add_file(image.mime, image.data)

    def _prepared(self, url: str) -> PreparedImage:
        found = self.text.segment.images.get(url)
        if found is None:
            raise ImageProblem(Reason.NOT_FOUND)
        if isinstance(found, ImageProblem):
            raise found
        return prepare(found, self.text.segment.limits)


def _figure(url: str, alt: str, density: float = 1.0) -> Markup:
    style = "" if density == 1 else Markup(' style="image-resolution: {:.4f}dppx"').format(density)
    return Markup('<p class="fig"><img src="{}" alt="{}"{}/></p>').format(url, alternative_text(alt), style)


def alternative_text(alt: str) -> str:
    """An alternative text as it may stand in the structure tree: characters that print, at most `ALT_CHARACTERS`."""
    shown = "".join(character for character in alt if character.isprintable())
    return at_most(shown, ALT_CHARACTERS)
