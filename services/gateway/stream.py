"""The hub between news and the pages that follow exports. It keeps, for each follower, at most one state of each
export: a slow reader gets the latest, never a backlog, and nobody's reading holds up anybody else.

News may be lost on its way here: whoever needs certainty reads the row, which is why every stream starts with one.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from contracts.events import ExportProgress
from services.gateway.errors import StreamsFull, TooManyStreams
from services.gateway.exports import Export, with_progress

Key = TypeVar("Key")

REMEMBERED = 1_000
"""Exports whose latest news is kept for followers still to come; a row is written within a second."""


@dataclass(frozen=True)
class Owner:
    """Whose exports an owner's stream follows, those still to come included."""

    institution_id: str
    user_id: str


@dataclass(frozen=True)
class Caps:
    """How many streams may be open at once."""

    per_user: int = 10
    per_institution: int = 200
    per_process: int = 10_000


@dataclass(eq=False)
class Subscription:
    """What one follower knows and what is new to it. Read only by its own stream."""

    owner: Owner | None = None
    known: dict[UUID, Export] = field(default_factory=dict)
    _fresh: dict[UUID, None] = field(default_factory=dict)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    def learn(self, export: Export) -> None:
        """Take a row's state, unless what is known is later."""
        before = self.known.get(export.id)
        if before is None or export.position > before.position:
            self._changed(export)

    def hear(self, news: ExportProgress) -> None:
        """Take a renderer's news about an export that is known here."""
        before = self.known.get(news.export_id)
        if before is not None and (after := with_progress(before, news)) is not before:
            self._changed(after)

    @property
    def pending(self) -> bool:
        """Whether something changed that `changes` has not yet told."""
        return bool(self._fresh)

    def close(self) -> None:
        """Wake the stream for the last time."""
        self.closed = True
        self._stirred.set()

    async def changes(self, seconds: float) -> list[Export]:
        """The exports that changed since the last call, as they are now; empty when none did within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        except TimeoutError:
            return []
        self._stirred.clear()
        fresh, self._fresh = self._fresh, {}
        return [self.known[export_id] for export_id in fresh]

    def _changed(self, export: Export) -> None:
        self.known[export.id] = export
        self._fresh[export.id] = None
        self._stirred.set()


class Hub:
    """Every follower of one process."""

    def __init__(self, caps: Caps | None = None) -> None:
        self._caps = caps or Caps()
        self._by_export: dict[UUID, set[Subscription]] = {}
        self._by_owner: dict[Owner, set[Subscription]] = {}
        self._subscriptions: set[Subscription] = set()
        self._news: OrderedDict[UUID, ExportProgress] = OrderedDict()
        self._users: Counter[Owner] = Counter()
        self._institutions: Counter[str] = Counter()
        self.closed = False

    def __len__(self) -> int:
        return len(self._subscriptions)

    @contextmanager
    def admit(self, owner: Owner) -> Iterator[None]:
        """Count a stream of this user while the block lasts.

        Raises:
            TooManyStreams: the user or the institution has its share.
            StreamsFull: the process is full or about to stop.
        """
        if self.closed or self._institutions.total() >= self._caps.per_process:
            raise StreamsFull
        over = self._users[owner] >= self._caps.per_user
        if over or self._institutions[owner.institution_id] >= self._caps.per_institution:
            raise TooManyStreams
        self._users[owner] += 1
        self._institutions[owner.institution_id] += 1
        try:
            yield
        finally:
            _count_down(self._users, owner)
            _count_down(self._institutions, owner.institution_id)

    @contextmanager
    def subscribe(self, *, exports: Iterable[Export] = (), owner: Owner | None = None) -> Iterator[Subscription]:
        """Follow these exports, and with `owner` every export of that user, while the block lasts."""
        subscription = Subscription(owner)
        self._subscriptions.add(subscription)
        if owner is not None:
            self._by_owner.setdefault(owner, set()).add(subscription)
        for export in exports:
            self._follow(subscription, export)
        if self.closed:
            subscription.close()
        try:
            yield subscription
        finally:
            self._leave(subscription)

    def wants(self, export_id: UUID, user_id: str) -> bool:
        """Whether anybody here follows this export, by itself or by its owner."""
        return export_id in self._by_export or any(owner.user_id == user_id for owner in self._by_owner)

    def owners(self) -> list[tuple[str, str]]:
        """Institution and user id of everyone who follows all of their exports."""
        return [(owner.institution_id, owner.user_id) for owner in self._by_owner]

    def followed(self) -> list[UUID]:
        """The exports somebody follows whose end nobody here knows yet."""
        return [
            export_id
            for export_id, followers in self._by_export.items()
            if any(one.known[export_id].running for one in followers)
        ]

    def learn(self, export: Export) -> None:
        """Tell followers what a row says."""
        owner = Owner(export.institution_id, export.requested_by)
        for one in [*self._by_export.get(export.id, ()), *self._by_owner.get(owner, ())]:
            self._follow(one, export)

    def hear(self, news: ExportProgress) -> None:
        """Tell followers what a renderer says, and those who come before the row says it too."""
        known = self._news.get(news.export_id)
        if known is None or (known.attempt, known.sequence) < (news.attempt, news.sequence):
            self._news[news.export_id] = news
        self._news.move_to_end(news.export_id)
        if len(self._news) > REMEMBERED:
            self._news.popitem(last=False)
        for one in self._by_export.get(news.export_id, ()):
            one.hear(news)

    def close(self) -> None:
        """Let every stream say goodbye and end; new ones are refused."""
        self.closed = True
        for one in self._subscriptions:
            one.close()

    def _follow(self, subscription: Subscription, export: Export) -> None:
        self._by_export.setdefault(export.id, set()).add(subscription)
        subscription.learn(export)
        if news := self._news.get(export.id):
            subscription.hear(news)

    def _leave(self, subscription: Subscription) -> None:
        self._subscriptions.discard(subscription)
        for export_id in subscription.known:
            _drop(self._by_export, export_id, subscription)
        if subscription.owner is not None:
            _drop(self._by_owner, subscription.owner, subscription)


def _count_down(counter: Counter[Key], key: Key) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def _drop(index: dict[Key, set[Subscription]], key: Key, subscription: Subscription) -> None:
    followers = index[key]
    followers.discard(subscription)
    if not followers:
        del index[key]
