"""The one transition function of an export. The first end wins; whatever comes later, twice or out of order is dropped.

Positions order all states of one export, so that what a client is sent never goes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from contracts.events import (
    AnyEvent,
    ExportCancelled,
    ExportCompleted,
    ExportExpired,
    ExportFailed,
    ExportProgress,
)
from contracts.states import ENDED, RUNNING, ExportStatus

STEPS_PER_ATTEMPT = 1_000_000
END_POSITION = 1_000_000_000_000
"""Above every running position; JavaScript still counts exactly up to nine thousand times this."""


@dataclass(frozen=True)
class Transition:
    """The statuses an event applies to, and the one it leads to."""

    sources: frozenset[ExportStatus]
    target: ExportStatus


TRANSITIONS: Mapping[type[AnyEvent], Transition] = {
    ExportProgress: Transition(RUNNING, ExportStatus.ACTIVE),
    ExportCompleted: Transition(RUNNING, ExportStatus.COMPLETED),
    ExportFailed: Transition(RUNNING, ExportStatus.FAILED),
    ExportCancelled: Transition(RUNNING, ExportStatus.CANCELLED),
    ExportExpired: Transition(ENDED, ExportStatus.EXPIRED),
}


def advance(status: ExportStatus, event: AnyEvent) -> ExportStatus | None:
    """The status after an event; None where the event comes too late or means nothing to an existing export."""
    transition = TRANSITIONS.get(type(event))
    if transition is None or status not in transition.sources:
        return None
    return transition.target


def sources(event: type[AnyEvent]) -> list[str]:
    """The statuses an event applies to, as the guard of the statement that writes its effect."""
    return sorted(TRANSITIONS[event].sources)


def position(status: ExportStatus, attempt: int, sequence: int) -> int:
    """Where a state stands among all states of its export: 0 when queued, rising with attempt and sequence, ends last.

    It is the SSE `id:`. A sequence beyond an attempt's steps stays at its last step rather than enter the next attempt.
    """
    match status:
        case ExportStatus.QUEUED:
            return 0
        case ExportStatus.ACTIVE:
            return attempt * STEPS_PER_ATTEMPT + min(sequence + 1, STEPS_PER_ATTEMPT - 1)
        case ExportStatus.EXPIRED:
            return END_POSITION + 1
        case ExportStatus.COMPLETED | ExportStatus.FAILED | ExportStatus.CANCELLED:
            return END_POSITION
        case _:
            assert_never(status)
