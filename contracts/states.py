"""The words an export's state, phase, failure and warning may take. Adding a word is additive; removing one is not.

Writers take every word from its list. Readers of phases, failures and warnings also take words that a newer version
has added, as `UnknownWord`: a reader that is older must not turn an export that completed into one that failed.
"""

from enum import StrEnum
from typing import Annotated, Any, TypeVar, assert_never

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class UnknownWord(str):
    """A word that is not in the reader's version of its list: printable ASCII, kept as it came."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema(pattern=r"^[!-~]{1,100}$"))


class ExportStatus(StrEnum):
    """Where an export stands. `completed`, `failed` and `cancelled` are ends; only an end may become `expired`."""

    QUEUED = "queued"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


RUNNING = frozenset({ExportStatus.QUEUED, ExportStatus.ACTIVE})
ENDED = frozenset({ExportStatus.COMPLETED, ExportStatus.FAILED, ExportStatus.CANCELLED})


class Phase(StrEnum):
    """What a running export is doing."""

    QUEUED = "queued"
    LOADING = "loading"
    PROCESSING = "processing"
    GENERATING = "generating"
    SAVING = "saving"
    COMPLETE = "complete"


PHASE_BEGINS: dict[Phase, int] = {
    Phase.LOADING: 0,
    Phase.PROCESSING: 10,
    Phase.GENERATING: 80,
    Phase.SAVING: 95,
    Phase.COMPLETE: 100,
}
"""The percents at which the phases of a running export begin, as in Correcta."""


class Format(StrEnum):
    """What a teacher may ask for."""

    PDF = "pdf"
    ZIP = "zip"
    CSV = "csv"
    XLSX = "xlsx"


class Holding(StrEnum):
    """What a file holds, whatever its format: all copies in one document, one document for each, or the grades."""

    REPORT = "report"
    COPIES = "copies"
    GRADES = "grades"


def holding(kind: Format) -> Holding:
    """What a format's files hold."""
    match kind:
        case Format.PDF:
            return Holding.REPORT
        case Format.ZIP:
            return Holding.COPIES
        case Format.CSV | Format.XLSX:
            return Holding.GRADES
        case _:
            assert_never(kind)


SHEETS = frozenset(kind for kind in Format if holding(kind) is Holding.GRADES)
DOCUMENTS = frozenset(Format) - SHEETS


def content_type(kind: Format) -> str:
    """The media type of a format's files."""
    match kind:
        case Format.PDF:
            return "application/pdf"
        case Format.ZIP:
            return "application/zip"
        case Format.CSV:
            return "text/csv; charset=utf-8"
        case Format.XLSX:
            return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case _:
            assert_never(kind)


def options_of(kind: Format) -> frozenset[str]:
    """The options of a report (fields of `ReportOptions`) that are offered for a format."""
    table = frozenset({"audience", "order", "language"})
    match kind:
        case Format.PDF:
            return table | {"statements", "statistics", "comments", "duplex", "compact"}
        case Format.ZIP:
            return table | {"statements", "statistics", "comments", "compact"}
        case Format.CSV:
            return table
        case Format.XLSX:
            return table | {"statistics"}
        case _:
            assert_never(kind)


class FailureCode(StrEnum):
    """Why an export ended as `failed`. The same words in events, the API, metrics and logs."""

    EXAM_NOT_FOUND = "exam_not_found"
    CLASS_NOT_FOUND = "class_not_found"
    NO_COPIES = "no_copies"
    INVALID_REQUEST = "invalid_request"
    INVALID_EXAM = "invalid_exam"
    TOO_MANY_COPIES = "too_many_copies"
    TOO_MANY_PAGES = "too_many_pages"
    DATABASE_UNAVAILABLE = "database_unavailable"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    STORAGE_FULL = "storage_full"
    RENDER_FAILED = "render_failed"
    RENDERER_CRASHED = "renderer_crashed"
    TIMED_OUT = "timed_out"
    INTERNAL = "internal"


class WarningCode(StrEnum):
    """What went less than perfectly in an export that completed all the same."""

    FORMULA_NOT_DRAWN = "formula_not_drawn"
    FORMULA_APPROXIMATE = "formula_approximate"
    FORMULA_TOO_LONG = "formula_too_long"
    IMAGE_UNAVAILABLE = "image_unavailable"
    IMAGE_REFUSED = "image_refused"
    GRAPH_INCOMPLETE = "graph_incomplete"
    TABLE_TRUNCATED = "table_truncated"
    CONTENT_TRUNCATED = "content_truncated"
    CHARACTER_REPLACED = "character_replaced"
    COPY_NOT_RENDERED = "copy_not_rendered"
    DUPLICATE_COPY = "duplicate_copy"
    MARK_UNREADABLE = "mark_unreadable"
    WARNINGS_TRUNCATED = "warnings_truncated"


_OPEN = Field(union_mode="left_to_right")

AnyPhase = Annotated[Phase | UnknownWord, _OPEN]
AnyFailureCode = Annotated[FailureCode | UnknownWord, _OPEN]
AnyWarningCode = Annotated[WarningCode | UnknownWord, _OPEN]

Word = TypeVar("Word", bound=StrEnum)


def word_in(words: type[Word], text: str) -> Word | UnknownWord:
    """A word of a list, or one that a newer version has added to it."""
    try:
        return words(text)
    except ValueError:
        return UnknownWord(text)


def known_failure(code: AnyFailureCode | None) -> FailureCode:
    """A failure as this version can tell it: `INTERNAL` where its code is newer, or none was given."""
    return code if isinstance(code, FailureCode) else FailureCode.INTERNAL
