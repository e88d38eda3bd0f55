"""The `Export` record, progress applied to it, and the events the gateway itself publishes about one.

Pure: ids and moments are passed in.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from contracts import positions
from contracts.events import (
    Asked,
    ExportCancelled,
    ExportExpired,
    ExportFailed,
    ExportProgress,
    ExportRequested,
    Identity,
    Warning,
)
from contracts.options import ReportOptions
from contracts.states import RUNNING, AnyFailureCode, AnyPhase, ExportStatus, FailureCode, Format, Phase


@dataclass(frozen=True)
class File:
    """The stored file of a completed export. `pages` is 0 where the format has none."""

    key: str
    filename: str
    size: int
    sha256: str
    content_type: str
    pages: int
    expires_at: datetime | None


@dataclass(frozen=True)
class Export:
    """A row of `exports.export`. `file` is set once completed and kept after expiry, when its bytes are gone;
    `exam_title` is the title at the time of the request, `copies` how many were counted then.
    """

    id: UUID
    institution_id: str
    exam_id: str
    requested_by: str
    format: Format
    options: ReportOptions
    class_ids: tuple[str, ...]
    requested_at: datetime
    exam_title: str | None = None
    copies: int | None = None
    status: ExportStatus = ExportStatus.QUEUED
    phase: AnyPhase = Phase.QUEUED
    percent: int = 0
    processed: int = 0
    total: int = 0
    attempt: int = 0
    sequence: int = 0
    file: File | None = None
    attempt_count: int = 0
    grades_as_of: datetime | None = None
    warnings: tuple[Warning, ...] = field(default=(), repr=False)
    failure_code: AnyFailureCode | None = None
    failure_message: str | None = None

    @property
    def running(self) -> bool:
        """Whether the export has not ended yet."""
        return self.status in RUNNING

    @property
    def position(self) -> int:
        """Where this state stands among all states of the export: the SSE event's `id`."""
        return positions.position(self.status, self.attempt, self.sequence)

    def fingerprint(self) -> str:
        """A sha256 of what was asked: equal for two requests exactly when they ask for the same thing."""
        asked = [self.exam_id, self.format, self.options.model_dump(mode="json"), sorted(set(self.class_ids))]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    @property
    def identity(self) -> Identity:
        """The fields that every event about the export begins with."""
        return Identity(
            export_id=self.id,
            institution_id=self.institution_id,
            exam_id=self.exam_id,
            requested_by=self.requested_by,
        )

    def requested(self) -> ExportRequested:
        """The event that asks renderers for the file."""
        return ExportRequested(
            **self.identity,
            format=self.format,
            options=self.options,
            class_ids=self.class_ids,
            requested_at=self.requested_at,
            exam_title=self.exam_title,
            copies=self.copies,
        )

    @property
    def asked(self) -> Asked:
        """The fields of a fact that say what was asked for."""
        return Asked(
            format=self.format,
            options=self.options.model_dump(mode="json", by_alias=True),
            class_ids=self.class_ids,
            requested_at=self.requested_at,
            exam_title=self.exam_title,
        )


def with_progress(export: Export, event: ExportProgress) -> Export:
    """The export after a progress event; the same object where the event is old or the export has ended.

    Within an attempt no counter decreases, even when two renderers work on it at once.
    """
    if not export.running or (event.attempt, event.sequence) <= (export.attempt, export.sequence):
        return export
    same = export.attempt == event.attempt
    return replace(
        export,
        status=ExportStatus.ACTIVE,
        phase=event.phase,
        percent=max(export.percent, event.percent) if same else event.percent,
        processed=max(export.processed, event.processed) if same else event.processed,
        total=event.total,
        attempt=event.attempt,
        sequence=event.sequence,
    )


def failed(export: Export, code: FailureCode, message: str, now: datetime, *, attempt: int = 1) -> ExportFailed:
    """The event that ends an export no renderer will end; `attempt` never falls below the export's own."""
    return ExportFailed(
        **export.identity, attempt=max(1, attempt, export.attempt), code=code, message=message, failed_at=now
    )


def cancelled(export: Export, now: datetime) -> ExportCancelled:
    """The event that ends an export its teacher no longer wants."""
    return ExportCancelled(**export.identity, cancelled_at=now)


def expired(export: Export, now: datetime) -> ExportExpired:
    """The event that expires an export, with its file if it had one."""
    return ExportExpired(**export.identity, key=export.file.key if export.file else None, expired_at=now)
