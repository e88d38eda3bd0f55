"""Runs of text as HTML, notes about what was left out, and the warnings of one place on the page.

Every character that someone wrote goes through `characters`: none becomes markup.
"""

from dataclasses import dataclass

from markupsafe import Markup

from contracts.events import Warning as ExportWarning
from contracts.states import WarningCode
from services.renderer.content.blocks import Truncation
from services.renderer.language.scripts import language_runs
from services.renderer.pages.resources import NOTHING
from services.renderer.pages.segment import SegmentContext


def at_most(text: str, most: int) -> str:
    """A text, cut with an ellipsis where it is longer than so many characters."""
    return text if len(text) <= most else f"{text[:most]}…"


@dataclass(frozen=True, slots=True)
class TextWriter:
    """Writes text into a segment. `where` is the place that warnings name, such as `Question 1.2`; it may be empty."""

    segment: SegmentContext
    where: str

    def text(self, text: str) -> Markup:
        """Someone's characters as HTML, each script's letters in their language; a warning where some were shown as
        code points.
        """
        return NOTHING.join(self._run(run, language) for language, run in language_runs(text))

    def unmarked(self, text: str) -> Markup:
        """Someone's characters as HTML in one run, for a line whose language stands on its element."""
        return self._run(text, None)

    def _run(self, text: str, language: str | None) -> Markup:
        characters = self.segment.characters
        before = characters.shown
        markup = characters.markup(text)
        if characters.shown > before:
            self.warn(WarningCode.CHARACTER_REPLACED, self.segment.words.warnings.controls_shown)
        return Markup('<span data-lang="{}">{}</span>').format(language, markup) if language else markup

    def truncation(self, block: Truncation) -> Markup:
        """A note in place of what is over a limit, and its warning."""
        words = self.segment.words
        text = words.warnings.truncated if block.unit == "characters" else words.warnings.table_truncated
        self.warn(block.code, text)
        return Markup('<p class="note">{} ({}/{})</p>').format(text, block.kept, block.total)

    def warn(self, code: WarningCode, message: str) -> None:
        """Add a warning to the segment, once for each place and message."""
        text = f"{self.where}{self.segment.words.colon} {message}" if self.where else message
        warning = ExportWarning(code=code, submission_id=self.segment.submission_id, message=text)
        self.segment.resources.warnings.setdefault((code, text), warning)
