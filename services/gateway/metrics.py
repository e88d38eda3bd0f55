"""The gateway's Prometheus metrics. Labels are names of routes and closed lists, never ids."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from contracts.events import EVENT_TYPES, ExportCompleted, ExportFailed

BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 25.0)


AGES = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class StreamStart(StrEnum):
    """What a user's stream began with: everything, what changed since its cursor, or everything because the cursor
    could not be used.
    """

    NEW = "new"
    RESUMED = "resumed"
    RESET = "reset"


class Metrics:
    """The gateway's own series in a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Histogram(
            "gateway_request_seconds",
            "Time to the first byte of an answer.",
            ("route", "method", "status"),
            buckets=BUCKETS,
            registry=registry,
        )
        self.limited = Counter(
            "gateway_limited_total",
            "Requests over the rate of a user or an institution.",
            ("action", "scope"),
            registry=registry,
        )
        self.streams = Gauge("gateway_streams", "Live streams open in this process.", registry=registry)
        self.stream_starts = Counter(
            "gateway_stream_starts_total", "Streams of a user's exports begun.", ("start",), registry=registry
        )
        for start in StreamStart:
            self.stream_starts.labels(start)
        self.news_age = Histogram(
            "gateway_stream_news_age_seconds",
            "From a renderer's progress, or a row's reading, to its event.",
            buckets=AGES,
            registry=registry,
        )
        self.slow_readers = Counter(
            "gateway_stream_slow_readers_total", "Streams dropped because nothing was read.", registry=registry
        )
        self.outcomes = Counter(
            "gateway_outcomes_total", "Outcomes received from the broker.", ("type", "applied"), registry=registry
        )
        self.refused = Counter(
            "gateway_messages_refused_total",
            "Messages that changed nothing, by what of them did not hold against the export's row.",
            ("reason",),
            registry=registry,
        )
        self.given_up = Counter(
            "gateway_given_up_total", "Exports that no renderer survived or could read.", registry=registry
        )
        self.unknown = Counter(
            "gateway_unknown_total",
            "Words and event types of a newer version that were read.",
            ("kind",),
            registry=registry,
        )
        self.correcta_audit = Counter(
            "gateway_correcta_audit_total", "Rows for Correcta's own audit log.", ("written",), registry=registry
        )
        self.published = Counter(
            "gateway_published_total", "Events confirmed by an exchange.", ("type", "exchange"), registry=registry
        )
        self.stuck = Counter(
            "gateway_subscriber_stuck_total",
            "Facts that some subscriber's queue did not take.",
            ("type",),
            registry=registry,
        )
        self.parked = Counter("gateway_parked_total", "Outbox rows that no queue took.", ("type",), registry=registry)
        for kind in EVENT_TYPES:
            self.parked.labels(kind)
            self.stuck.labels(kind)
        for kind in (ExportCompleted.type, ExportFailed.type):
            for applied in ("true", "false"):
                self.outcomes.labels(kind, applied)
        self.oldest_queued = Gauge(
            "gateway_oldest_queued_seconds",
            "For how long the oldest export waits that no renderer has begun.",
            registry=registry,
        )
        self.outbox_rows = Gauge("gateway_outbox_rows", "Outbox rows waiting for the broker.", registry=registry)
        self.outbox_age = Gauge("gateway_outbox_age_seconds", "Age of the oldest outbox row.", registry=registry)
