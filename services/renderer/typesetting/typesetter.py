"""Typesets copies and front pages: models in, HTML, then a tagged PDF (PDF/UA-1) out by WeasyPrint.

Each copy is a document of its own, so that memory stays flat and its pages count from 1. Nothing is fetched: a document
shows the formulas, files and boxes it was given, and any other address is refused. The same input gives the same bytes,
whenever and wherever it is typeset.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse

from contracts.events import Warning as ExportWarning
from contracts.graded_exam import ExamHeader, Submission
from contracts.options import ReportOptions
from services.renderer.content.formulas import FormulaBook
from services.renderer.content.formulas.typeface import Typeface
from services.renderer.grading.marks import CopyMarks
from services.renderer.limits import Limits
from services.renderer.modes import Typesetting, usable
from services.renderer.pages.context import PageContext, environment
from services.renderer.pages.copies import CopyPages
from services.renderer.pages.fragments import Fragments
from services.renderer.pages.front import FrontPages
from services.renderer.pages.front_parts import FrontPart
from services.renderer.pages.mathematics import DEPTH_CLASSES, DEPTH_STEPS
from services.renderer.pages.palette import palette
from services.renderer.pages.resources import Resources
from services.renderer.pages.segment import Images, SegmentContext
from services.renderer.typesetting import fonts, subsetting, tagging, tuning
from services.renderer.typesetting.checkboxes import TICKS

NO_IMAGES: Images = {}

PAGE_HEIGHT = 841.89
"""A4, in points."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A tagged PDF, its number of pages, and the warnings that came up while it was typeset."""

    pdf: bytes
    pages: int
    warnings: tuple[ExportWarning, ...] = ()


class ResourceFetcher(URLFetcher):  # type: ignore[misc]  # the library ships no types
    """A URL fetcher that serves the files of one document from memory and refuses every other address."""

    def __init__(self, resources: Resources) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._files = resources.files

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Return the file under this URL.

        Raises:
            ValueError: it is none of the document's. The library leaves the image out.
        """
        file = self._files.get(url)
        if file is None:
            raise ValueError("not a file of this document")
        return URLFetcherResponse(url, file.data, {"Content-Type": file.mime})


@contextmanager
def paused_collection() -> Iterator[None]:
    """Switch the garbage collector off in the block: typesetting makes many objects, and few cycles among them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@lru_cache(maxsize=1)
def faces() -> fonts.Typefaces:
    """Have WeasyPrint embed our subsets and write our languages, and load the fonts, once a process."""
    subsetting.install()
    tagging.install()
    return fonts.Typefaces()


class Typesetter:
    """Typesets the copies and front pages of one export. Keep it: style sheets and formulas are prepared once.

    Once one is tuned, so are all of the process. WeasyPrint is tuned in versions only that this was checked with.
    """

    def __init__(
        self, header: ExamHeader, options: ReportOptions, limits: Limits, mode: Typesetting = Typesetting.TUNED
    ) -> None:
        self._is_tuned = usable(mode) is Typesetting.TUNED
        if self._is_tuned:
            tuning.install()
        context = PageContext(header, options)
        self._limits, self._compact = limits, options.compact
        self._book = FormulaBook(context.words, limits)
        self._faces = faces()
        self._palette = palette(header.exam.institution.branding.color if header.exam.institution.branding else None)
        self._words = context.words
        self._copies, self._front = CopyPages(context), FrontPages(context, self._palette)
        self._styles: dict[str, CSS] = {}

    def copy(self, submission: Submission, marks: CopyMarks, images: Images, number: int | None = None) -> Rendered:
        """Typeset a copy; `number`, from 1 in the document's order, stands for the name where that may not show."""
        fragments = self._fragments(images, submission.id)
        return self._typeset(self._copies.copy(submission, marks, fragments, number), "copy", fragments)

    def placeholder(self, marks: CopyMarks, reason: str, number: int | None = None) -> Rendered:
        """Typeset a page that says why a copy is missing; it holds none of the student's content."""
        fragments = self._fragments({}, marks.submission_id)
        return self._typeset(self._copies.placeholder(marks, reason, fragments, number), "copy", fragments)

    def front(self, part: FrontPart, images: Images = NO_IMAGES) -> Rendered:
        """Typeset a part of the pages before the copies."""
        fragments = self._fragments(images, None)
        return self._typeset(self._front.html(part, fragments), "front", fragments)

    def _fragments(self, images: Images, submission_id: str | None) -> Fragments:
        return Fragments(
            SegmentContext(self._book, self._words, self._limits, images, submission_id, self._faces.covers)
        )

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
        parts = ["base", name, *(["compact"] if self._compact and name == "copy" else [])]
        source = "".join(environment().get_template(f"{part}.css.j2").render(values) for part in parts)
        return CSS(string=source, font_config=self._faces, url_fetcher=ResourceFetcher(Resources()))

    def _typeset(self, html: str, style: str, fragments: Fragments) -> Rendered:
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

        source, layouts = self._source(html, ResourceFetcher(resources))
        with layouts:
            rendering = source.render(
                font_config=self._faces, stylesheets=[self._style(style)], cache=pictures, pdf_variant="pdf/ua-1"
            )
            pdf = rendering.write_pdf(finisher=finish, pdf_variant="pdf/ua-1")
        return Rendered(pdf, len(rendering.pages), tuple(resources.warnings.values()))

    def _source(self, html: str, fetcher: ResourceFetcher) -> tuple[HTML, AbstractContextManager[None]]:
        """The parsed document, and the block to lay it out and draw it in."""
        if self._is_tuned:
            return tuning.Source(html, fetcher), tuning.Layout.kept()
        return HTML(string=html, url_fetcher=fetcher, media_type="print"), nullcontext()
