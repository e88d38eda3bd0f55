"""Settings of webhooks, by environment only. Times are in seconds."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from services.common.settings import LOOPBACK, DatabaseSettings, Networks
from services.webhooks import schedule
from services.webhooks.addresses import Network
from services.webhooks.secrets import Keyring

SCHEDULE = "5s 5m 30m 2h 5h 10h 14h 20h 24h"
"""Standard Webhooks' own: ten attempts over three days."""


def _networks(value: object) -> object:
    return tuple(ip_network(part) for part in value.replace(",", " ").split()) if isinstance(value, str) else value


def _schedule(text: str) -> str:
    schedule.parse(text)
    return text


def _keys(keys: SecretStr) -> SecretStr:
    try:
        Keyring(keys.get_secret_value())
    except ValueError:
        raise ValueError("must be keys of `python -m services.webhooks.endpoints key`, separated by commas") from None
    return keys


class EndpointSettings(DatabaseSettings):
    """What the command needs, too."""

    webhook_keys: Annotated[SecretStr, AfterValidator(_keys)]
    """By which endpoints' secrets are encrypted in the database: the first encrypts, each decrypts."""

    webhook_networks: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = ()
    """Private networks that endpoints may be in."""

    webhook_allow_http: bool = False
    """Whether endpoints without TLS are taken, for tests and within `webhook_networks`."""

    @property
    def keyring(self) -> Keyring:
        """The keys."""
        return Keyring(self.webhook_keys.get_secret_value())

    @property
    def networks(self) -> Sequence[Network]:
        """Private networks that may be called."""
        return self.webhook_networks


class WebhookSettings(EndpointSettings):
    """What the service needs."""

    amqp_url: SecretStr
    webhook_queue: str = "webhooks.events"
    """Its queue: the account at the broker may use names that begin with its own."""

    broker_namespace: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    trusted_proxies: Networks = LOOPBACK
    grace_seconds: float = Field(default=25.0, gt=0)
    otel_exporter_otlp_endpoint: str | None = None

    webhook_schedule: Annotated[str, AfterValidator(_schedule)] = SCHEDULE
    webhook_disable_days: float = Field(default=5.0, gt=0)
    """An endpoint without a success for so long after a failure is disabled."""

    webhook_log_days: float = Field(default=30.0, gt=0)
    webhook_answer_seconds: float = Field(default=15.0, gt=0)
    webhook_concurrency: int = Field(default=50, ge=1)
    webhook_concurrency_endpoint: int = Field(default=4, ge=1)
