"""The events that tell everybody of an export: made from its row, told once, each always under the same id. Pure."""

from uuid import UUID, uuid5

from contracts.events import (
    AnyEvent,
    ExportCancelled,
    ExportCompleted,
    ExportExpired,
    ExportFailed,
    StoredFile,
    Warning,
)
from services.gateway import sentences
from services.gateway.exports import Export

Outcome = ExportCompleted | ExportFailed | ExportCancelled | ExportExpired
"""How an export, or its file, ends."""


def event_id(event: AnyEvent) -> UUID:
    """The CloudEvents id of an event. It follows from export and type, as no export has two events of one type: a
    request that is published again has the id it had.
    """
    return uuid5(event.export_id, event.type)


def told(export: Export, outcome: Outcome) -> Outcome:
    """The event of an end that the row has by now: its file is the row's, and its warnings quote nothing."""
    match outcome:
        case ExportCompleted() if export.file is not None:
            return ExportCompleted(
                **export.identity,
                format=export.format,
                attempt=outcome.attempt,
                file=StoredFile(**vars(export.file)),
                attempt_count=export.attempt_count,
                warnings=tuple(map(_told_warning, export.warnings)),
                started_at=outcome.started_at,
                completed_at=outcome.completed_at,
            )
        case _:
            return outcome


def _told_warning(warning: Warning) -> Warning:
    return warning.model_copy(update={"message": sentences.warning(warning.code)})
