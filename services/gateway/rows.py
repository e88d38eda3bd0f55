"""Maps rows of `exports.export` to `Export` records, and completion events to the columns of a row."""

import json
from typing import Any

import asyncpg

from contracts.events import ExportCompleted, Warning
from contracts.options import ReportOptions
from contracts.states import ExportStatus, FailureCode, Format, Phase, word_in
from services.gateway.exports import Export, File


def completion(event: ExportCompleted) -> tuple[Any, ...]:
    """The parameters that the statement `complete` takes from an event, in its order."""
    file = event.file
    warnings = json.dumps([warning.model_dump(mode="json", by_alias=True) for warning in event.warnings])
    return (
        event.attempt,
        file.key,
        file.filename,
        file.size,
        file.sha256,
        file.content_type,
        file.pages,
        file.expires_at,
        warnings,
        event.attempt_count,
        event.grades_as_of,
    )


def export_of(row: asyncpg.Record) -> Export:
    """The export a row of `exports.export` holds."""
    return Export(
        id=row["id"],
        institution_id=row["institution_id"],
        exam_id=row["exam_id"],
        requested_by=row["requested_by"],
        format=Format(row["format"]),
        options=ReportOptions.model_validate_json(row["options"]),
        class_ids=tuple(row["class_ids"]),
        requested_at=row["requested_at"],
        exam_title=row["exam_title"],
        copies=row["copies"],
        status=ExportStatus(row["status"]),
        phase=word_in(Phase, row["phase"]),
        percent=row["percent"],
        processed=row["processed"],
        total=row["total"],
        attempt=row["attempt"],
        sequence=row["sequence"],
        file=_file(row),
        attempt_count=row["attempt_count"] or 0,
        grades_as_of=row["grades_as_of"],
        warnings=tuple(Warning.model_validate(item) for item in json.loads(row["warnings"])),
        failure_code=word_in(FailureCode, row["failure_code"]) if row["failure_code"] else None,
        failure_message=row["failure_message"],
    )


def _file(row: asyncpg.Record) -> File | None:
    if row["file_key"] is None:
        return None
    return File(
        key=row["file_key"],
        filename=row["filename"],
        size=row["file_size"],
        sha256=row["file_sha256"],
        content_type=row["content_type"],
        pages=row["pages"],
        expires_at=row["expires_at"],
    )
