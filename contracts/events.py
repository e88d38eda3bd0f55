"""The events of an export's life. Past tense, references only, never a document's bytes; additive change only."""

from typing import ClassVar, TypedDict, get_args
from uuid import UUID

from pydantic import Field

from contracts.base import UtcTime, Wire
from contracts.options import ReportOptions
from contracts.states import AnyFailureCode, AnyPhase, AnyWarningCode, Format


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

    institution_id: str
    exam_id: str
    requested_by: str

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
    """A teacher asked for an export. `class_ids` empty means every class of the exam."""

    type: ClassVar[str] = "export.requested.v1"

    format: Format
    options: ReportOptions = ReportOptions()
    class_ids: tuple[str, ...] = ()
    requested_at: UtcTime


class ExportProgress(Event):
    """How far a renderer is. `sequence` grows by at least one per event within an attempt; `processed` counts copies
    really rendered.
    """

    type: ClassVar[str] = "export.progress.v1"

    attempt: int = Field(ge=1)
    sequence: int = Field(ge=0)
    phase: AnyPhase
    percent: int = Field(ge=0, le=100)
    processed: int = Field(ge=0)
    total: int = Field(ge=0)
    at: UtcTime


class StoredFile(Wire):
    """A whole file in storage. `key` was made by storage; `sha256` is lowercase hex; `size` is in bytes; `pages` is 0
    where a format has none.
    """

    key: str
    filename: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    content_type: str
    pages: int = Field(default=0, ge=0)
    expires_at: UtcTime | None = None


class Warning(Wire):
    """Something that went less than perfectly. `submission_id` is None where it concerns the whole export."""

    code: AnyWarningCode
    submission_id: str | None = None
    message: str


class ExportCompleted(ExportEvent):
    """The file is in storage, whole. `attempt_count` is Correcta's word for the number of copies."""

    type: ClassVar[str] = "export.completed.v1"

    format: Format
    attempt: int = Field(ge=1)
    file: StoredFile
    attempt_count: int = Field(ge=0)
    warnings: tuple[Warning, ...] = ()
    started_at: UtcTime
    completed_at: UtcTime


class ExportFailed(ExportEvent):
    """The export will not be made. `message` is for the teacher, in French; the cause is in the logs."""

    type: ClassVar[str] = "export.failed.v1"

    attempt: int = Field(ge=1)
    code: AnyFailureCode
    message: str
    failed_at: UtcTime


class ExportCancelled(ExportEvent):
    """The teacher no longer wants it."""

    type: ClassVar[str] = "export.cancelled.v1"

    cancelled_at: UtcTime


class ExportExpired(ExportEvent):
    """The file is gone, by the retention policy. `key` is None where the export never had a file."""

    type: ClassVar[str] = "export.expired.v1"

    key: str | None = None
    expired_at: UtcTime


AnyEvent = ExportRequested | ExportProgress | ExportCompleted | ExportFailed | ExportCancelled | ExportExpired

EVENT_TYPES: dict[str, type[AnyEvent]] = {model.type: model for model in get_args(AnyEvent)}
