"""The events that tell everybody of an export: made from its row, told once, each always under the same id. Pure."""

from datetime import datetime
from uuid import UUID, uuid5

from contracts.events import (
    MOST_TOLD_WARNINGS,
    AnyEvent,
    ExportCancelled,
    ExportCompleted,
    ExportDownloaded,
    ExportExpired,
    ExportFailed,
    ExportStarted,
    StoredFile,
    Warning,
)
from services.gateway import sentences
from services.gateway.exports import Export, File

Outcome = ExportCompleted | ExportFailed | ExportCancelled | ExportExpired
"""How an export, or its file, ends."""


def event_id(event: AnyEvent) -> UUID:
    """The CloudEvents id of an event. It follows from export and type, as no export has two events of one type but for
    its downloads, which are numbered: a request that is published again has the id it had.
    """
    number = f" {event.number}" if isinstance(event, ExportDownloaded) else ""
    return uuid5(event.export_id, event.type + number)


def started(export: Export, attempt: int, at: datetime) -> ExportStarted:
    """The event that a renderer has begun."""
    return ExportStarted(**export.identity, **export.asked, attempt=attempt, started_at=at)


def downloaded(export: Export, file: File, number: int, by: str, at: datetime) -> ExportDownloaded:
    """The event of the export's nth download."""
    return ExportDownloaded(
        **export.identity, **export.asked, number=number, sha256=file.sha256, downloaded_by=by, downloaded_at=at
    )


def told(export: Export, outcome: Outcome) -> Outcome:
    """The event of an end that the row has by now: its file and what was asked for are the row's, and its warnings, the
    first few, quote nothing.
    """
    match outcome:
        case ExportCompleted() if export.file is not None:
            return ExportCompleted(
                **export.identity,
                **export.asked,
                attempt=outcome.attempt,
                file=StoredFile(**vars(export.file)),
                attempt_count=export.attempt_count,
                grades_as_of=export.grades_as_of,
                warnings=tuple(map(_told_warning, export.warnings[:MOST_TOLD_WARNINGS])),
                warning_count=len(export.warnings),
                started_at=outcome.started_at,
                completed_at=outcome.completed_at,
            )
        case _:
            return outcome.model_copy(update=dict(export.asked))


def _told_warning(warning: Warning) -> Warning:
    return warning.model_copy(update={"message": sentences.warning(warning.code)})
