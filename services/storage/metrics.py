"""What storage counts. Labels are closed lists: outcomes and codes, never ids."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SIZES = tuple(1024.0 * 4**power for power in range(11))  # 1 KiB to 1 GiB


class Metrics:
    """The counters of one process, in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.deposits = Counter(
            "storage_deposits_total",
            "Uploads by how they ended: stored, or an error's code",
            ["outcome"],
            registry=registry,
        )
        self.deposit_seconds = Histogram(
            "storage_deposit_seconds", "From an upload's first byte to its answer", registry=registry
        )
        self.deposit_bytes = Histogram(
            "storage_deposit_bytes", "Size of stored files", buckets=_SIZES, registry=registry
        )
        self.downloads = Counter(
            "storage_downloads_total",
            "Downloads by how they were answered: the status, as text",
            ["status"],
            registry=registry,
        )
        self.expired = Counter("storage_expired_total", "Files ended by the retention policy", registry=registry)
        self.deleted = Counter("storage_deleted_total", "Files whose bytes were deleted", registry=registry)
        self.swept = Counter("storage_swept_total", "Leftovers and orphans removed", registry=registry)
        self.blobs_written = Counter(
            "storage_blobs_written_total",
            "Blobs sent, by kind and how that ended: stored, known, or an error's code",
            ["kind", "outcome"],
            registry=registry,
        )
        self.blobs_read = Counter(
            "storage_blobs_read_total",
            "Blobs asked for, by kind and whether they were there",
            ["kind", "outcome"],
            registry=registry,
        )
        self.blob_bytes = Counter(
            "storage_blob_bytes_total", "Bytes of blobs, in or out", ["direction"], registry=registry
        )
        for outcome in (
            *("stored", "disconnected", "digest_mismatch", "file_too_large", "owner_conflict", "upload_stalled"),
            *("storage_full", "storage_unavailable"),
        ):
            self.deposits.labels(outcome)
        for direction in ("in", "out"):
            self.blob_bytes.labels(direction)
        self.files = Gauge("storage_files", "Live files in the ledger", registry=registry)
        self.bytes = Gauge("storage_bytes", "Bytes of live files in the ledger", registry=registry)

    def set_totals(self, files: int, size: int) -> None:
        """Set the gauges of live files and their bytes."""
        self.files.set(files)
        self.bytes.set(size)
