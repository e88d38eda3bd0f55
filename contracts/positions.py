"""Positions: one number that orders all states and events of one export. It is an SSE event's `id` and the CloudEvents
attribute `sequence`, so that what a reader has seen never goes back.
"""

from typing import assert_never

from contracts.events import (
    AnyEvent,
    ExportCancelled,
    ExportCompleted,
    ExportDownloaded,
    ExportExpired,
    ExportFailed,
    ExportProgress,
    ExportRequested,
    ExportStarted,
)
from contracts.states import ExportStatus

STARTED_POSITION = 1
"""Above the queue, below every step of an attempt."""

STEPS_PER_ATTEMPT = 1_000_000
END_POSITION = 1_000_000_000_000
"""Above every running position of an attempt that a message may name."""

EXPIRY_POSITION = 2 * END_POSITION
"""Above what happens to a file between its completion and its expiry; JavaScript counts exactly far beyond it."""


def position(status: ExportStatus, attempt: int, sequence: int) -> int:
    """Where a state stands among all states of its export: 0 when queued, rising with attempt and sequence, ends last.

    A sequence beyond an attempt's steps stays at its last step rather than enter the next attempt.
    """
    match status:
        case ExportStatus.QUEUED:
            return 0
        case ExportStatus.ACTIVE:
            return min(attempt * STEPS_PER_ATTEMPT + min(sequence + 1, STEPS_PER_ATTEMPT - 1), END_POSITION - 1)
        case ExportStatus.EXPIRED:
            return EXPIRY_POSITION
        case ExportStatus.COMPLETED | ExportStatus.FAILED | ExportStatus.CANCELLED:
            return END_POSITION
        case _:
            assert_never(status)


def position_of(event: AnyEvent) -> int:
    """Where the state that an event tells of stands."""
    match event:
        case ExportRequested():
            return position(ExportStatus.QUEUED, 0, 0)
        case ExportStarted():
            return STARTED_POSITION
        case ExportProgress(attempt=attempt, sequence=sequence):
            return position(ExportStatus.ACTIVE, attempt, sequence)
        case ExportCompleted() | ExportFailed() | ExportCancelled():
            return END_POSITION
        case ExportDownloaded(number=number):
            return min(END_POSITION + number, EXPIRY_POSITION - 1)
        case ExportExpired():
            return EXPIRY_POSITION
        case _:
            assert_never(event)
