"""HTML to tagged PDF: one document for each copy, so that memory stays flat and a copy's pages count from 1.

Nothing is fetched: a document shows the formulas, files and boxes it was given, and any other address is refused. The
same input gives the same bytes, whenever and wherever it is set.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from weasyprint import CSS
from weasyprint.urls import URLFetcher, URLFetcherResponse

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader, Submission
from contracts.options import ReportOptions
from services.renderer.content.formulas import FormulaBook
from services.renderer.content.formulas.typeface import Typeface
from services.renderer.grading.marks import CopyMarks
from services.renderer.limits import Limits
from services.renderer.pages.copies import Document, environment
from services.renderer.pages.fragments import DEPTH_CLASSES, DEPTH_STEPS, Fragments, Images
from services.renderer.pages.front import Front
from services.renderer.pages.front_parts import Part
from services.renderer.pages.palette import palette
from services.renderer.pages.resources import Resources
from services.renderer.typesetting import fonts, subsetting, tagging, tuning
from services.renderer.typesetting.checkboxes import TICKS

NO_IMAGES: Images = {}

PAGE_HEIGHT = 841.89
"""A4, in points."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A segment of the report: a tagged PDF of its own, how many pages it has, and what went less than perfectly."""

    pdf: bytes
    pages: int
    warnings: tuple[ExportWarning, ...] = ()


class Shelf(URLFetcher):  # type: ignore[misc]  # the library ships no types
    """Hands out the files of one segment and refuses every other address."""

    def __init__(self, resources: Resources) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._files = resources.files

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The file under this URL.

        Raises:
            ValueError: it is none of the segment's. The library leaves the picture out.
        """
        file = self._files.get(url)
        if file is None:
            raise ValueError("not a file of this document")
        return URLFetcherResponse(url, file.data, {"Content-Type": file.mime})


@contextmanager
def paused_collection() -> Iterator[None]:
    """Without the garbage collector: setting a page makes many objects and no need to look for cycles among them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@lru_cache(maxsize=1)
def faces() -> fonts.Typefaces:
    """The typefaces, loaded once a process, and the engine made ready for them."""
    tuning.tune()
    subsetting.install()
    return fonts.Typefaces()


class Typesetter:
    """Sets the segments of one export. Make one per process and keep it warm: styles and formulas are prepared once."""

    def __init__(self, header: ExamHeader, options: ReportOptions, limits: Limits) -> None:
        self._document = Document(header, options)
        self._limits = limits
        self._book = FormulaBook(options.language.value, limits)
        self._faces = faces()
        self._palette = palette(header.exam.institution.branding.color if header.exam.institution.branding else None)
        self._styles: dict[str, CSS] = {}

    def copy(self, submission: Submission, marks: CopyMarks, images: Images, position: int | None = None) -> Rendered:
        """One copy. `position` is its place in the chosen order, from 1: what an anonymous copy is called by."""
        fragments = self._fragments(images, submission.id)
        return self._set(self._document.copy(submission, marks, fragments, position), "copy", fragments)

    def placeholder(self, marks: CopyMarks, reason: str, position: int | None = None) -> Rendered:
        """The page that stands in for a copy that cannot be set; it holds none of the student's content."""
        fragments = self._fragments({}, marks.submission_id)
        return self._set(self._document.placeholder(marks, reason, fragments, position), "copy", fragments)

    def front(self, part: Part, images: Images = NO_IMAGES) -> Rendered:
        """A part of the pages before the copies."""
        fragments = self._fragments(images, None)
        return self._set(Front(self._document, self._palette).html(part, fragments), "front", fragments)

    def _fragments(self, images: Images, submission_id: str | None) -> Fragments:
        return Fragments(self._book, self._document.words, self._limits, images, submission_id, self._faces.covers)

    def _style(self, name: str) -> CSS:
        if name not in self._styles:
            self._styles[name] = self._read_style(name)
        return self._styles[name]

    def _read_style(self, name: str) -> CSS:
        values = {
            "depths": [(step, step / DEPTH_STEPS) for step in range(1, DEPTH_CLASSES + 1)],
            "p": self._palette,
            "text": fonts.css_families(fonts.TEXT),
            "label": fonts.css_families(fonts.LABEL),
            "code": fonts.css_families(fonts.CODE),
        }
        source = "".join(environment().get_template(part).render(values) for part in ("base.css.j2", f"{name}.css.j2"))
        return CSS(string=source, font_config=self._faces, url_fetcher=Shelf(Resources()))

    def _set(self, html: str, style: str, fragments: Fragments) -> Rendered:
        with paused_collection():
            return self._write(html, style, fragments)

    def _write(self, html: str, style: str, fragments: Fragments) -> Rendered:
        resources = fragments.resources
        pictures: dict[str, Any] = dict(TICKS)
        typeface = Typeface()
        for key, formula in resources.formulas.items():
            if formula.drawing is not None:
                pictures[f"math:{key}"] = typeface.image(formula.drawing)

        def finish(document: Any, pdf: Any) -> None:
            typeface.finish(document, pdf)
            tagging.finish(pdf, resources.formulas, PAGE_HEIGHT)
            subsetting.finish(pdf)

        tuning.Layout.kept = 0
        rendering = tuning.Source(html, Shelf(resources)).render(
            font_config=self._faces, stylesheets=[self._style(style)], cache=pictures, pdf_variant="pdf/ua-1"
        )
        pdf = rendering.write_pdf(finisher=finish, pdf_variant="pdf/ua-1")
        return Rendered(pdf, len(rendering.pages), tuple(resources.warnings.values()))
