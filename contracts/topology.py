"""Names and arguments of everything declared at the broker, and who publishes what where: one place, so that no two
services can disagree.

A namespace in front of each name keeps tests and stacks that share a broker apart. Only features that RabbitMQ 3.10
and 4.x both have: topic exchanges, quorum queues with a delivery limit, streams, TTL and dead-lettering through a named
exchange. Nobody publishes to the default exchange, whose rights can't be divided.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.events import (
    ExportCancelled,
    ExportCompleted,
    ExportDownloaded,
    ExportExpired,
    ExportFailed,
    ExportProgress,
    ExportRequested,
    ExportStarted,
)
from contracts.shards import FLEET_TYPES, ShardOffered
from contracts.states import Holding, holding

MAX_ATTEMPTS = 2
"""Attempts in all, as in the system this replaces (BullMQ `attempts: 2`)."""

RETRY_DELAY_MS = 5_000
"""Fixed backoff between attempts, as in the system this replaces. An argument of a queue: see `VERSIONS`."""

DELIVERY_LIMIT = 6
"""Deliveries a message survives beyond the first. Above the attempts, so that deploys and lost connections burn none;
a crash loop still ends.
"""

PREFETCH = 2
"""Exports one renderer works on at once, as in the system this replaces (concurrency 2); and as many small ones."""

SMALL_COPIES = 50
"""An export of at most so many copies is a small one: it waits behind small ones only."""

SMALL_REQUEST_KEY = f"{ExportRequested.type}.small"
"""The routing key of a small export's request."""

UNLIMITED = 1_000_000
"""A delivery limit that is none: RabbitMQ 4 gives a queue without one a limit of 20, and drops what exceeds it."""

STREAM_MAX_AGE = "24h"
FACTS_MAX_AGE = "7D"
FACTS_MAX_BYTES = 1_000_000_000
"""Some 500,000 events. What exceeds it is dropped, the oldest first, before its age."""

SHARD_DELIVERY_LIMIT = 1
"""A shard is delivered twice at most: a copy of which two renderers died is not tried on a third."""

SHARD_TTL_MS = 600_000
"""How long a shard waits for a helper; whoever offered it has long typeset it by then."""

SHARDS_UNUSED_MS = 3_600_000
"""After which a queue of shards that no renderer uses is dropped."""

DEAD_SHARD_KEY = "shard.dead.v1"
"""The routing key of a shard that the broker gave up."""

FINGERPRINT_DIGITS = 16


def offer_key(fingerprint: str) -> str:
    """The routing key of shards for renderers with this fingerprint."""
    return f"{ShardOffered.type}.{fingerprint[:FINGERPRINT_DIGITS]}"


ANY_KEY = "#"
"""The binding of a queue that is to keep whatever comes to its exchange."""

VERSIONS: Mapping[str, int] = {
    "renderer.requests": 2,
    "renderer.requests.retry": 2,
    "renderer.requests.dead": 2,
    "gateway.outcomes": 2,
    "gateway.progress": 1,
    "renderer.cancellations": 2,
    "exports.facts": 1,
    "renderer.fleet": 1,
    "renderer.requests.small": 1,
}
"""The version of each queue's arguments and of the exchange it is bound to. The broker refuses to declare a queue again
with other arguments, so whoever changes one raises its version here: the queue gets a new name, and the queues of the
versions before are emptied into it and removed (`services.common.former_queues`). A test holds the arguments that were
ever in use under a name.
"""


class Role(StrEnum):
    """A service, as the broker's accounts and what it publishes are divided."""

    GATEWAY = "gateway"
    RENDERER = "renderer"
    STORAGE = "storage"


class Exchange(StrEnum):
    """The durable topic exchanges, by name without a namespace. The routing key is the event's type in each."""

    FACTS = "correcta.exports"
    """What happened, for any service to hear: told once, by the gateway, after its row says so. Progress passes by."""

    REQUESTS = "correcta.exports.requests"
    """Exports to make and to give up, for renderers."""

    RETRIES = "correcta.exports.retries"
    """Requests whose attempt failed, to be delivered again after a while."""

    OUTCOMES = "correcta.exports.outcomes"
    """What renderers and storage claim of an export, for the gateway to hold against its row."""

    SHARDS = "correcta.exports.shards"
    """Between renderers: copies of an export that another one may typeset."""

    DEAD = "correcta.exports.dead"
    """Requests that the broker gave up. Only the broker publishes here."""


