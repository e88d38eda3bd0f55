"""What an upload may cost and how long a file is kept, as values."""

from dataclasses import dataclass
from datetime import timedelta

BLOBS = "blobs"
"""What a token may be good for, beside methods: everything below `/blobs/`, and nothing else."""


@dataclass(frozen=True)
class UploadLimits:
    """Bytes of one body, and seconds without a byte of it."""

    max_bytes: int
    silence: float


@dataclass(frozen=True)
class RetentionPolicy:
    """How long rows of deleted files are kept, and seconds between two looks."""

    ledger_age: timedelta
    interval: float
    sweep_interval: float
