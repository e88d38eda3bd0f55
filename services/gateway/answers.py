"""An `Export` as the bodies of the HTTP interface (`contracts.http`): start, status, lists, stream events.

Pure. `error` is the sentence for the teacher, in the caller's language; None where there is none.
"""

from typing import assert_never
from urllib.parse import quote

from contracts.http import Accepted, Described, Listed, Result, Status
from contracts.states import PHASE_BEGINS, ExportStatus, Phase
from services.gateway.exports import Export, File
from services.gateway.forecast import Forecast


def base_url(exam_id: str) -> str:
    """The path below which an exam's exports are."""
    return f"/api/exams/{quote(exam_id, safe='')}/export"


def download_url(exam_id: str, filename: str) -> str:
    """The path of an export's file."""
    return f"{base_url(exam_id)}/download/{quote(filename, safe='')}"


def accepted(export: Export) -> Accepted:
    """The body of a 202 to a start request."""
    return Accepted(job_id=export.id, status=ExportStatus.QUEUED)


def addresses(export: Export) -> dict[str, str]:
    """Where to follow an export: what a direct download says that was not done in time."""
    base = base_url(export.exam_id)
    return {
        "jobId": str(export.id),
        "statusUrl": f"{base}/status?jobId={export.id}",
        "eventsUrl": f"{base}/events?jobId={export.id}",
    }


def status(export: Export, error: str | None, forecast: Forecast | None = None) -> Status:
    """The body of `GET .../status`, as Correcta's client reads it."""
    told = forecast if forecast is not None and export.running else None
    completed = export.status is ExportStatus.COMPLETED
    return Status(
        status=export.status,
        progress=100 if completed else export.percent,
        phase=Phase.COMPLETE if completed else export.phase,
        processed=export.processed,
        total=export.total,
        attempt=export.attempt,
        result=_result(export, export.file) if completed and export.file is not None else None,
        error=error,
        error_code=error_code(export) if error is not None else None,
        queue_position=told.position if told and export.status is ExportStatus.QUEUED else None,
        eta_seconds=told.seconds if told else None,
    )


def for_correctas_client(body: Status) -> Status:
    """A status in the words that Correcta's own client knows: it ends on `completed` and `failed`, and on nothing else.

    A phase that it has no label for is told as the one whose percents are the export's.
    """
    ended_otherwise = body.status in {ExportStatus.CANCELLED, ExportStatus.EXPIRED}
    phase = body.phase if isinstance(body.phase, Phase) else _phase_at(body.progress)
    return body.model_copy(update={"status": ExportStatus.FAILED if ended_otherwise else body.status, "phase": phase})


def _phase_at(percent: int) -> Phase:
    begun = [phase for phase, begins in PHASE_BEGINS.items() if percent >= begins]
    return begun[-1]


def error_code(export: Export) -> str | None:
    """The stable code of why there is nothing to download; None while there may be."""
    match export.status:
        case ExportStatus.FAILED:
            return export.failure_code
        case ExportStatus.CANCELLED:
            return "export_cancelled"
        case ExportStatus.EXPIRED:
            return "export_expired"
        case ExportStatus.QUEUED | ExportStatus.ACTIVE | ExportStatus.COMPLETED:
            return None
        case _:
            assert_never(export.status)


def described(export: Export, error: str | None, forecast: Forecast | None = None, *, own: bool) -> Described:
    """A status that says which export it is about: the data of a stream's event. `own`: whether the caller's."""
    return Described(
        own=own,
        job_id=export.id,
        exam_id=export.exam_id,
        format=export.format,
        position=export.position,
        requested_at=export.requested_at,
        **dict(status(export, error, forecast)),
    )


def listed(
    export: Export,
    error: str | None,
    exam_title: str | None,
    *,
    own: bool = True,
    requester: str | None = None,
    forecast: Forecast | None = None,
) -> Listed:
    """An entry of a list of exports; `requester` is the name of the colleague who asked for it."""
    return Listed(
        options=export.options,
        class_ids=list(export.class_ids),
        exam_title=exam_title,
        requested_by_name=requester,
        **dict(described(export, error, forecast, own=own)),
    )


def _result(export: Export, file: File) -> Result:
    return Result(
        filename=file.filename,
        size=file.size,
        sha256=file.sha256,
        attempt_count=export.attempt_count,
        pages=file.pages,
        download_url=download_url(export.exam_id, file.filename),
        expires_at=file.expires_at,
        warnings=list(export.warnings),
    )
