"""Settings every service reads, by environment only. A missing or malformed one stops the process at start and is
named.
"""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class CommonSettings(BaseSettings):
    """What all services share. Times are in seconds."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    amqp_url: SecretStr
    internal_token: SecretStr = Field(min_length=16)
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    log_level: str = "INFO"
    broker_namespace: str = ""
    otel_exporter_otlp_endpoint: str | None = None
    grace_seconds: float = Field(default=25.0, gt=0)
    failpoints: str = ""
    """Faults asked for, see `failpoints`; for tests of recovery, never in production."""
