"""Settings every service reads, by environment only. A missing or malformed one stops the process at start and is
named.
"""

import os
import sys
from difflib import get_close_matches
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from contracts.topology import Role
from services.common import postgres_url
from services.common.addresses import check_broker, check_http
from services.common.http.limits import HttpLimits
from services.common.http.proxies import TrustedProxies, parse_networks
from services.common.signing import SignaturePolicy, Signer, Verifier
from services.common.signing_keys import SigningKey, TrustedKeyList, key_id, private_key, trusted_keys
from services.common.tokens import Tokens

WRONG_SETTINGS = 2
"""The exit status of a process that can't start with its settings."""

Settings = TypeVar("Settings", bound=BaseSettings)


def _readable(url: SecretStr) -> SecretStr:
    postgres_url.parse(url.get_secret_value())
    return url


DatabaseUrl = Annotated[SecretStr, AfterValidator(_readable)]
"""A URL that `services.common.database` can connect with, once there is a server."""


def _broker(urls: SecretStr) -> SecretStr:
    check_broker(urls.get_secret_value())
    return urls


BrokerUrl = Annotated[SecretStr, AfterValidator(_broker)]
"""The address of a broker, or of several of its nodes."""

HttpUrl = Annotated[str, AfterValidator(check_http)]
"""The address of an HTTP service."""


def _networks(value: object) -> object:
    return parse_networks(value) if isinstance(value, str) else value


Networks = Annotated[TrustedProxies, NoDecode, BeforeValidator(_networks)]
"""Addresses and networks, separated by commas or spaces."""

LOOPBACK = parse_networks("127.0.0.0/8 ::1")


class EnvironmentSettings(BaseSettings):
    """How settings are read, and what every process has."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    log_level: str = "INFO"
    """The least level that is logged, of Python's `logging`: JSON lines on stderr."""


class DatabaseSettings(EnvironmentSettings):
    """Schema `exports`: as the service connects to it, and as the role that owns its tables, where that is another."""

    database_url: DatabaseUrl
    """Schema `exports`, as the service's own role."""

    migration_database_url: DatabaseUrl | None = None
    """Schema `exports`, as the role that owns the tables and changes them; without it, they are left to whoever runs
    the migrations.
    """


class ServiceSettings(EnvironmentSettings):
    """What every service has. Times are in seconds."""

    amqp_url: BrokerUrl
    """The broker; the addresses of several nodes of a cluster are separated by spaces or commas."""

    broker_namespace: str = ""
    """A prefix of the names of exchanges and queues, where several stacks share a broker."""

    host: str = "127.0.0.1"
    """The address to listen on."""

    port: int = Field(default=8080, ge=0, le=65535)
    """The port to listen on; `/healthz`, `/readyz` and `/metrics` answer there, too, without a token."""

    trusted_proxies: Networks = LOOPBACK
    """Networks and addresses whose `X-Forwarded-For` is believed, and whose connections are not counted by address,
    separated by commas or spaces; `none` for nobody.
    """

    grace_seconds: float = Field(default=25.0, gt=0)
    """How long a stopping service may finish what it does."""

    otel_exporter_otlp_endpoint: HttpUrl | None = None
    """Where traces go, by OTLP over HTTP (`http://collector:4318`); without it none is recorded."""


class CommonSettings(ServiceSettings):
    """What the services that make an export have.

    `role` is the service's own in `TRUSTED_KEYS`; `heard` are the roles whose messages it takes.
    """

    role: ClassVar[Role]
    heard: ClassVar[tuple[Role, ...]] = ()

    internal_token: Tokens = ()
    """One token in place of all `STORAGE_*_TOKEN`: whoever has it may do everything that they allow."""

    failpoints: str = ""
    """Faults asked for, by name; for tests of recovery, never in production."""

    signing_key: SigningKey | None = None
    """The service's own private key, by which its messages are signed."""

    trusted_keys: TrustedKeyList = ""
    """The public keys by which messages are verified, `role:key` each, separated by commas; two of each role while one
    replaces the other.
    """

    signatures: SignaturePolicy = SignaturePolicy.ACCEPT
    """Whether messages without a signature are read: `accept` reads them, `require` refuses them. A wrong one is
    refused in any case.
    """

    @property
    def signer(self) -> Signer:
        """What signs its messages; without a key they stay unsigned."""
        return Signer(None if self.signing_key is None else self.signing_key.get_secret_value())

    @property
    def verifier(self) -> Verifier:
        """What verifies the messages it takes."""
        return Verifier(self.trusted_keys, self.signatures)

    @model_validator(mode="after")
    def _has_keys(self) -> Self:
        trusted = trusted_keys(self.trusted_keys)
        roles = {each.role for each in trusted.values()}
        if self.signatures is SignaturePolicy.REQUIRE:
            if self.signing_key is None:
                raise ValueError("SIGNING_KEY must be set where SIGNATURES is require")
            if missing := [role for role in self.heard if role not in roles]:
                raise ValueError(f"TRUSTED_KEYS must list a key of {', '.join(missing)} where SIGNATURES is require")
        if self.signing_key is not None and self.role in roles:
            own = trusted.get(key_id(private_key(self.signing_key.get_secret_value()).public_key()))
            if own is None or own.role != self.role:
                raise ValueError(f"TRUSTED_KEYS must list the public key of SIGNING_KEY, as one of {self.role}")
        return self


class HttpSettings(HttpLimits, BaseSettings):
    """The bounds of a service's HTTP server, `HTTP_<NAME>` in the environment."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="HTTP_", env_ignore_empty=True)


class KnowsAll(BaseSettings):
    """Settings to whose prefix nothing else belongs: any other variable that begins with it is an error."""


MISSPELT = 0.89
"""How alike a variable is to one of ours (`difflib`) that it must be meant for it: a letter off in ten."""


def variables(settings: type[BaseSettings]) -> list[str]:
    """The variables that a settings class reads, in capitals."""
    prefix = settings.model_config.get("env_prefix", "")
    return [str(info.validation_alias or prefix + field).upper() for field, info in settings.model_fields.items()]


def _misspelt(settings: type[BaseSettings]) -> dict[str, str]:
    """The variables that are taken for a setting's, each with the one that may have been meant, "" where none is."""
    known = variables(settings)
    prefix = settings.model_config.get("env_prefix", "").upper()
    found = {}
    for name in sorted({name.upper() for name in os.environ} - set(known)):
        if issubclass(settings, KnowsAll) and name.startswith(prefix):
            own = get_close_matches(name.removeprefix(prefix), [each.removeprefix(prefix) for each in known], 1)
            found[name] = "".join(prefix + each for each in own)
        elif close := get_close_matches(name, known, 1, MISSPELT):
            found[name] = close[0]
    return found


def read(settings: type[Settings]) -> Settings:
    """The settings in the environment; ends the process, naming every variable that is wrong, where they can't be read.

    No value is told: it may be a secret.
    """
    misspelt = _misspelt(settings)
    for name, meant in misspelt.items():
        sys.stderr.write(f"{name}: is none of ours{f'; {meant} is' if meant else ''}\n")
    if misspelt:
        raise SystemExit(WRONG_SETTINGS)
    try:
        return settings()
    except ValidationError as error:
        prefix = settings.model_config.get("env_prefix", "")
        for each in error.errors(include_url=False, include_input=False):
            variable = "".join(f"{prefix}{field}: ".upper() for field in each["loc"][:1])
            sys.stderr.write(f"{variable}{each['msg'].removeprefix('Value error, ')}\n")
        raise SystemExit(WRONG_SETTINGS) from None
