"""An export: what it was asked, how progress changes it, the events about it."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.events import ExportProgress
from contracts.options import Audience, ReportOptions
from contracts.states import FailureCode, Format, Phase
from services.gateway import exports
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


def test_the_events_the_gateway_publishes_itself_bear_the_exports_identity() -> None:
    export = an_export(attempt=2)
    events = [
        exports.failed(export, FailureCode.TIMED_OUT, "Trop tard.", AS_OF),
        exports.cancelled(export, AS_OF),
        exports.expired(export, AS_OF),
    ]
    assert all(event.identity == export.identity == export.requested().identity for event in events)
    assert exports.failed(export, FailureCode.TIMED_OUT, "Trop tard.", AS_OF, attempt=1).attempt == 2
    assert exports.failed(an_export(), FailureCode.TIMED_OUT, "Trop tard.", AS_OF, attempt=0).attempt == 1


def progress(attempt: int, sequence: int, percent: int, processed: int) -> ExportProgress:
    return an_export_progress(
        attempt=attempt, sequence=sequence, percent=percent, processed=processed, phase=Phase.PROCESSING
    )


events = st.builds(progress, st.integers(1, 3), st.integers(0, 20), st.integers(0, 100), st.integers(0, 10))


@given(st.lists(events))
def test_progress_in_any_order_never_counts_backwards_within_an_attempt(items: list[ExportProgress]) -> None:
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


def test_progress_after_the_end_changes_nothing() -> None:
    export = a_completed_export()
    assert exports.with_progress(export, progress(9, 9, 9, 9)) is export
