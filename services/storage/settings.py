"""Storage's settings, by environment only. Times are in seconds, sizes in bytes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from contracts.topology import Role
from services.common.settings import CommonSettings, DatabaseSettings
from services.common.tokens import Tokens
from services.storage.policy import BLOBS, RetentionPolicy, UploadLimits

PUT, GET, DELETE = frozenset({"PUT"}), frozenset({"GET", "HEAD"}), frozenset({"DELETE"})
SCHEMES = ("file:///", "s3://", "s3a://", "gs://", "az://", "azure://", "abfs://", "abfss://")


def _known_root(url: str) -> str:
    if not url.startswith(SCHEMES):
        raise ValueError(f"must begin with one of {', '.join(SCHEMES)}")
    return url


class StorageSettings(CommonSettings, DatabaseSettings):
    """A file is kept for an hour, as in the system this replaces, and never ends earlier: how many an institution may
    have is the gateway's to say, before another one is begun.
    """

    role = Role.STORAGE

    storage_put_token: Tokens = ()
    """Who may store files: a token of 16 characters at least; each of these settings may list two, separated by a
    comma, while one replaces the other.
    """

    storage_get_token: Tokens = ()
    """Who may read files."""

    storage_delete_token: Tokens = ()
    """Who may delete a file before its time; nobody without it and `INTERNAL_TOKEN`."""

    storage_blobs_token: Tokens = ()
    """Who may store and read the blobs that renderers share."""

    storage_root: Annotated[str, AfterValidator(_known_root)]
    """Where files are: `file:///folder`, or a bucket such as `s3://bucket/prefix`, whose credentials are the provider's
    own variables.
    """

    storage_allow_http: bool = False
    """Whether a bucket may be reached without TLS."""

    retention_seconds: float = Field(default=3600, gt=0)
    """How long a completed file is kept: a promise, which nothing shortens. One hour, as in the system this replaces.
    """

    ledger_days: float = Field(default=30, gt=0)
    """How long the row of an expired file is kept."""

    expiry_interval: float = Field(default=10, gt=0)
    """How often expired files are looked for."""

    sweep_interval: float = Field(default=300, gt=0)
    """How often what is in the folder or bucket without a row is looked for."""

    max_file_bytes: int = Field(default=2 * 1024**3, gt=0)
    """The greatest file."""

    upload_silence: float = Field(default=60, gt=0)
    """How long an upload may send nothing."""

    blob_bytes: int = Field(default=2 * 1024**3, ge=0)
    """Room for the blobs that renderers share, the oldest of which go first; 0 keeps none."""

    max_blob_bytes: int = Field(default=64 * 1024**2, gt=0)
    """The greatest blob."""

    @model_validator(mode="after")
    def _has_tokens(self) -> Self:
        for name in ("storage_put_token", "storage_get_token"):
            if not getattr(self, name) and not self.internal_token:
                raise ValueError(f"{name.upper()} must be set, or INTERNAL_TOKEN in its place")
        return self

    @property
    def grants(self) -> Mapping[str, frozenset[str]]:
        """What each token is good for: HTTP methods, and blobs."""
        granted = (
            (self.storage_put_token, PUT),
            (self.storage_get_token, GET),
            (self.storage_delete_token, DELETE),
            (self.storage_blobs_token, frozenset({BLOBS})),
            (self.internal_token, PUT | GET | DELETE | {BLOBS}),
        )
        grants: dict[str, frozenset[str]] = {}
        for tokens, methods in granted:
            for token in tokens:
                grants[token.get_secret_value()] = grants.get(token.get_secret_value(), frozenset()) | methods
        return grants

    @property
    def retention(self) -> timedelta:
        """How long a file is kept."""
        return timedelta(seconds=self.retention_seconds)

    @property
    def upload_limits(self) -> UploadLimits:
        """What an upload may cost."""
        return UploadLimits(max_bytes=self.max_file_bytes, silence=self.upload_silence)

    @property
    def blob_limits(self) -> UploadLimits:
        """What one blob may cost."""
        return UploadLimits(max_bytes=self.max_blob_bytes, silence=self.upload_silence)

    @property
    def retention_policy(self) -> RetentionPolicy:
        """How expiry works."""
        return RetentionPolicy(
            ledger_age=timedelta(days=self.ledger_days),
            interval=self.expiry_interval,
            sweep_interval=self.sweep_interval,
        )
