"""An export and what is said about it."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from contracts.events import ExportProgress
from contracts.options import Audience, Language, ReportOptions
from contracts.states import ExportStatus, FailureCode, Format, Phase
from services.gateway import exports, sentences
from tests.builders import AS_OF, an_export_progress
from tests.gateway import a_completed_export, an_export


def test_the_request_becomes_the_event_that_sets_renderers_to_work() -> None:
    export = an_export(class_ids=("c1",), options=ReportOptions(audience=Audience.JURY))
    event = export.requested()
    assert (event.export_id, event.exam_id, event.class_ids) == (export.id, "exam-1", ("c1",))
    assert event.options.audience is Audience.JURY
    assert event.requested_at == AS_OF


def test_a_fingerprint_is_the_same_exactly_for_the_same_request() -> None:
    one = an_export(class_ids=("a", "b"))
    assert one.fingerprint() == an_export(class_ids=("b", "a", "a")).fingerprint()
    others = [
        an_export(class_ids=("a",)),
        an_export(class_ids=("a", "b"), exam_id="exam-2"),
        an_export(class_ids=("a", "b"), format=Format.ZIP),
        an_export(class_ids=("a", "b"), options=ReportOptions(duplex=True)),
    ]
    assert len({one.fingerprint(), *(other.fingerprint() for other in others)}) == 5


def test_status_of_a_queued_export_reads_as_correctas_client_expects() -> None:
    assert exports.status_answer(an_export(), None) == {
        "status": "queued",
        "progress": 0,
        "phase": "queued",
        "processed": 0,
        "total": 0,
        "attempt": 0,
    }


def test_status_of_a_completed_export_carries_the_result() -> None:
    answer = exports.status_answer(a_completed_export(), None)
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
    answer = exports.status_answer(export, sentences.error_of(export, Language.FR))
    assert (answer["error"], answer["errorCode"]) == ("Rien à faire.", "no_copies")
    assert sentences.error_of(export, Language.EN) == "There are no copies to export."


def test_an_expired_export_offers_no_result_and_says_why() -> None:
    export = replace(a_completed_export(), status=ExportStatus.EXPIRED)
    answer = exports.status_answer(export, sentences.error_of(export, Language.FR))
    assert "result" not in answer
    assert answer["errorCode"] == "export_expired"


def test_a_cancelled_export_says_so() -> None:
    export = an_export(status=ExportStatus.CANCELLED)
    assert sentences.error_of(export, Language.EN) == "The export was cancelled."
    assert exports.error_code(export) == "export_cancelled"


def test_a_hostile_name_stays_inside_the_address() -> None:
    assert exports.download_url("a/b?c", "../x#y.pdf") == "/api/exams/a%2Fb%3Fc/export/download/..%2Fx%23y.pdf"


def test_moments_are_written_in_utc_with_z() -> None:
    export = an_export(requested_at=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC))
    assert exports.described(export, None)["requestedAt"] == "2026-01-02T03:04:05.678Z"


def progress(attempt: int, sequence: int, percent: int, processed: int) -> ExportProgress:
    return an_export_progress(
        attempt=attempt, sequence=sequence, percent=percent, processed=processed, phase=Phase.PROCESSING
    )


news = st.builds(progress, st.integers(1, 3), st.integers(0, 20), st.integers(0, 100), st.integers(0, 10))


@given(st.lists(news))
def test_news_in_any_order_never_count_backwards_within_an_attempt(items: list[ExportProgress]) -> None:
    export = an_export()
    for item in items:
        after = exports.with_progress(export, item)
        if after is not export:
            assert after.position > export.position
        if after.attempt == export.attempt:
            assert after.percent >= export.percent
            assert after.processed >= export.processed
        export = after
    if items:
        assert (export.attempt, export.sequence) == max((item.attempt, item.sequence) for item in items)


def test_a_new_attempt_starts_again() -> None:
    export = exports.with_progress(an_export(), progress(1, 9, 80, 8))
    assert exports.with_progress(export, progress(2, 0, 0, 0)).percent == 0


def test_news_after_the_end_change_nothing() -> None:
    export = a_completed_export()
    assert exports.with_progress(export, progress(9, 9, 9, 9)) is export
