"""What a shard needs, as bytes that another renderer reads: a context, and a copy each with its number and images.

JSON only: nothing that one renderer sends makes another one run anything. A context and a copy read back are equal to
those written, so that both renderers have the same cache key for a copy.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.blobs import Digest
from contracts.graded_exam import ExamHeader, Submission
from contracts.options import ReportOptions
from contracts.validation import summary
from services.renderer.images.collecting import DrawnFile, Found
from services.renderer.images.problems import ImageProblem, Reason
from services.renderer.limits import Limits
from services.renderer.modes import Typesetting
from services.renderer.workers.tasks import Context


class UnreadablePayload(ValueError):
    """Bytes that are no context or copy of this version's. The message quotes nothing of them."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Context(_Strict):
    header: ExamHeader
    options: ReportOptions
    limits: Limits
    typesetting: Typesetting


class _Picture(_Strict):
    kind: Literal["file"] = "file"
    sha256: Digest


class _Drawing(_Strict):
    kind: Literal["drawing"] = "drawing"
    sha256: Digest
    density: float


class _Problem(_Strict):
    kind: Literal["problem"] = "problem"
    reason: Reason


class _Head(_Strict):
    number: int | None
    images: dict[str, Annotated[_Picture | _Drawing | _Problem, Field(discriminator="kind")]]


_HEAD = TypeAdapter(_Head)


def context_payload(context: Context) -> bytes:
    """A context as bytes."""
    return (
        _Context(header=context.header, options=context.options, limits=context.limits, typesetting=context.typesetting)
        .model_dump_json(by_alias=True)
        .encode()
    )


def read_context(data: bytes) -> Context:
    """The context in a payload.

    Raises:
        UnreadablePayload.
    """
    try:
        read = _Context.model_validate_json(data)
    except ValidationError as error:
        raise UnreadablePayload(f"not a context: {summary(error)}") from None
    return Context(read.header, read.options, read.limits, read.typesetting)


@dataclass(frozen=True)
class CopyPayload:
    """A copy to typeset: its JSON as it stands in the spool, the number that stands for the name in an anonymous
    document, and its images by URL: files named by their SHA-256, or why there is none.
    """

    line: bytes
    number: int | None
    images: Mapping[str, Found]

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the copy's JSON."""
        return hashlib.sha256(self.line).digest()

    @property
    def files(self) -> dict[str, Path]:
        """The files of its images by their names, which are the SHA-256 of what is in them."""
        found = (each.path if isinstance(each, DrawnFile) else each for each in self.images.values())
        return {path.name: path for path in found if isinstance(path, Path)}

    def to_bytes(self) -> bytes:
        """A line of JSON, then the copy's."""
        head = _Head(number=self.number, images={url: _written(found) for url, found in sorted(self.images.items())})
        return head.model_dump_json().encode() + b"\n" + self.line


def read_copy(data: bytes, folder: Path) -> CopyPayload:
    """The copy in a payload; its images are files of the folder, which need not be there yet.

    Raises:
        UnreadablePayload.
    """
    head, _, line = data.partition(b"\n")
    try:
        read = _HEAD.validate_json(head)
    except ValidationError as error:
        raise UnreadablePayload(f"not a copy: {summary(error)}") from None
    return CopyPayload(line, read.number, {url: _read(image, folder) for url, image in read.images.items()})


def submission_id(payload: CopyPayload) -> str:
    """The id of a copy, for failpoints and logs.

    Raises:
        UnreadablePayload.
    """
    try:
        return Submission.model_validate_json(payload.line).id
    except ValidationError as error:
        raise UnreadablePayload(f"not a copy: {summary(error)}") from None


def _written(found: Found) -> _Picture | _Drawing | _Problem:
    match found:
        case Path():
            return _Picture(sha256=found.name)
        case DrawnFile():
            return _Drawing(sha256=found.path.name, density=found.density)
        case ImageProblem():
            return _Problem(reason=found.reason)
        case _:
            assert_never(found)


def _read(image: _Picture | _Drawing | _Problem, folder: Path) -> Found:
    match image:
        case _Picture():
            return folder / image.sha256
        case _Drawing():
            return DrawnFile(folder / image.sha256, image.density)
        case _Problem():
            return ImageProblem(image.reason)
        case _:
            assert_never(image)
