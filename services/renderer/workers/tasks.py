"""What runs in a worker process: typesetting, and nothing else. No network, no database, no secrets.

A worker is handed paths and leaves files: a copy's entry appears whole or not at all, so whoever asked can tell after a
crash which copies were done. An error in one copy is that copy's and does not stop the shard.
"""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.graded_exam import ExamHeader, Submission
from contracts.options import ReportOptions
from services.common.failpoints import arm, failpoint
from services.renderer.exam.spool import read_span
from services.renderer.files import write_whole
from services.renderer.grading.marks import mark_copy
from services.renderer.limits import Limits
from services.renderer.pages.front_parts import Part
from services.renderer.workers.results import Entry, encode

if TYPE_CHECKING:
    from services.renderer.images.problems import ImageProblem
    from services.renderer.typesetting.typesetter import Rendered, Typesetter


@dataclass(frozen=True)
class Context:
    """What the segments of one export have in common. A copy's hold only what it may show (see `shards`)."""

    header: ExamHeader
    options: ReportOptions
    limits: Limits
    spool: Path


@dataclass(frozen=True)
class CopyRequest:
    """One copy to typeset: where its JSON is, its place among anonymous ones, its images, where the entry goes."""

    submission_id: str
    place: int
    span: tuple[int, int]
    position: int | None
    images: Mapping[str, "Path | ImageProblem"]
    target: Path


@dataclass(frozen=True)
class FrontRequest:
    """A part of the pages before the copies, and its images."""

    part: Part
    images: Mapping[str, "Path | ImageProblem"]


@dataclass(frozen=True)
class Press:
    """What workers are asked to do; functions that a worker can import. The fields say what they are called with."""

    copies: Callable[[Path, tuple[CopyRequest, ...]], dict[int, str]]
    placeholder: Callable[[Path, CopyRequest, str], None]
    front: Callable[[Path, Path, Path], None]


def save(path: Path, value: object) -> None:
    """Leave a value for workers in an export's own folder."""
    write_whole(path, pickle.dumps(value))


def _load(path: Path) -> Any:
    # Written by `save` of the parent, in a folder that only this user can write to.
    return pickle.loads(path.read_bytes())  # noqa: S301


def warm(failpoints: str = "") -> None:
    """Load the typesetter and its faces, so that the first copy does not wait for them."""
    from services.renderer.typesetting import typesetter as typesetting

    arm(failpoints)
    typesetting.faces()


@lru_cache(maxsize=3)
def _context(path: Path) -> tuple[Context, "Typesetter"]:
    """Three, because two exports may be in flight and one of them at its front pages, whose context is another."""
    from services.renderer.typesetting.typesetter import Typesetter

    context: Context = _load(path)
    return context, Typesetter(context.header, context.options, context.limits)


def typeset_copies(context_path: Path, requests: tuple[CopyRequest, ...]) -> dict[int, str]:
    """Typeset copies into their targets; by place, what went wrong with those that have none."""
    context, typesetter = _context(context_path)
    failures: dict[int, str] = {}
    for request in requests:
        try:
            failpoint("worker.copy", request.submission_id)
            rendered = _copy(context, typesetter, request)
        except MemoryError:
            raise
        except BaseException as error:
            failures[request.place] = f"{type(error).__name__}: {error}"
            continue
        failpoint("worker.typeset")
        _leave(rendered, request.target)
        failpoint("worker.left")
    return failures


def _copy(context: Context, typesetter: "Typesetter", request: CopyRequest) -> "Rendered":
    submission = Submission.model_validate_json(read_span(context.spool, *request.span))
    marks = mark_copy(context.header.exam, submission)
    return typesetter.copy(submission, marks, _read_images(request.images), request.position)


def _read_images(found: Mapping[str, "Path | ImageProblem"]) -> dict[str, "bytes | ImageProblem"]:
    return {url: each.read_bytes() if isinstance(each, Path) else each for url, each in found.items()}


def typeset_placeholder(context_path: Path, request: CopyRequest, reason: str) -> None:
    """Typeset the page that stands in for a copy."""
    context, typesetter = _context(context_path)
    submission = Submission.model_validate_json(read_span(context.spool, *request.span))
    _leave(typesetter.placeholder(mark_copy(context.header.exam, submission), reason, request.position), request.target)


def typeset_front(context_path: Path, request_path: Path, target: Path) -> None:
    """Typeset a part of the pages before the copies; `context_path` is their own context."""
    failpoint("worker.front")
    _, typesetter = _context(context_path)
    request: FrontRequest = _load(request_path)
    _leave(typesetter.front(request.part, _read_images(request.images)), target)


PRESS = Press(copies=typeset_copies, placeholder=typeset_placeholder, front=typeset_front)


def _leave(rendered: "Rendered", target: Path) -> None:
    from services.renderer.assembly.segments import pack

    write_whole(target, encode(Entry(pack(rendered.pdf), rendered.pages, rendered.warnings)))
