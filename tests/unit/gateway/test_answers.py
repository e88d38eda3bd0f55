"""An export as the bodies of the HTTP interface."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.base import Wire
from contracts.options import Language
from contracts.states import ExportStatus, FailureCode, Phase, UnknownWord
from services.gateway import answers, sentences
from tests.gateway import a_completed_export, an_export


def wire(body: Wire) -> dict[str, Any]:
    """A body as a client reads it."""
    read: dict[str, Any] = json.loads(body.to_json())
    return read


def test_status_of_a_queued_export_reads_as_correctas_client_expects() -> None:
    assert wire(answers.status(an_export(), None)) == {
        "status": "queued",
        "progress": 0,
        "phase": "queued",
        "processed": 0,
        "total": 0,
        "attempt": 0,
    }


def test_status_of_a_completed_export_carries_the_result() -> None:
    answer = wire(answers.status(a_completed_export(), None))
    assert (answer["progress"], answer["phase"]) == (100, "complete")
    assert answer["result"] == {
        "filename": "Rapport été.pdf",
        "size": 1000,
        "sha256": "ab" * 32,
        "attemptCount": 34,
        "pages": 4,
        "downloadUrl": "/api/exams/exam-1/export/download/Rapport%20%C3%A9t%C3%A9.pdf",
        "expiresAt": "2026-01-20T11:00:00.000Z",
        "warnings": [{"code": "formula_not_drawn", "submissionId": "s1", "message": "Formule illisible"}],
    }
    assert "error" not in answer


def test_status_of_a_failed_export_has_the_renderers_sentence_and_code() -> None:
    export = an_export(status=ExportStatus.FAILED, failure_code=FailureCode.NO_COPIES, failure_message="Rien à faire.")
    answer = wire(answers.status(export, sentences.error_of(export, Language.FR)))
    assert (answer["error"], answer["errorCode"]) == ("Rien à faire.", "no_copies")
    assert sentences.error_of(export, Language.EN) == "There are no copies to export."


def test_an_expired_export_offers_no_result_and_says_why() -> None:
    export = replace(a_completed_export(), status=ExportStatus.EXPIRED)
    answer = wire(answers.status(export, sentences.error_of(export, Language.FR)))
    assert "result" not in answer
    assert answer["errorCode"] == "export_expired"


def test_a_cancelled_export_says_so() -> None:
    export = an_export(status=ExportStatus.CANCELLED)
    assert sentences.error_of(export, Language.EN) == "The export was cancelled."
    assert answers.error_code(export) == "export_cancelled"


def test_a_hostile_name_stays_inside_the_address() -> None:
    assert answers.download_url("a/b?c", "../x#y.pdf") == "/api/exams/a%2Fb%3Fc/export/download/..%2Fx%23y.pdf"


def test_moments_are_written_in_utc_with_z() -> None:
    export = an_export(requested_at=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC))
    assert wire(answers.described(export, None, own=True))["requestedAt"] == "2026-01-02T03:04:05.678Z"


def test_an_entry_of_a_list_begins_with_which_export_it_is_and_ends_with_what_was_asked() -> None:
    entry = wire(answers.listed(an_export(class_ids=("c1",)), None, None))
    assert list(entry) == [
        *("jobId", "examId", "format", "position", "requestedAt"),
        *("status", "progress", "phase", "processed", "total", "attempt"),
        *("own", "options", "classIds", "examTitle"),
    ]
    assert (entry["classIds"], entry["examTitle"], entry["options"]["duplex"]) == (["c1"], None, False)


@pytest.mark.parametrize(
    ("status", "shown"),
    [(status, status) for status in ExportStatus if status not in {ExportStatus.CANCELLED, ExportStatus.EXPIRED}]
    + [(ExportStatus.CANCELLED, ExportStatus.FAILED), (ExportStatus.EXPIRED, ExportStatus.FAILED)],
)
def test_correctas_client_is_told_of_ends_that_it_knows(status: ExportStatus, shown: ExportStatus) -> None:
    export = replace(a_completed_export(), status=status, failure_code=FailureCode.NO_COPIES)
    whole = answers.status(export, sentences.error_of(export, Language.FR))
    told = answers.for_correctas_client(whole)
    assert told == whole.model_copy(update={"status": shown})
    assert (told.error is not None) == (shown is ExportStatus.FAILED)


@pytest.mark.parametrize(
    ("percent", "phase"), [(0, "loading"), (10, "processing"), (79, "processing"), (80, "generating"), (99, "saving")]
)
def test_correctas_client_is_shown_a_phase_that_it_has_a_label_for(percent: int, phase: str) -> None:
    export = an_export(status=ExportStatus.ACTIVE, phase=UnknownWord("sealing"), percent=percent)
    assert answers.status(export, None).phase == "sealing"
    assert answers.for_correctas_client(answers.status(export, None)).phase is Phase(phase)
    known = an_export(status=ExportStatus.ACTIVE, phase=Phase.SAVING, percent=5)
    assert answers.for_correctas_client(answers.status(known, None)).phase is Phase.SAVING


def test_what_is_accepted_names_the_export_and_only_a_direct_download_where_to_follow_it() -> None:
    export = an_export()
    assert wire(answers.accepted(export)) == {"jobId": str(export.id), "status": "queued"}
    base = f"/api/exams/{export.exam_id}/export"
    assert answers.addresses(export) == {
        "jobId": str(export.id),
        "statusUrl": f"{base}/status?jobId={export.id}",
        "eventsUrl": f"{base}/events?jobId={export.id}",
    }