@dataclass(frozen=True)
class Route:
    """That a role publishes events of a type to an exchange."""

    role: Role
    type: str
    exchange: Exchange


ROUTES: tuple[Route, ...] = (
    Route(Role.GATEWAY, ExportRequested.type, Exchange.REQUESTS),
    Route(Role.GATEWAY, ExportRequested.type, Exchange.FACTS),
    Route(Role.GATEWAY, ExportStarted.type, Exchange.FACTS),
    Route(Role.GATEWAY, ExportCompleted.type, Exchange.FACTS),
    Route(Role.GATEWAY, ExportFailed.type, Exchange.FACTS),
    Route(Role.GATEWAY, ExportCancelled.type, Exchange.REQUESTS),
    Route(Role.GATEWAY, ExportCancelled.type, Exchange.FACTS),
    Route(Role.GATEWAY, ExportDownloaded.type, Exchange.FACTS),
    Route(Role.GATEWAY, ExportExpired.type, Exchange.FACTS),
    Route(Role.RENDERER, ExportProgress.type, Exchange.FACTS),
    Route(Role.RENDERER, ExportCompleted.type, Exchange.OUTCOMES),
    Route(Role.RENDERER, ExportFailed.type, Exchange.OUTCOMES),
    Route(Role.RENDERER, ExportRequested.type, Exchange.RETRIES),
    Route(Role.STORAGE, ExportExpired.type, Exchange.OUTCOMES),
    *(Route(Role.RENDERER, type, Exchange.SHARDS) for type in FLEET_TYPES),
)
"""Everything that is ever published. What a renderer sends to `RETRIES` is a gateway's request, unchanged."""


def request_key(request: ExportRequested) -> str:
    """The routing key of a request: sheets are small exports, too, whatever their number of copies."""
    copies = request.copies
    small = holding(request.format) is Holding.GRADES or (copies is not None and copies <= SMALL_COPIES)
    return SMALL_REQUEST_KEY if small else ExportRequested.type


def destinations(role: Role, type: str) -> tuple[Exchange, ...]:
    """Where a role publishes events of a type, our own exchange before the facts; empty where it may not."""
    return tuple(route.exchange for route in ROUTES if (route.role, route.type) == (role, type))


def publishers(type: str, exchange: Exchange) -> frozenset[Role]:
    """Who may publish events of a type to an exchange."""
    return frozenset(route.role for route in ROUTES if (route.type, route.exchange) == (type, exchange))


