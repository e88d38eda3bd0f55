"""The renderer's Prometheus metrics. Labels are closed lists, never ids."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from contracts.states import Format, Phase

BUCKETS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 180.0, 600.0, 1500.0)


class Metrics:
    """The renderer's metrics, registered in a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.outcomes = Counter(
            "renderer_outcomes_total", "How deliveries of requests ended.", ("outcome",), registry=registry
        )
        self.unknown_events = Counter(
            "renderer_unknown_events_total", "Events of a type that a newer version has added.", registry=registry
        )
        self.running = Gauge("renderer_exports_running", "Exports under way.", registry=registry)
        self.seconds = Histogram(
            "renderer_export_seconds", "Time of one attempt.", ("format",), buckets=BUCKETS, registry=registry
        )
        self.workers = Gauge("renderer_workers", "Worker processes.", registry=registry)
        self.busy = Gauge("renderer_workers_busy", "Worker processes at work.", registry=registry)
        self.waiting = Gauge("renderer_calls_waiting", "Calls that wait for a free worker.", registry=registry)
        self.confinement = Gauge(
            "renderer_confinement",
            "Whether a layer of confinement is in force in worker processes.",
            ("layer",),
            registry=registry,
        )
        self.replaced = Counter(
            "renderer_workers_replaced_total",
            "Worker processes that were replaced before their time.",
            ("reason",),
            registry=registry,
        )

        self.binder_wait = Counter(
            "renderer_binder_wait_seconds_total",
            "Time in which the next copy in order was not there yet.",
            registry=registry,
        )
        self.copy_sources = Counter(
            "renderer_copies_total",
            "Copies of documents by where they came from: cache, found (typeset by another renderer or in an earlier "
            "attempt), typeset, placeholder.",
            ("source",),
            registry=registry,
        )
        for source in ("cache", "found", "typeset", "placeholder"):
            self.copy_sources.labels(source)
        self.phase_seconds = Histogram(
            "renderer_phase_seconds",
            "Time of each phase of an attempt.",
            ("phase",),
            buckets=BUCKETS,
            registry=registry,
        )

    def copies(self, source: str, number: int) -> None:
        """So many more copies came from there."""
        self.copy_sources.labels(source).inc(number)

    def waited(self, seconds: float) -> None:
        """For so long the next copy in order was not there."""
        self.binder_wait.inc(seconds)

    def phase(self, phase: Phase, seconds: float) -> None:
        """A phase of an attempt took so long."""
        self.phase_seconds.labels(phase.value).observe(seconds)

    @contextmanager
    def making(self, kind: Format) -> Iterator[None]:
        """Measure one attempt, which runs in the block."""
        with self.running.track_inprogress(), self.seconds.labels(kind.value).time():
            yield
