"""The renderer's error tree: an error has a stable code, a detail for the logs, and knows if trying again may help.

What the teacher reads of a code stands with the other words (`language.words.FailureWords`). A library's errors are
wrapped by the adapter that called it.
"""

from typing import ClassVar

from contracts.states import FailureCode


class RendererError(Exception):
    """Anything that keeps an export from being made.

    Args:
        detail: what really happened, for the logs only.
    """

    code: ClassVar[FailureCode] = FailureCode.INTERNAL
    permanent: ClassVar[bool] = False

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code.value)
        self.detail = detail


class RequestError(RendererError):
    """What was asked for cannot be made, now or later."""

    permanent = True


class ExamNotFound(RequestError):
    """The exam does not exist, or not in this institution: the two look the same."""

    code = FailureCode.EXAM_NOT_FOUND


class ClassNotFound(RequestError):
    """A class of the filter is not one of the exam's course."""

    code = FailureCode.CLASS_NOT_FOUND


class NoCopies(RequestError):
    """Nobody of the chosen classes handed in a copy."""

    code = FailureCode.NO_COPIES


class InvalidExam(RequestError):
    """The exam's data break the rules of `graded-exam.v1`."""

    code = FailureCode.INVALID_EXAM


class TooManyCopies(RequestError):
    """More copies than one export may hold."""

    code = FailureCode.TOO_MANY_COPIES


class TooManyPages(RequestError):
    """More pages than one document may hold."""

    code = FailureCode.TOO_MANY_PAGES


class Unavailable(RendererError):
    """Something the renderer depends on does not answer; it will."""


class DatabaseUnavailable(Unavailable):
    """Correcta's database does not answer."""

    code = FailureCode.DATABASE_UNAVAILABLE


class StorageUnavailable(Unavailable):
    """The file is made, but storage does not take it."""

    code = FailureCode.STORAGE_UNAVAILABLE


class StorageRefused(RequestError):
    """Storage has a file of another owner under this export's id: it will not take this one, now or later."""


class StorageFull(RendererError):
    """Storage, or the renderer's own disk, has no room left."""

    code = FailureCode.STORAGE_FULL


class RenderFailed(RendererError):
    """The document could not be typeset; not one copy's fault."""

    code = FailureCode.RENDER_FAILED


class TimedOut(RendererError):
    """The whole export took longer than it may."""

    code = FailureCode.TIMED_OUT
