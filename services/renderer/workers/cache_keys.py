"""Cache keys of typeset copies: a SHA-256 of everything that the pages of a copy may depend on.

That is the exam and the classes, the options that show on a copy, the limits, the copy itself, its number where that
stands for the name, its images, and the versions of everything that draws it. Workers are handed the same reduced
header and options (`stable_context`), so a copy cannot show what its key does not cover.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from contracts.graded_exam import ExamHeader
from contracts.options import ReportOptions
from services.renderer.images.collecting import DrawnFile, Found
from services.renderer.images.problems import ImageProblem
from services.renderer.workers.fingerprint import fingerprint
from services.renderer.workers.tasks import Context, CopyRequest

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Instead of the time that the grades are stated for, which no copy shows."""

NOT_ON_COPIES = frozenset({"statistics", "duplex", "order"})
"""The options that show on no copy. Any other one, a new one too, is part of every key."""


def stable_header(header: ExamHeader) -> ExamHeader:
    """The part of a header that copies may show: exam and classes, not who was absent, nor the time of the grades."""
    return ExamHeader(exam=header.exam, classes=header.classes, as_of=NO_TIME)


def stable_options(options: ReportOptions) -> ReportOptions:
    """The options with those that show on no copy at their defaults."""
    fields = type(options).model_fields
    return options.model_copy(update={name: fields[name].get_default() for name in NOT_ON_COPIES})


def stable_context(context: Context) -> Context:
    """The context of an export's copies, reduced to what may show on them. How they are typeset does not show."""
    return replace(context, header=stable_header(context.header), options=stable_options(context.options))


class CopyKeys:
    """Makes the cache keys of one export's copies."""

    def __init__(self, context: Context) -> None:
        shared = (fingerprint(), context.header.model_dump_json(), context.options.model_dump_json(), context.limits)
        self._shared = hashlib.sha256(repr(shared).encode())

    def key(self, request: CopyRequest, copy_digest: bytes) -> str:
        """The key of a copy whose JSON has this SHA-256."""
        digest = self._shared.copy()
        digest.update(copy_digest)
        digest.update(repr(request.number).encode())
        for url, found in sorted(request.images.items(), key=lambda item: item[0]):
            digest.update(repr((url, _content(found))).encode())
        return digest.hexdigest()


def _content(found: Found) -> str:
    """What names an image's content: its file's name is made of it."""
    match found:
        case Path():
            return found.name
        case DrawnFile():
            return f"{found.path.name} {found.density}"
        case ImageProblem():
            return found.reason
        case _:
            assert_never(found)
