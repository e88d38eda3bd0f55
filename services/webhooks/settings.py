"""Settings of webhooks, by environment only. Times are in seconds."""

from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from ipaddress import ip_network
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from contracts.timezones import DEFAULT_ZONE
from services.common.settings import DatabaseSettings, DatabaseUrl, ServiceSettings
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


def _address(text: str) -> str:
    try:
        Address(addr_spec=text)
    except (ValueError, MessageError, IndexError):
        raise ValueError("must be an address such as exports@example.org") from None
    return text


def _first_address(text: str) -> str:
    first, *_ = [*text.replace(",", " ").split(), ""]
    if not first.startswith(("https://", "http://")):
        raise ValueError("must be an http or https address")
    return first


def _keys(keys: SecretStr) -> SecretStr:
    try:
        Keyring(keys.get_secret_value())
    except ValueError:
        raise ValueError("must be keys of `python -m services.webhooks.endpoints key`, separated by commas") from None
    return keys


class EndpointSettings(DatabaseSettings):
    """What the command needs, too."""

    webhook_keys: Annotated[SecretStr, AfterValidator(_keys)]
    """By which endpoints' secrets are encrypted in the database: the first encrypts, each decrypts, separated by
    commas.
    """

    webhook_networks: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = ()
    """Private networks that endpoints may be in, separated by commas or spaces."""

    webhook_allow_http: bool = False
    """Whether endpoints without TLS are taken, for tests and within `WEBHOOK_NETWORKS`."""

    @property
    def keyring(self) -> Keyring:
        """The keys."""
        return Keyring(self.webhook_keys.get_secret_value())

    @property
    def networks(self) -> Sequence[Network]:
        """Private networks that may be called."""
        return self.webhook_networks


class WebhookSettings(EndpointSettings, ServiceSettings):
    """What the service needs."""

    webhook_queue: str = "webhooks.events"
    """Its queue: the account at the broker may use names that begin with its own."""

    smtp_host: str | None = None
    """The server that mails of completed exports go to; without it there are none."""

    smtp_port: int = Field(default=587, gt=0, le=65535)
    """Its port."""

    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection to it is secured."""

    smtp_user: str | None = None
    """The name to sign in to it with, where it wants one."""

    smtp_password: SecretStr | None = None
    """The password to that name."""

    mail_from: Annotated[str, AfterValidator(_address)] | None = None
    """The sender of mails."""

    mail_after_seconds: float = Field(default=60.0, ge=0)
    """Exports that took less are not mailed: their teachers saw them end."""

    site_url: Annotated[str, AfterValidator(_first_address)] | None = None
    """Where the link in a mail leads: the gateway's address for browsers, the first where it has several."""

    correcta_database_url: DatabaseUrl | None = None
    """Where teachers' addresses are read."""

    default_timezone: ZoneInfo = DEFAULT_ZONE
    """The zone of the times of institutions whose settings name none; the same for all services."""

    webhook_schedule: Annotated[str, AfterValidator(_schedule)] = SCHEDULE
    """The waits before each further attempt to deliver an event."""

    webhook_disable_days: float = Field(default=5.0, gt=0)
    """An endpoint without a success for so long after a failure is disabled."""

    webhook_log_days: float = Field(default=30.0, gt=0)
    """How long deliveries are kept."""

    webhook_answer_seconds: float = Field(default=15.0, gt=0)
    """How long an endpoint may take to answer."""

    webhook_concurrency: int = Field(default=50, ge=1)
    """Calls under way at once."""

    webhook_concurrency_endpoint: int = Field(default=4, ge=1)
    """Calls under way at once to one endpoint."""

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        needed: dict[str, object] = {
            "MAIL_FROM": self.mail_from,
            "SITE_URL": self.site_url,
            "CORRECTA_DATABASE_URL": self.correcta_database_url,
        }
        if self.smtp_host and (missing := [name for name, value in needed.items() if not value]):
            raise ValueError(f"SMTP_HOST needs {', '.join(missing)}")
        return self
