"""An export as the gateway knows it: a request made into a record and an event, news applied, the answers about it.

Pure: ids and moments are passed in. An answer speaks Correcta's words (`jobId`, `attemptCount`).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from contracts.base import UtcTime
from contracts.events import ExportProgress, ExportRequested, Warning
from contracts.options import ReportOptions
from contracts.states import RUNNING, ExportStatus, FailureCode, Format, Phase
from services.gateway import transitions


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
    """One export. `file` is there once completed, and stays after expiry as a memory of what there was."""

    id: UUID
    institution_id: str
    exam_id: str
    requested_by: str
    format: Format
    options: ReportOptions
    class_ids: tuple[str, ...]
    requested_at: datetime
    status: ExportStatus = ExportStatus.QUEUED
    phase: Phase = Phase.QUEUED
    percent: int = 0
    processed: int = 0
    total: int = 0
    attempt: int = 0
    sequence: int = 0
    file: File | None = None
    attempt_count: int = 0
    warnings: tuple[Warning, ...] = field(default=(), repr=False)
    failure_code: FailureCode | None = None
    failure_message: str | None = None

    @property
    def running(self) -> bool:
        """Whether more news is to come."""
        return self.status in RUNNING

    @property
    def position(self) -> int:
        """Where this state stands among all states of the export."""
        return transitions.position(self.status, self.attempt, self.sequence)

    def fingerprint(self) -> str:
        """The same for two requests exactly when they ask for the same thing."""
        asked = [self.exam_id, self.format, self.options.model_dump(mode="json"), sorted(set(self.class_ids))]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def requested(self) -> ExportRequested:
        """The event that sets renderers to work."""
        return ExportRequested(
            export_id=self.id,
            institution_id=self.institution_id,
            exam_id=self.exam_id,
            requested_by=self.requested_by,
            format=self.format,
            options=self.options,
            class_ids=self.class_ids,
            requested_at=self.requested_at,
        )


def with_progress(export: Export, news: ExportProgress) -> Export:
    """The export after a renderer's news; unchanged where they are old or the export has ended.

    Within an attempt nothing counts backwards, even when two renderers work on the same one.
    """
    if not export.running or (news.attempt, news.sequence) <= (export.attempt, export.sequence):
        return export
    same = export.attempt == news.attempt
    return replace(
        export,
        status=ExportStatus.ACTIVE,
        phase=news.phase,
        percent=max(export.percent, news.percent) if same else news.percent,
        processed=max(export.processed, news.processed) if same else news.processed,
        total=news.total,
        attempt=news.attempt,
        sequence=news.sequence,
    )


def download_url(exam_id: str, filename: str) -> str:
    """Where the browser gets the file."""
    return f"/api/exams/{quote(exam_id, safe='')}/export/download/{quote(filename, safe='')}"


def addresses(export: Export) -> dict[str, str]:
    """Where to follow an export."""
    base = f"/api/exams/{quote(export.exam_id, safe='')}/export"
    return {"statusUrl": f"{base}/status?jobId={export.id}", "eventsUrl": f"{base}/events?jobId={export.id}"}


def status_answer(export: Export, error: str | None) -> dict[str, Any]:
    """The body of `GET .../status`, as Correcta's client reads it. `error` is the sentence for the teacher, if any."""
    answer: dict[str, Any] = {
        "status": export.status,
        "progress": 100 if export.status is ExportStatus.COMPLETED else export.percent,
        "phase": Phase.COMPLETE if export.status is ExportStatus.COMPLETED else export.phase,
        "processed": export.processed,
        "total": export.total,
        "attempt": export.attempt,
    }
    if export.status is ExportStatus.COMPLETED and export.file is not None:
        answer["result"] = _result(export, export.file)
    if error is not None:
        answer["error"] = error
        answer["errorCode"] = error_code(export)
    return answer


def error_code(export: Export) -> str | None:
    """The stable word for why there is nothing to download; None while there may be."""
    if export.status is ExportStatus.FAILED:
        return export.failure_code
    return {ExportStatus.CANCELLED: "export_cancelled", ExportStatus.EXPIRED: "export_expired"}.get(export.status)


def described(export: Export, error: str | None) -> dict[str, Any]:
    """A status answer that says which export it is about, for lists and streams."""
    return {
        "jobId": str(export.id),
        "examId": export.exam_id,
        "format": export.format,
        "position": export.position,
        "requestedAt": _iso(export.requested_at),
        **status_answer(export, error),
    }


def listed(export: Export, error: str | None) -> dict[str, Any]:
    """An entry of a list of exports: described, with what was asked."""
    return {
        **described(export, error),
        "options": export.options.model_dump(mode="json", by_alias=True),
        "classIds": list(export.class_ids),
    }


def _result(export: Export, file: File) -> dict[str, Any]:
    return {
        "filename": file.filename,
        "size": file.size,
        "sha256": file.sha256,
        "attemptCount": export.attempt_count,
        "pages": file.pages,
        "downloadUrl": download_url(export.exam_id, file.filename),
        "expiresAt": _iso(file.expires_at) if file.expires_at else None,
        "warnings": _warnings(export.warnings),
    }


def _warnings(warnings: Sequence[Warning]) -> list[dict[str, Any]]:
    return [warning.model_dump(mode="json", by_alias=True) for warning in warnings]


def _iso(moment: UtcTime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
