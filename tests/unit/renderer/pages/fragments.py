"""Fragments for tests: of a French report, with images that are given."""

import re
from html import unescape

from contracts.graded_exam import Content
from services.renderer.content.formulas import FormulaBook
from services.renderer.images.problems import ImageProblem
from services.renderer.language.french import FRENCH
from services.renderer.limits import Limits
from services.renderer.pages.fragments import Fragments
from services.renderer.pages.segment import SegmentContext

BOOK = FormulaBook(FRENCH, Limits())


def fragments_of(limits: Limits | None = None, **images: bytes | ImageProblem) -> Fragments:
    return Fragments(SegmentContext(BOOK, FRENCH, limits or Limits(), images, "att-1"))


def html(content: Content) -> str:
    return str(fragments_of().content(content))


def read(markup: str) -> str:
    """The characters of some HTML, a formula as `§`."""
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r"<img[^>]*>", "§", markup)))
