"""Names and arguments of everything declared at the broker, and who publishes what: one place, so that no two services
can disagree.

A namespace in front of each name keeps tests and stacks that share a broker apart. Only features that RabbitMQ 3.10
and 4.x both have: quorum queues with a delivery limit, streams, TTL and dead-lettering through the default exchange.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.events import (
    ExportCancelled,
    ExportCompleted,
    ExportExpired,
    ExportFailed,
    ExportProgress,
    ExportRequested,
)

MAX_ATTEMPTS = 2
"""Attempts in all, as in the system this replaces (BullMQ `attempts: 2`)."""

RETRY_DELAY_MS = 5_000
"""Fixed backoff between attempts, as in the system this replaces. An argument of a queue: see `VERSIONS`."""

DELIVERY_LIMIT = 6
"""Deliveries a message survives beyond the first. Above the attempts, so that deploys and lost connections burn none;
a crash loop still ends.
"""

PREFETCH = 2
"""Exports one renderer works on at once, as in the system this replaces (concurrency 2)."""

UNLIMITED = 1_000_000
"""A delivery limit that is none: RabbitMQ 4 gives a queue without one a limit of 20, and drops what exceeds it."""

STREAM_MAX_AGE = "24h"

VERSIONS: Mapping[str, int] = {
    "renderer.requests": 1,
    "renderer.requests.retry": 1,
    "renderer.requests.dead": 1,
    "gateway.outcomes": 1,
    "gateway.progress": 1,
    "renderer.cancellations": 1,
}
"""The version of each queue's arguments. The broker refuses to declare a queue again with other arguments, so whoever
changes one raises its version here: the queue gets a new name, and the queues of the versions before are emptied into
it and removed (`services.common.declaration`). A test holds the arguments that were ever in use under a name.
"""

PUBLISHERS: Mapping[str, tuple[str, ...]] = {
    ExportRequested.type: ("gateway",),
    ExportProgress.type: ("renderer",),
    ExportCompleted.type: ("renderer",),
    ExportFailed.type: ("renderer", "gateway"),
    ExportCancelled.type: ("gateway",),
    ExportExpired.type: ("storage", "gateway"),
}
"""Which services publish an event. The gateway ends exports that no renderer does (overdue, dead-lettered), and those
whose file never was.
"""


@dataclass(frozen=True)
class Queue:
    """A durable queue, the routing keys bound to it and its declaration arguments."""

    name: str
    kind: str  # "quorum" | "stream"
    routing_keys: tuple[str, ...] = ()
    arguments: dict[str, str | int] = field(default_factory=dict)
    former_names: tuple[str, ...] = ()
    """What it was called while it had other arguments."""


@dataclass(frozen=True)
class Topology:
    """Every broker object of one stack."""

    namespace: str = ""
    versions: Mapping[str, int] = field(default_factory=lambda: VERSIONS)

    def _named(self, name: str) -> str:
        return f"{self.namespace}.{name}" if self.namespace else name

    def _name(self, queue: str, version: int | None = None) -> str:
        version = version or self.versions[queue]
        return self._named(queue if version == 1 else f"{queue}.v{version}")

    def _queue(
        self, queue: str, kind: str, arguments: dict[str, str | int], routing_keys: tuple[str, ...] = ()
    ) -> Queue:
        former_names = tuple(self._name(queue, version) for version in range(1, self.versions[queue]))
        return Queue(self._name(queue), kind, routing_keys, arguments, former_names)

    @property
    def exchange(self) -> str:
        """The durable topic exchange all events pass through; the routing key is the event's type."""
        return self._named("correcta.exports")

    @property
    def requests(self) -> Queue:
        """Exports to render. Crash loops end in `dead`."""
        return self._queue(
            "renderer.requests",
            "quorum",
            {
                "x-delivery-limit": DELIVERY_LIMIT,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self._name("renderer.requests.dead"),
            },
            (ExportRequested.type,),
        )

    @property
    def retry(self) -> Queue:
        """Where a failed attempt waits before it goes back to `requests` through the default exchange."""
        return self._queue(
            "renderer.requests.retry",
            "quorum",
            {
                "x-message-ttl": RETRY_DELAY_MS,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": self._name("renderer.requests"),
            },
        )

    @property
    def dead(self) -> Queue:
        """Requests that no renderer survived or could read; the gateway ends them as `failed`."""
        return self._queue("renderer.requests.dead", "quorum", {"x-delivery-limit": UNLIMITED})

    @property
    def outcomes(self) -> Queue:
        """What the gateway's rows must learn. One queue for all gateways: each event is applied once."""
        return self._queue(
            "gateway.outcomes",
            "quorum",
            {"x-delivery-limit": UNLIMITED},
            (ExportCompleted.type, ExportFailed.type, ExportExpired.type),
        )

    @property
    def progress(self) -> Queue:
        """Progress for every gateway at once: a stream read from `next`, because an exclusive queue blocks its
        connection after a half-open link.
        """
        return self._queue(
            "gateway.progress",
            "stream",
            {"x-max-age": "1h", "x-stream-max-segment-size-bytes": 10_000_000},
            (ExportProgress.type,),
        )

    @property
    def cancellations(self) -> Queue:
        """Cancellations for every renderer at once: read from `first`, so that one started later knows of earlier
        ones too.
        """
        return self._queue(
            "renderer.cancellations",
            "stream",
            {"x-max-age": STREAM_MAX_AGE, "x-stream-max-segment-size-bytes": 1_000_000},
            (ExportCancelled.type,),
        )

    @property
    def queues(self) -> tuple[Queue, ...]:
        """Every queue, in an order that can be declared."""
        return (self.dead, self.requests, self.retry, self.outcomes, self.progress, self.cancellations)
