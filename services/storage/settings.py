"""Storage's settings, by environment only. Times are in seconds, sizes in bytes."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from services.common.settings import CommonSettings, DatabaseUrl
from services.storage.policy import RetentionPolicy, UploadLimits

SCHEMES = ("file:///", "s3://", "s3a://", "gs://", "az://", "azure://", "abfs://", "abfss://")


def _known_root(url: str) -> str:
    if not url.startswith(SCHEMES):
        raise ValueError(f"must begin with one of {', '.join(SCHEMES)}")
    return url


class StorageSettings(CommonSettings):
    """A file is kept for an hour, as in the system this replaces, and never ends earlier: how many an institution may
    have is the gateway's to say, before another one is begun.
    """

    database_url: DatabaseUrl
    storage_root: Annotated[str, AfterValidator(_known_root)]
    storage_allow_http: bool = False
    retention_seconds: float = Field(default=3600, gt=0)
    ledger_days: float = Field(default=30, gt=0)
    expiry_interval: float = Field(default=10, gt=0)
    sweep_interval: float = Field(default=300, gt=0)
    max_file_bytes: int = Field(default=2 * 1024**3, gt=0)
    upload_silence: float = Field(default=60, gt=0)

    @property
    def retention(self) -> timedelta:
        """How long a file is kept."""
        return timedelta(seconds=self.retention_seconds)

    @property
    def upload_limits(self) -> UploadLimits:
        """What an upload may cost."""
        return UploadLimits(max_bytes=self.max_file_bytes, silence=self.upload_silence)

    @property
    def retention_policy(self) -> RetentionPolicy:
        """How expiry works."""
        return RetentionPolicy(
            ledger_age=timedelta(days=self.ledger_days),
            interval=self.expiry_interval,
            sweep_interval=self.sweep_interval,
        )
