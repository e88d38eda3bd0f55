"""What the HTML of one segment (a copy, a placeholder, a part of the front pages) is made with and collects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.renderer.content.characters import Characters
from services.renderer.content.formulas import FormulaBook
from services.renderer.images.problems import ImageProblem
from services.renderer.images.svg import Drawing
from services.renderer.language.words import Words
from services.renderer.limits import Limits
from services.renderer.pages.resources import Resources

Images = Mapping[str, bytes | Drawing | ImageProblem]
"""The bytes behind each image URL, or what was drawn of them, or why there are none."""


@dataclass
class SegmentContext:
    """The formulas, words, limits and images of one segment. `resources` is filled by whoever makes its HTML.

    `covers` says whether the fonts have a glyph for a character; by default they have all.
    """

    book: FormulaBook
    words: Words
    limits: Limits
    images: Images = field(default_factory=dict)
    submission_id: str | None = None
    covers: Callable[[str], bool] | None = None
    resources: Resources = field(default_factory=Resources)
    characters: Characters = field(init=False)

    def __post_init__(self) -> None:
        """Make the escaping of characters for these fonts and words."""
        self.characters = Characters(marks_word=self.words.copies.marks_hidden)
        if self.covers is not None:
            self.characters.covers = self.covers
