"""The hub between changes of exports and the SSE streams that follow them. It keeps, for each subscription, at most one
state of each export (decision 0015): a slow reader gets the latest, never a backlog, and delays no other reader.

A change may be lost on its way here: only the row is certain, which is why every stream starts with one.
"""

import asyncio
import random
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TypeVar
from uuid import UUID

from contracts.events import ExportProgress
from services.gateway.errors import StreamsFull, TooManyStreams
from services.gateway.exports import Export, with_progress
from services.gateway.selection import ExamKey, Owner, Selection, keys_of

Key = TypeVar("Key")

PROGRESS_CACHE_SIZE = 1_000
"""Exports whose latest progress is kept for subscriptions to come; a row is written within a second."""


CATCH_UP = timedelta(seconds=60)
"""How far back to read changes that notifications may have missed: well over the time between two readings."""

CLOSING_STEP_SECONDS = 0.05


@dataclass(frozen=True)
class Change:
    """An export as it is now, and since when that is known."""

    export: Export
    since: datetime


@dataclass(frozen=True)
class StreamLimits:
    """How many streams may be open at once."""

    per_user: int = 10
    per_institution: int = 200
    per_process: int = 10_000


@dataclass(eq=False)
class Subscription:
    """The states one stream has been given, and which of them it has not sent yet. Read only by that stream."""

    selection: Selection | None = None
    known: dict[UUID, Export] = field(default_factory=dict)
    _unsent: dict[UUID, datetime] = field(default_factory=dict)
    _wakeup: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def apply_row(self, export: Export) -> None:
        """Take the state of a row, unless a later one is known."""
        before = self.known.get(export.id)
        if before is None or export.position > before.position:
            self._changed(export, datetime.now(UTC))

    def apply_progress(self, event: ExportProgress) -> None:
        """Apply a progress event to an export that is known here."""
        before = self.known.get(event.export_id)
        if before is not None and (after := with_progress(before, event)) is not before:
            self._changed(after, event.at)

    @property
    def pending(self) -> bool:
        """Whether something changed that `changes` has not returned yet."""
        return bool(self._unsent)

    def close(self) -> None:
        """End the stream that waits in `changes`."""
        self.closed = True
        self._wakeup.set()

    async def changes(self, seconds: float) -> list[Change]:
        """What changed since the last call; empty when nothing did within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._wakeup.wait()
        except TimeoutError:
            return []
        self._wakeup.clear()
        unsent, self._unsent = self._unsent, {}
        return [Change(self.known[export_id], since) for export_id, since in unsent.items()]

    def _changed(self, export: Export, at: datetime) -> None:
        self.known[export.id] = export
        self._unsent[export.id] = at
        self._wakeup.set()


class Hub:
    """Every subscription of one process."""

    def __init__(self, limits: StreamLimits | None = None) -> None:
        self._limits = limits or StreamLimits()
        self._by_export: dict[UUID, set[Subscription]] = {}
        self._by_key: dict[Owner | ExamKey, set[Subscription]] = {}
        self._subscriptions: set[Subscription] = set()
        self._latest: OrderedDict[UUID, ExportProgress] = OrderedDict()
        self._users: Counter[Owner] = Counter()
        self._institutions: Counter[str] = Counter()
        self.closed = False

    def __len__(self) -> int:
        return len(self._subscriptions)

    @contextmanager
    def admit(self, owner: Owner) -> Iterator[None]:
        """Count a stream of this user while the block lasts.

        Raises:
            TooManyStreams: the user or the institution has as many as it may.
            StreamsFull: the process has, or is about to stop.
        """
        if self.closed or self._institutions.total() >= self._limits.per_process:
            raise StreamsFull
        over = self._users[owner] >= self._limits.per_user
        if over or self._institutions[owner.institution_id] >= self._limits.per_institution:
            raise TooManyStreams
        self._users[owner] += 1
        self._institutions[owner.institution_id] += 1
        try:
            yield
        finally:
            _count_down(self._users, owner)
            _count_down(self._institutions, owner.institution_id)

    @contextmanager
    def subscribe(
        self, *, exports: Iterable[Export] = (), selection: Selection | None = None
    ) -> Iterator[Subscription]:
        """Follow these exports, and with `selection` every export in it, while the block lasts."""
        subscription = Subscription(selection)
        self._subscriptions.add(subscription)
        for key in selection.keys if selection else ():
            self._by_key.setdefault(key, set()).add(subscription)
        for export in exports:
            self._follow(subscription, export)
        if self.closed:
            subscription.close()
        try:
            yield subscription
        finally:
            self._leave(subscription)

    def has_followers(self, export_id: UUID, keys: Iterable[Owner | ExamKey]) -> bool:
        """Whether a subscription here follows this export, by its id or by its selection."""
        return export_id in self._by_export or any(key in self._by_key for key in keys)

    @property
    def selections(self) -> list[Selection]:
        """The selections that are followed."""
        return list({one.selection for one in self._subscriptions if one.selection is not None})

    def followed(self) -> list[UUID]:
        """The followed exports that have not ended as far as is known here."""
        return [
            export_id
            for export_id, followers in self._by_export.items()
            if any(one.known[export_id].running for one in followers)
        ]

    def apply_row(self, export: Export) -> None:
        """Pass the state of a row on to the subscriptions that follow it."""
        keys = keys_of(export.institution_id, export.requested_by, export.exam_id)
        by_key = chain.from_iterable(self._by_key.get(key, ()) for key in keys)
        for one in {*self._by_export.get(export.id, ()), *by_key}:
            self._follow(one, export)

    def apply_progress(self, event: ExportProgress) -> None:
        """Pass a progress event on to the subscriptions that follow its export, and keep it for those that begin before
        the row is written.
        """
        known = self._latest.get(event.export_id)
        if known is None or (known.attempt, known.sequence) < (event.attempt, event.sequence):
            self._latest[event.export_id] = event
        self._latest.move_to_end(event.export_id)
        if len(self._latest) > PROGRESS_CACHE_SIZE:
            self._latest.popitem(last=False)
        for one in self._by_export.get(event.export_id, ()):
            one.apply_progress(event)

    def close(self) -> None:
        """End every stream and refuse new ones."""
        self.closed = True
        for one in self._subscriptions:
            one.close()

    async def drain(self, seconds: float) -> None:
        """Refuse new streams and end those that are open one after another, so that their clients do not all reconnect
        in the same moment.
        """
        self.closed = True
        left = list(self._subscriptions)
        random.shuffle(left)
        steps = max(1, int(seconds / CLOSING_STEP_SECONDS))
        for step in range(steps, 0, -1):
            for _ in range(-(-len(left) // step)):
                left.pop().close()
            await asyncio.sleep(seconds / steps)

    def _follow(self, subscription: Subscription, export: Export) -> None:
        self._by_export.setdefault(export.id, set()).add(subscription)
        subscription.apply_row(export)
        if event := self._latest.get(export.id):
            subscription.apply_progress(event)

    def _leave(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)
        for export_id in subscription.known:
            _drop(self._by_export, export_id, subscription)
        for key in subscription.selection.keys if subscription.selection else ():
            _drop(self._by_key, key, subscription)


def _count_down(counter: Counter[Key], key: Key) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def _drop(index: dict[Key, set[Subscription]], key: Key, subscription: Subscription) -> None:
    followers = index[key]
    followers.discard(subscription)
    if not followers:
        del index[key]
