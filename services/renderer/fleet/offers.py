"""What this renderer knows of the others, and what it offered them. State only: no input or output."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from contracts.shards import (
    AnyFleetMessage,
    HelperReady,
    ShardEnded,
    ShardOffered,
    ShardOutcome,
    ShardTaken,
)

SILENT_SECONDS = 12.0
"""A renderer that said nothing for so long is gone, or cut off: it says something every `ANNOUNCE_SECONDS`."""

ANNOUNCE_SECONDS = 4.0

FLEET_SECONDS = 60.0
"""Since another renderer was last heard: for so long results are shared."""

GAVE_UP = "delivery_limit"
"""The broker's reason for a shard that two renderers did not survive. Any other is no fault of the shard."""


@dataclass
class Offer:
    """A shard that was offered, and what is known of it. `changed` is set whenever that changes."""

    changed: asyncio.Event
    shard_id: UUID = field(default_factory=uuid4)
    begun: float = field(default_factory=time.monotonic)
    helper: UUID | None = None
    taken_at: float = 0.0
    outcome: ShardOutcome | None = None

    def end(self, outcome: ShardOutcome) -> None:
        """Note how it ended; the first word counts."""
        if self.outcome is None:
            self.outcome = outcome
            self.changed.set()


@dataclass(frozen=True)
class _Other:
    heard_at: float
    workers: int


class Offers:
    """Other renderers that draw alike, by when they were last heard and how many workers they lend; and open offers."""

    def __init__(self, own: UUID, fingerprint: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._own, self._fingerprint, self._clock = own, fingerprint, clock
        self._others: dict[UUID, _Other] = {}
        self._offers: dict[UUID, Offer] = {}
        self.on_ready: Callable[[], None] = lambda: None
        """Called when another renderer lends workers."""

    @property
    def lent(self) -> int:
        """Workers that others lend at the moment, those that are at a shard of ours among them."""
        now = self._clock()
        return sum(other.workers for other in self._others.values() if now - other.heard_at < SILENT_SECONDS)

    @property
    def is_fleet(self) -> bool:
        """Whether there were others a moment ago."""
        now = self._clock()
        return any(now - other.heard_at < FLEET_SECONDS for other in self._others.values())

    def is_silent(self, other: UUID) -> bool:
        """Whether a renderer is gone, as far as can be told."""
        known = self._others.get(other)
        return known is None or self._clock() - known.heard_at >= SILENT_SECONDS

    def add(self, offer: Offer) -> None:
        """Hear of this offer from now on."""
        self._offers[offer.shard_id] = offer

    def remove(self, offer: Offer) -> None:
        """Hear no more of it."""
        self._offers.pop(offer.shard_id, None)

    def hear(self, message: AnyFleetMessage, given_up: str | None) -> None:
        """Note what another renderer said, or that the broker gave up a shard, and why."""
        if given_up is not None:
            self._give_up(message, given_up)
        elif message.sender == self._own:
            return
        match message:
            case HelperReady(fingerprint=self._fingerprint):
                self._note(message.sender, message.workers)
                self.on_ready()
            case ShardTaken():
                self._touch(message.sender)
                offer = self._offers.get(message.shard_id)
                if offer is not None and offer.outcome is None:
                    offer.helper, offer.taken_at = message.sender, self._clock()
                    offer.changed.set()
            case ShardEnded():
                self._touch(message.sender)
                offer = self._offers.get(message.shard_id)
                if offer is not None:
                    offer.end(message.outcome)

    def _give_up(self, message: AnyFleetMessage, reason: str) -> None:
        offer = self._offers.get(message.shard_id) if isinstance(message, ShardOffered) else None
        if offer is not None:
            offer.end(ShardOutcome.SUSPECT if reason == GAVE_UP else ShardOutcome.RETURNED)

    def _note(self, other: UUID, workers: int) -> None:
        now = self._clock()
        self._others = {key: each for key, each in self._others.items() if now - each.heard_at < FLEET_SECONDS}
        self._others[other] = _Other(now, workers)

    def _touch(self, other: UUID) -> None:
        known = self._others.get(other)
        self._note(other, known.workers if known else 1)
