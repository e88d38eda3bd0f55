"""Collects the images of one export: URLs in, files for the workers out, each fetched once and named by its content.

Workers have no network. An SVG file is drawn before it is handed over, once for all pages that show it. What cannot be
fetched or drawn is handed over as an `ImageProblem` and shown as a note on the page.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from contracts.graded_exam import Content, Exam, Submission
from services.renderer.content.blocks import image_urls
from services.renderer.files import write_whole
from services.renderer.images.kinds import Kind, kind_of
from services.renderer.images.problems import ImageProblem
from services.renderer.limits import Limits

Fetch = Callable[[str], Awaitable[bytes | ImageProblem]]
"""The bytes behind a URL, or why there are none."""


@dataclass(frozen=True)
class DrawnFile:
    """An SVG file drawn as a PNG file, and how many of its pixels are a CSS pixel of the drawing."""

    path: Path
    density: float


Found = Path | DrawnFile | ImageProblem
"""The file with an image's bytes, or why there is none."""

Draw = Callable[[Path], Awaitable[Found]]
"""Draws an SVG file."""


def urls_of_exam(exam: Exam, limits: Limits) -> tuple[str, ...]:
    """The images of statements, instructions, options, criteria and introductions."""
    return _urls(_contents_of_exam(exam), limits)


def urls_of_front(exam: Exam, limits: Limits) -> tuple[str, ...]:
    """The school's logo, and the images of the exam's description."""
    branding = exam.institution.branding
    logo = (branding.logo,) if branding is not None and branding.logo else ()
    return (*logo, *_urls((exam.description,), limits))


def urls_of_copy(submission: Submission, limits: Limits) -> tuple[str, ...]:
    """The images of answers and comments."""
    return _urls(_contents_of_copy(submission), limits)


def _contents_of_exam(exam: Exam) -> Iterator[Content | None]:
    for section in exam.sections:
        yield section.intro
        for question in section.questions:
            yield question.content
            yield question.instruction
            yield from (option.content for option in question.options)
            yield from (criterion.criteria for criterion in question.rubric or ())


def _contents_of_copy(submission: Submission) -> Iterator[Content | None]:
    for answer in submission.answers:
        yield answer.content
        yield answer.feedback
        for part in answer.parts:
            yield part.content
            yield part.instruction


def _urls(contents: Iterable[Content | None], limits: Limits) -> tuple[str, ...]:
    found = (url for content in contents if _may_hold_images(content) for url in image_urls(content or "", limits))
    return tuple(dict.fromkeys(found))


def _may_hold_images(content: Content | None) -> bool:
    """Most answers are plain text: they need not be parsed to know that they show no image."""
    return '"image"' in content or "![" in content if isinstance(content, str) else bool(content)


class ImageCollector:
    """Fetches images into a folder of the export's own."""

    def __init__(self, fetch: Fetch, draw: Draw, folder: Path) -> None:
        self._fetch = fetch
        self._draw = draw
        self._folder = folder
        self._found: dict[str, asyncio.Future[Found]] = {}
        folder.mkdir(mode=0o700)

    async def collect(self, urls: Iterable[str]) -> dict[str, Found]:
        """Each URL's file or problem; a URL is fetched once, however often and by whomever it is asked for."""
        wanted = list(urls)
        for url in wanted:
            if url not in self._found:
                self._found[url] = asyncio.ensure_future(self._fetched(url))
        return {url: await asyncio.shield(self._found[url]) for url in wanted}

    async def _fetched(self, url: str) -> Found:
        data = await self._fetch(url)
        if isinstance(data, ImageProblem):
            return data
        path = self._folder / hashlib.sha256(data).hexdigest()
        if not path.exists():
            write_whole(path, data)
        return await self._draw(path) if kind_of(data) is Kind.SVG else path
