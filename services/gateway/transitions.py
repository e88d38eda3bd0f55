"""The one transition function of an export. The first end wins; what comes later, twice or out of order is dropped."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.events import (
    AnyEvent,
    ExportCancelled,
    ExportCompleted,
    ExportExpired,
    ExportFailed,
    ExportProgress,
)
from contracts.states import ENDED, RUNNING, ExportStatus


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
