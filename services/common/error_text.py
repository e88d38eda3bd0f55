"""Errors as text for a log: what kind of error and where, without the data that caused it.

Messages of libraries quote what they were given: a student's name that PostgreSQL refuses, an address that does not
answer. Those of our own error classes are our own sentences, and are told.
"""

import errno
import traceback
from collections.abc import Iterator

from pydantic import ValidationError

from contracts.validation import summary

OURS = ("contracts.", "services.", "dev.")


def describe(error: BaseException) -> str:
    """An error's type, and its message where that is ours; of others the fields, the SQLSTATE or the number."""
    name, detail = type(error).__name__, _detail(error)
    return f"{name}: {detail}" if detail else name


def traceback_text(error: BaseException) -> str:
    """An error with the lines of code it passed through, and those of the errors it came from."""
    return "\n".join(_lines(error))


def _detail(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        return summary(error)
    if type(error).__module__.startswith(OURS):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, str(error.errno))
    return str(getattr(error, "sqlstate", None) or "")


def _lines(error: BaseException) -> Iterator[str]:
    yield describe(error)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
    for each in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _lines(each)
    origin = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if origin is not None:
        yield "from"
        yield from _lines(origin)
