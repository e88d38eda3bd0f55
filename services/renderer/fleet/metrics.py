"""Metrics of shards that travel between renderers. Labels are closed lists, never ids."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

WAITS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0)


class FleetMetrics:
    """The fleet's metrics, registered in a registry. Each series is there from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.shards = Counter(
            "renderer_shards_total",
            "Shards of this renderer's exports that were offered to others, by what came of it: offered, helped "
            "(typeset by another renderer), withdrawn (typeset here before anybody took it), taken_back (the helper "
            "was silent or gave it back), hedged (typeset here as well, for the helper is slow).",
            ("event",),
            registry=registry,
        )
        for event in ("offered", "helped", "withdrawn", "taken_back", "hedged"):
            self.shards.labels(event)
        self.helped = Counter(
            "renderer_shards_taken_total",
            "Shards of other renderers' exports that this one took, by how that ended.",
            ("outcome",),
            registry=registry,
        )
        self.bytes = Counter(
            "renderer_blob_bytes_total", "Bytes of blobs, out to storage or in.", ("direction",), registry=registry
        )
        self.duplicates = Counter(
            "renderer_blob_duplicates_total",
            "Blobs that storage had already: the same, or a different one, which is an error of the engine.",
            ("kind",),
            registry=registry,
        )
        for kind in ("same", "different"):
            self.duplicates.labels(kind)
        self.refused = Counter(
            "renderer_blobs_refused_total", "Blobs that were not used, by reason.", ("reason",), registry=registry
        )
        self.found = Counter(
            "renderer_copies_found_total",
            "Copies that another renderer, or an earlier attempt, had typeset already.",
            registry=registry,
        )
        self.helpers = Gauge(
            "renderer_fleet_workers", "Workers that other renderers lend at the moment.", registry=registry
        )
        self.wait = Histogram(
            "renderer_shard_wait_seconds",
            "From a shard's offer to the result of a helper.",
            buckets=WAITS,
            registry=registry,
        )
