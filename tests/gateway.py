"""Builders of the gateway's own values, as `tests.builders` makes those that cross a process boundary."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from contracts.events import ExportCancelled, ExportExpired, Warning
from contracts.options import ReportOptions
from contracts.states import ExportStatus, Format, WarningCode
from services.gateway import exports
from services.gateway.exports import Export, File
from tests.builders import AS_OF


def an_export(**overrides: Any) -> Export:
    """A queued PDF export of `exam-1`, with an id of its own."""
    values: dict[str, Any] = {
        "id": uuid4(),
        "institution_id": "inst-1",
        "exam_id": "exam-1",
        "requested_by": "user-1",
        "format": Format.PDF,
        "options": ReportOptions(),
        "class_ids": (),
        "requested_at": AS_OF,
    }
    return Export(**(values | overrides))


def a_file(**overrides: Any) -> File:
    """A stored PDF with an accent in its name."""
    values: dict[str, Any] = {
        "key": "k/1",
        "filename": "Rapport été.pdf",
        "size": 1000,
        "sha256": "ab" * 32,
        "content_type": "application/pdf",
        "pages": 4,
        "expires_at": AS_OF + timedelta(hours=1),
    }
    return File(**(values | overrides))


def a_completed_export(**overrides: Any) -> Export:
    """An export of 34 copies that ended well, with one warning."""
    values: dict[str, Any] = {
        "status": ExportStatus.COMPLETED,
        "percent": 95,
        "attempt": 1,
        "attempt_count": 34,
        "file": a_file(),
        "warnings": (Warning(code=WarningCode.FORMULA_NOT_DRAWN, submission_id="s1", message="Formule illisible"),),
    }
    return an_export(**(values | overrides))


def cancelled(export: Export) -> ExportCancelled:
    """The cancellation of an export."""
    return exports.cancelled(export, AS_OF)


def expired(export: Export, key: str | None = None) -> ExportExpired:
    """The expiry of an export's file."""
    return ExportExpired(**export.identity, key=key, expired_at=AS_OF)