@dataclass(frozen=True)
class Queue:
    """A durable queue, its declaration arguments, and the exchange and routing keys it is bound with."""

    name: str
    kind: str  # "quorum" | "stream"
    exchange: str
    origin: Exchange
    """What its messages were first published to: a request that is tried again or given up was one of the requests."""

    routing_keys: tuple[str, ...]
    arguments: dict[str, str | int] = field(default_factory=dict)
    former_names: tuple[str, ...] = ()
    """What it was called while it had other arguments or another exchange."""


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
        self, queue: str, kind: str, exchange: Exchange, routing_keys: tuple[str, ...], arguments: dict[str, str | int]
    ) -> Queue:
        former_names = tuple(self._name(queue, version) for version in range(1, self.versions[queue]))
        origin = Exchange.REQUESTS if exchange in (Exchange.RETRIES, Exchange.DEAD) else exchange
        return Queue(self._name(queue), kind, self.exchange(exchange), origin, routing_keys, arguments, former_names)

    def exchange(self, exchange: Exchange) -> str:
        """The name of an exchange."""
        return self._named(exchange.value)

    @property
    def exchanges(self) -> tuple[str, ...]:
        """The names of every exchange that exports need."""
        return tuple(self.exchange(each) for each in Exchange if each is not Exchange.SHARDS)

    @property
    def optional_exchanges(self) -> tuple[str, ...]:
        """The names of exchanges without which exports are made all the same."""
        return (self.exchange(Exchange.SHARDS),)

    @property
    def requests(self) -> Queue:
        """Exports to render. Crash loops end in `dead`."""
        return self._queue(
            "renderer.requests",
            "quorum",
            Exchange.REQUESTS,
            (ExportRequested.type,),
            {"x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-exchange": self.exchange(Exchange.DEAD)},
        )

    @property
    def small_requests(self) -> Queue:
        """Small exports to render: none of them waits for a large one's end."""
        return self._queue(
            "renderer.requests.small",
            "quorum",
            Exchange.REQUESTS,
            (SMALL_REQUEST_KEY,),
            {"x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-exchange": self.exchange(Exchange.DEAD)},
        )

    @property
    def retry(self) -> Queue:
        """Where a failed attempt waits before it goes back to the queue it came from."""
        return self._queue(
            "renderer.requests.retry",
            "quorum",
            Exchange.RETRIES,
            (ExportRequested.type, SMALL_REQUEST_KEY),
            {"x-message-ttl": RETRY_DELAY_MS, "x-dead-letter-exchange": self.exchange(Exchange.REQUESTS)},
        )

    @property
    def dead(self) -> Queue:
        """Requests that no renderer survived or could read; the gateway ends them as `failed`."""
        return self._queue(
            "renderer.requests.dead", "quorum", Exchange.DEAD, (ANY_KEY,), {"x-delivery-limit": UNLIMITED}
        )

    @property
    def outcomes(self) -> Queue:
        """What the gateway's rows must learn. One queue for all gateways: each event is applied once."""
        return self._queue(
            "gateway.outcomes",
            "quorum",
            Exchange.OUTCOMES,
            (ExportCompleted.type, ExportFailed.type, ExportExpired.type),
            {"x-delivery-limit": UNLIMITED},
        )

    @property
    def progress(self) -> Queue:
        """Progress for every gateway at once: a stream read from `next`, because an exclusive queue blocks its
        connection after a half-open link.
        """
        return self._queue(
            "gateway.progress",
            "stream",
            Exchange.FACTS,
            (ExportProgress.type,),
            {"x-max-age": "1h", "x-stream-max-segment-size-bytes": 10_000_000},
        )

    @property
    def cancellations(self) -> Queue:
        """Cancellations for every renderer at once: read from `first`, so that one started later knows of earlier
        ones too.
        """
        return self._queue(
            "renderer.cancellations",
            "stream",
            Exchange.REQUESTS,
            (ExportCancelled.type,),
            {"x-max-age": STREAM_MAX_AGE, "x-stream-max-segment-size-bytes": 1_000_000},
        )

    @property
    def fleet(self) -> Queue:
        """What renderers tell one another of shards, for each of them: read from `next`. These are hints: whoever
        misses one looks into storage, or does the work itself.
        """
        kinds = [kind for kind in FLEET_TYPES if kind != ShardOffered.type]
        return self._queue(
            "renderer.fleet",
            "stream",
            Exchange.SHARDS,
            (*kinds, offer_key("*"), DEAD_SHARD_KEY),
            {"x-max-age": "1h", "x-stream-max-segment-size-bytes": 10_000_000},
        )

    def shards(self, fingerprint: str) -> Queue:
        """The shards that wait for a renderer with this fingerprint, so that versions never mix. Declared by renderers,
        dropped by the broker when none uses it any more; a shard that two renderers did not survive is told to all.
        """
        arguments: dict[str, str | int] = {
            "x-delivery-limit": SHARD_DELIVERY_LIMIT,
            "x-dead-letter-exchange": self.exchange(Exchange.SHARDS),
            "x-dead-letter-routing-key": DEAD_SHARD_KEY,
            "x-message-ttl": SHARD_TTL_MS,
            "x-expires": SHARDS_UNUSED_MS,
        }
        name = self._named(f"renderer.shards.{fingerprint[:FINGERPRINT_DIGITS]}")
        return Queue(
            name, "quorum", self.exchange(Exchange.SHARDS), Exchange.SHARDS, (offer_key(fingerprint),), arguments
        )

    @property
    def facts(self) -> Queue:
        """Every fact of the last week but progress, for any service to read from where it left off."""
        kinds = (route.type for route in ROUTES if route.exchange is Exchange.FACTS and route.role is Role.GATEWAY)
        return self._queue(
            "exports.facts",
            "stream",
            Exchange.FACTS,
            tuple(kinds),
            {
                "x-max-age": FACTS_MAX_AGE,
                "x-max-length-bytes": FACTS_MAX_BYTES,
                "x-stream-max-segment-size-bytes": 50_000_000,
            },
        )

    @property
    def queues(self) -> tuple[Queue, ...]:
        """Every queue that exports need, in an order that can be declared."""
        return (
            self.dead,
            self.requests,
            self.small_requests,
            self.retry,
            self.outcomes,
            self.progress,
            self.cancellations,
        )

    @property
    def offered(self) -> tuple[Queue, ...]:
        """Queues that are there for other services."""
        return (self.facts,)

    @property
    def optional(self) -> tuple[Queue, ...]:
        """Queues without which exports are made all the same."""
        return (*self.offered, self.fleet)
