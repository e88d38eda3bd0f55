"""The events of an export's life. Past tense, references only, never a document's bytes; additive change only."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, TypedDict, get_args
from uuid import UUID

from pydantic import BeforeValidator, Field, JsonValue

from contracts.base import LARGEST_COUNT, Count, Id, Size, UtcTime, Wire
from contracts.options import ReportOptions
from contracts.states import AnyFailureCode, AnyPhase, AnyWarningCode, Format

MOST_CLASSES = 1_000
MOST_WARNINGS = 1_000
"""How many warnings of an event are read, and as many as a renderer sends; what is beyond them is cut off."""

MOST_TOLD_WARNINGS = 20
"""How many warnings everybody is told; `warning_count` says how many there are."""

LONGEST_TEXT = 1_000

Attempt = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]
Title = Annotated[str, Field(max_length=LONGEST_TEXT)]


def _first_warnings(value: Any) -> Any:
    return value[:MOST_WARNINGS] if isinstance(value, list | tuple) else value


class Event(Wire):
    """What every event says: which export it is about. `type` is also its routing key."""

    type: ClassVar[str]

    export_id: UUID


class Identity(TypedDict):
    """The four fields that say which export of whom an event is about, as keyword arguments of its constructor."""

    export_id: UUID
    institution_id: str
    exam_id: str
    requested_by: str


class ExportEvent(Event):
    """An event that carries the export's whole identity, so that a subscriber needs no look-up."""

    institution_id: Id
    exam_id: Id
    requested_by: Id

    @property
    def identity(self) -> Identity:
        """The identity, to construct another event of the same export: `ExportFailed(**request.identity, ...)`."""
        return Identity(
            export_id=self.export_id,
            institution_id=self.institution_id,
            exam_id=self.exam_id,
            requested_by=self.requested_by,
        )


class ExportRequested(ExportEvent):
    """A teacher asked for an export. `class_ids` empty means every class of the exam. `copies` is how many were handed
    in for the exam, of all classes, as far as was counted: what kind of export this is, not what will be in it.
    """

    type: ClassVar[str] = "export.requested.v1"

    format: Format
    options: ReportOptions = ReportOptions()
    class_ids: tuple[Id, ...] = Field(default=(), max_length=MOST_CLASSES)
    requested_at: UtcTime
    exam_title: Title | None = None
    copies: Count | None = None


class Asked(TypedDict):
    """What an export was asked for as, as keyword arguments of an `ExportFact`."""

    format: Format
    options: dict[str, JsonValue]
    class_ids: tuple[str, ...]
    requested_at: datetime
    exam_title: str | None


class ExportFact(ExportEvent):
    """An event with what was asked for, as the gateway tells it. None in what renderers and storage claim of an export,
    and in events of versions before 2; `options` may name some that the reader does not know.
    """

    format: Format | None = None
    options: dict[str, JsonValue] | None = None
    class_ids: tuple[Id, ...] | None = Field(default=None, max_length=MOST_CLASSES)
    requested_at: UtcTime | None = None
    exam_title: Title | None = None


class ExportStarted(ExportFact):
    """A renderer has begun for the first time. Told once, whatever is tried again."""

    type: ClassVar[str] = "export.started.v1"

    attempt: Attempt
    started_at: UtcTime


class ExportProgress(Event):
    """How far a renderer is. `sequence` grows by at least one per event within an attempt; `processed` counts copies
    really rendered.
    """

    type: ClassVar[str] = "export.progress.v1"

    attempt: Attempt
    sequence: Count
    phase: AnyPhase
    percent: int = Field(ge=0, le=100)
    processed: Count
    total: Count
    at: UtcTime


class StoredFile(Wire):
    """A whole file in storage. `key` was made by storage; `sha256` is lowercase hex; `size` is in bytes; `pages` is 0
    where a format has none.
    """

    key: str = Field(max_length=LONGEST_TEXT)
    filename: str = Field(max_length=LONGEST_TEXT)
    size: Size
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    content_type: str = Field(max_length=LONGEST_TEXT)
    pages: Count = 0
    expires_at: UtcTime | None = None


class Warning(Wire):
    """Something that went less than perfectly. `submission_id` is None where it concerns the whole export."""

    code: AnyWarningCode
    submission_id: Id | None = None
    message: str


class ExportCompleted(ExportFact):
    """The file is in storage, whole. `attempt_count` is Correcta's word for the number of copies; the
    grades in it were read at `grades_as_of`. `warnings` may be the first of `warning_count`.
    """

    type: ClassVar[str] = "export.completed.v1"

    format: Format
    attempt: Attempt
    file: StoredFile
    attempt_count: Count
    grades_as_of: UtcTime | None = None
    warnings: Annotated[tuple[Warning, ...], BeforeValidator(_first_warnings)] = ()
    warning_count: Count | None = None
    started_at: UtcTime
    completed_at: UtcTime


class ExportFailed(ExportFact):
    """The export will not be made. `message` is for the teacher, in French; the cause is in the logs."""

    type: ClassVar[str] = "export.failed.v1"

    attempt: Attempt
    code: AnyFailureCode
    message: str
    failed_at: UtcTime


class ExportCancelled(ExportFact):
    """The teacher no longer wants it."""

    type: ClassVar[str] = "export.cancelled.v1"

    cancelled_at: UtcTime


class ExportDownloaded(ExportFact):
    """Somebody fetched the file: its first byte was asked for. `number` counts the downloads of the export from 1;
    `downloaded_by` is a user's id or `service:` and a token's.
    """

    type: ClassVar[str] = "export.downloaded.v1"

    number: int = Field(ge=1, le=LARGEST_COUNT)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    downloaded_by: Id
    downloaded_at: UtcTime


class ExportExpired(ExportFact):
    """The file is gone, by the retention policy. `key` is None where the export never had a file."""

    type: ClassVar[str] = "export.expired.v1"

    key: str | None = None
    expired_at: UtcTime


AnyEvent = (
    ExportRequested
    | ExportStarted
    | ExportProgress
    | ExportCompleted
    | ExportFailed
    | ExportCancelled
    | ExportDownloaded
    | ExportExpired
)

EVENT_TYPES: dict[str, type[AnyEvent]] = {model.type: model for model in get_args(AnyEvent)}
