"""The transition function, checked against every status, every event and every order of events."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.events import AnyEvent, ExportCancelled, ExportExpired
from contracts.positions import END_POSITION, STEPS_PER_ATTEMPT, position
from contracts.states import ENDED, RUNNING, ExportStatus
from services.gateway.transitions import advance, sources
from tests.builders import (
    AS_OF,
    an_export_completed,
    an_export_failed,
    an_export_progress,
    an_export_requested,
)

CANCELLED = ExportCancelled(
    export_id=an_export_requested().export_id,
    institution_id="inst-1",
    exam_id="exam-1",
    requested_by="user-1",
    cancelled_at=AS_OF,
)
EXPIRED = ExportExpired(
    export_id=CANCELLED.export_id, institution_id="inst-1", exam_id="exam-1", requested_by="user-1", expired_at=AS_OF
)
EVENTS: list[AnyEvent] = [
    an_export_requested(),
    an_export_progress(),
    an_export_completed(),
    an_export_failed(),
    CANCELLED,
    EXPIRED,
]


def run(events: list[AnyEvent]) -> list[ExportStatus]:
    statuses = [ExportStatus.QUEUED]
    for event in events:
        after = advance(statuses[-1], event)
        if after is not None:
            statuses.append(after)
    return statuses


def test_a_running_export_becomes_active_with_progress_and_ends_with_an_outcome() -> None:
    for running in RUNNING:
        assert advance(running, an_export_progress()) is ExportStatus.ACTIVE
        assert advance(running, an_export_completed()) is ExportStatus.COMPLETED
        assert advance(running, an_export_failed()) is ExportStatus.FAILED
        assert advance(running, CANCELLED) is ExportStatus.CANCELLED


def test_nothing_but_expiry_follows_an_end_and_nothing_follows_expiry() -> None:
    for ended in ENDED:
        assert [advance(ended, event) for event in EVENTS] == [None] * 5 + [ExportStatus.EXPIRED]
    assert [advance(ExportStatus.EXPIRED, event) for event in EVENTS] == [None] * 6


def test_only_an_end_expires() -> None:
    assert all(advance(running, EXPIRED) is None for running in RUNNING)


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_any_order_of_events_reaches_at_most_one_end_and_the_first_one_wins(events: list[AnyEvent]) -> None:
    reached = run(events)
    assert sum(status in ENDED for status in reached) <= 1
    ends = [event for event in events if advance(ExportStatus.QUEUED, event) in ENDED]
    if ends:
        assert advance(ExportStatus.QUEUED, ends[0]) in reached


@given(st.sampled_from(list(ExportStatus)), st.sampled_from(EVENTS[1:]))
def test_the_guard_of_a_statement_is_the_function_itself(status: ExportStatus, event: AnyEvent) -> None:
    assert (status in sources(type(event))) == (advance(status, event) is not None)


attempts = st.integers(1, 1000)
sequences = st.integers(0, 10 * STEPS_PER_ATTEMPT)


@given(attempts, sequences, attempts, sequences)
def test_positions_rise_with_attempt_and_sequence(a: int, i: int, b: int, j: int) -> None:
    first, second = position(ExportStatus.ACTIVE, a, i), position(ExportStatus.ACTIVE, b, j)
    if a < b:
        assert first < second
    if a == b and i < j < STEPS_PER_ATTEMPT - 2:
        assert first < second
    assert 0 == position(ExportStatus.QUEUED, 0, 0) < first < END_POSITION


def test_ends_come_after_every_step_and_expiry_after_every_end() -> None:
    assert {position(end, 1, 5) for end in ENDED} == {END_POSITION}
    assert position(ExportStatus.EXPIRED, 1, 5) > END_POSITION
