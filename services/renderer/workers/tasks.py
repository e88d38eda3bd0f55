"""The functions that run in worker processes: typeset copies, a placeholder or front pages into result files.

No network, no database, no secrets. Each task is called with the path of a `Context` and a request, and leaves its
result at the request's `target`. A result appears whole or not at all, so the parent can tell after a crash which
copies were done; an error in one copy is that copy's and does not stop the shard.
"""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from contracts.graded_exam import ExamHeader, Submission
from contracts.options import ReportOptions
from services.common.error_text import describe
from services.common.failpoints import arm, failpoint
from services.renderer.exam.spool import read_span
from services.renderer.files import write_whole
from services.renderer.grading.marks import mark_copy
from services.renderer.images.collecting import DrawnFile, Found
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits
from services.renderer.modes import Typesetting
from services.renderer.pages.front_parts import FrontPart
from services.renderer.workers.confinement.resources import processor_seconds
from services.renderer.workers.results import TypesetSegment, write_result

if TYPE_CHECKING:
    from services.renderer.images.svg import Drawing
    from services.renderer.typesetting.typesetter import Rendered, Typesetter

DRAWING_SECONDS = 5.0
"""Of a processor, for one drawing."""


@dataclass(frozen=True)
class Context:
    """What the segments of one export have in common; that of the copies is reduced to what shows (`cache_keys`)."""

    header: ExamHeader
    options: ReportOptions
    limits: Limits
    typesetting: Typesetting = Typesetting.TUNED


@dataclass(frozen=True)
class CopyRequest:
    """One copy to typeset: its index and span (offset, length) in the spool, its images, and where its result goes.
    `spool` is the spool's file.

    `number`, from 1 in the order of the document, is set in an anonymous one, where it stands for the name.
    """

    submission_id: str
    spool_index: int
    spool: Path
    span: tuple[int, int]
    number: int | None
    images: Mapping[str, Found]
    target: Path


@dataclass(frozen=True)
class PlaceholderRequest:
    """A copy that cannot be typeset, and the sentence that says why."""

    copy: CopyRequest
    reason: str


@dataclass(frozen=True)
class FrontRequest:
    """A part of the pages before the copies, its images, and where its result goes."""

    part: FrontPart
    images: Mapping[str, Found]
    target: Path


@dataclass(frozen=True)
class WorkerTasks:
    """The functions that the parent calls in workers; tests replace them. `copies` returns failures by spool index.

    A context and a front part are handed over as files: a context is shared by every shard, and a part holds the marks
    of all copies that it lists, too much to pickle in the event loop and send through a pipe for each try.
    """

    copies: Callable[[Path, tuple[CopyRequest, ...]], dict[int, str]]
    placeholder: Callable[[Path, PlaceholderRequest], None]
    front: Callable[[Path, Path], None]


def save(path: Path, value: Context | FrontRequest) -> None:
    """Pickle a context or a front part's request into a file of the export's own folder, for workers to read."""
    write_whole(path, pickle.dumps(value))


def _load(path: Path) -> Any:
    # Written by `save` of the parent, in a folder that only this user can write to.
    return pickle.loads(path.read_bytes())  # noqa: S301


def preload_engine(failpoints: str = "") -> None:
    """Arm the failpoints and load the typesetter with its fonts, so that the first copy does not wait for them."""
    from services.renderer.typesetting import typesetter as typesetting

    arm(failpoints)
    typesetting.faces()


@lru_cache(maxsize=3)
def _context(path: Path) -> tuple[Context, "Typesetter"]:
    """A context and its typesetter. Three are kept: two exports may be in flight, one of them at its front pages."""
    from services.renderer.typesetting.typesetter import Typesetter

    context: Context = _load(path)
    return context, Typesetter(context.header, context.options, context.limits, context.typesetting)


def typeset_copies(context_path: Path, requests: tuple[CopyRequest, ...]) -> dict[int, str]:
    """Typeset copies into their targets; returns by spool index the errors of those that have no result."""
    context, typesetter = _context(context_path)
    failures: dict[int, str] = {}
    for request in requests:
        try:
            failpoint("worker.copy", request.submission_id)
            rendered = _copy(context, typesetter, request)
        except MemoryError:
            raise
        except BaseException as error:
            failures[request.spool_index] = describe(error)
            continue
        failpoint("worker.typeset")
        _write(rendered, request.target)
        failpoint("worker.left")
    return failures


def _copy(context: Context, typesetter: "Typesetter", request: CopyRequest) -> "Rendered":
    submission = _submission(request)
    marks = mark_copy(context.header.exam, submission)
    return typesetter.copy(submission, marks, _read_images(request.images), request.number)


def _submission(request: CopyRequest) -> Submission:
    return Submission.model_validate_json(read_span(request.spool, *request.span))


def _read_images(found: Mapping[str, Found]) -> dict[str, "bytes | Drawing | ImageProblem"]:
    return {url: _read_image(each) for url, each in found.items()}


def _read_image(found: Found) -> "bytes | Drawing | ImageProblem":
    from services.renderer.images.svg import Drawing

    match found:
        case Path():
            return found.read_bytes()
        case DrawnFile():
            return Drawing(found.path.read_bytes(), found.density)
        case ImageProblem():
            return found
        case _:
            assert_never(found)


def describe_engine() -> str:
    """What the pages of this machine depend on beside the sources: libraries that are no Python, and faces."""
    from services.renderer.typesetting.engine import description

    return description()


def draw_file(source: Path, target: Path) -> float | Reason:
    """Draw an SVG file as a PNG file; its density (see `Drawing`), or why it cannot be drawn.

    One that takes more than `DRAWING_SECONDS` of a processor, or that crashes the library, ends this process.
    """
    from services.renderer.images.decoding import LONGEST_SIDE
    from services.renderer.images.svg import draw

    try:
        with processor_seconds(DRAWING_SECONDS):
            drawing = draw(source.read_bytes(), LONGEST_SIDE)
    except ImageProblem as problem:
        return problem.reason
    write_whole(target, drawing.png)
    return drawing.density


def typeset_placeholder(context_path: Path, request: PlaceholderRequest) -> None:
    """Typeset a page that says why a copy is missing, into the copy's target."""
    context, typesetter = _context(context_path)
    copy = request.copy
    marks = mark_copy(context.header.exam, _submission(copy))
    _write(typesetter.placeholder(marks, request.reason, copy.number), copy.target)


def typeset_front(context_path: Path, request_path: Path) -> None:
    """Typeset a part of the pages before the copies; `context_path` is the front pages' own, the request a file."""
    failpoint("worker.front")
    _, typesetter = _context(context_path)
    request: FrontRequest = _load(request_path)
    _write(typesetter.front(request.part, _read_images(request.images)), request.target)


TASKS = WorkerTasks(copies=typeset_copies, placeholder=typeset_placeholder, front=typeset_front)


def _write(rendered: "Rendered", target: Path) -> None:
    from services.renderer.assembly.segments import pack

    write_result(target, TypesetSegment(pack(rendered.pdf), rendered.pages, rendered.warnings))
