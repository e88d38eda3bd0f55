"""The gateway's settings, read from its environment. No secret has a default."""

import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from contracts.states import SHEETS, Format
from contracts.timezones import DEFAULT_ZONE
from contracts.topology import Role
from services.common import tokens
from services.common.settings import CommonSettings, DatabaseSettings, DatabaseUrl, HttpUrl
from services.common.tokens import Tokens
from services.gateway.identity import csrf, sessions, signed_tokens

COOKIE_NAME = re.compile(r"^[A-Za-z0-9_.-]+$")
HOST_PATTERN = re.compile(r"\*|(\*\.)?[a-z0-9._-]+|\[[0-9a-f:.]+\]")

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def _listed(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
"""Words separated by commas or spaces."""


class GatewaySettings(CommonSettings, DatabaseSettings):
    """Times are in seconds, sizes in bytes."""

    role = Role.GATEWAY
    heard = (Role.GATEWAY, Role.RENDERER, Role.STORAGE)

    correcta_database_url: DatabaseUrl
    storage_url: HttpUrl
    storage_get_token: Tokens = ()
    """The token of its requests to storage, which may read files only; without it, `internal_token`."""

    session_secret: SecretStr = Field(min_length=8)
    session_secret_previous: SecretStr | None = Field(default=None, min_length=8)
    """The secret before a rotation: sessions that it made are read until they end."""

    session_cookie_name: Listed = (sessions.COOKIE, sessions.AUTH_JS_COOKIE)
    """The session cookies of NextAuth 4 and of Auth.js, without `__Secure-`: with it they are read, too."""

    jwks_url: str | None = None
    """Where an identity provider publishes the keys of its bearer tokens; issuer and audience are then needed."""

    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_algorithms: Listed = ("RS256", "ES256", "EdDSA")

    site_url: Listed = ()
    allowed_hosts: Listed = ()
    """Values of `Host` that are answered, `*.example.org` included; any where none is named. Probes are always."""

    csrf_cookie_name: str = Field(default=csrf.COOKIE, pattern=COOKIE_NAME)
    csrf_enabled: bool = True
    csrf_allowed_origins: Listed = ()
    """Origins whose pages may send unsafe requests, beside SITE_URL."""

    demo: bool = False
    correcta_audit: bool = False
    """Whether to write `EXPORT_PDF` and `EXPORT_CSV` to Correcta's `AuditLog`, as its worker did; it needs a grant."""

    default_timezone: ZoneInfo = DEFAULT_ZONE
    """The zone of the times of institutions whose settings name none."""

    body_limit: int = Field(default=64 * 1024, gt=0)
    body_seconds: float = Field(default=10.0, gt=0)
    starts_per_minute_user: int = Field(default=30, gt=0)
    starts_per_minute_institution: int = Field(default=300, gt=0)
    """Exports begun, and as many cancelled, within any minute, at each gateway process."""

    files_per_minute_service: int = Field(default=300, gt=0)
    files_per_minute_institution: int = Field(default=1_000, gt=0)
    """Files that one service, and all services of an institution, fetch within any minute, likewise."""

    file_address_seconds: int = Field(default=0, ge=0, le=60)
    """How long the presigned address lives to which a service that fetches a file is redirected, where files are in a
    bucket; 0: the file itself is sent.
    """

    exports_per_institution: int = Field(default=20, gt=0)
    requests_ahead: int = Field(default=8, gt=0)
    """How many requests of one institution may wait at the broker; the others wait for their turn."""

    documents_per_institution: int = Field(default=50, gt=0)
    sheets_per_institution: int = Field(default=200, gt=0)
    """How many files of each kind are kept or made: each is promised until it expires, so no other is begun beyond."""

    requester_share_percent: int = Field(default=50, gt=0, le=100)
    """Of those numbers, how much one teacher or service may have at once: rounded up."""

    export_scope: Literal["institution", "course"] = "institution"
    """Whose exams a teacher may export: the institution's, or their own and those of classes that they teach. It does
    not narrow administrators.
    """

    streams_per_user: int = Field(default=10, gt=0)
    streams_per_institution: int = Field(default=200, gt=0)
    streams_per_process: int = Field(default=10_000, gt=0)
    stream_recheck_seconds: float = Field(default=15.0, gt=0)
    stream_send_seconds: float = Field(default=10.0, gt=0)
    direct_download_seconds: float = Field(default=20.0, gt=0)
    database_connections: int = Field(default=10, gt=0)
    drain_seconds: float = Field(default=0.5, ge=0)
    """How long requests are still served after SIGTERM: as long as a load balancer may take to stop sending any."""

    failed_retention_hours: float = Field(default=24.0, gt=0)
    failed_retention_count: int = Field(default=100, gt=0)
    resend_seconds: float = Field(default=60.0, gt=0)
    """After how long without a sign of a renderer a request is published again, where none waits at the broker."""

    overdue_hours: float = Field(default=2.0, gt=0)
    forget_days: float = Field(default=30.0, gt=0)
    events_days: float = Field(default=30.0, gt=0)
    """How long a published event can be read again at `/api/events`."""

    sweep_seconds: float = Field(default=60.0, gt=0)

    @field_validator("session_cookie_name")
    @classmethod
    def _names_of_cookies(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or not all(map(COOKIE_NAME.fullmatch, names)):
            raise ValueError("SESSION_COOKIE_NAME must list names of cookies")
        return names

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(HOST_PATTERN.fullmatch, map(str.lower, hosts))):
            raise ValueError("ALLOWED_HOSTS must list names of hosts without a port, or *.example.org")
        return tuple(map(str.lower, hosts))

    @field_validator("jwt_algorithms")
    @classmethod
    def _asymmetric(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or not signed_tokens.ALGORITHMS.issuperset(names):
            raise ValueError(f"JWT_ALGORITHMS must be among {', '.join(sorted(signed_tokens.ALGORITHMS))}")
        return names

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        if self.jwks_url is not None and csrf.origin(self.jwks_url) is None:
            raise ValueError("JWKS_URL must be an http or https address")
        if self.jwks_url is not None and not (self.jwt_issuer and self.jwt_audience):
            raise ValueError("JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE: a provider signs for others, too")
        return self

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if not self.storage_get_token and not self.internal_token:
            raise ValueError("STORAGE_GET_TOKEN must be set, or INTERNAL_TOKEN in its place")
        for name, urls in (("SITE_URL", self.site_url), ("CSRF_ALLOWED_ORIGINS", self.csrf_allowed_origins)):
            if any(csrf.origin(url) is None for url in urls):
                raise ValueError(f"{name} must list http or https addresses")
        if self.demo and not all(host in LOCAL_HOSTS for scheme, host, _ in self.site if scheme == "https"):
            raise ValueError("DEMO lets anyone sign in as any teacher: it refuses to run for a public https SITE_URL")
        return self

    def files_per_institution(self, format: Format) -> int:
        """How many files of a format's kind an institution may have."""
        return self.sheets_per_institution if format in SHEETS else self.documents_per_institution

    @property
    def storage_token(self) -> str:
        """What its requests to storage carry."""
        return tokens.sent(self.storage_get_token, self.internal_token)

    @property
    def site(self) -> frozenset[csrf.Origin]:
        """The origins our pages are served from; without SITE_URL, this process's own address."""
        own = [f"http://{host}:{self.port}" for host in ("localhost", "127.0.0.1", "[::1]", _bracketed(self.host))]
        return csrf.origins(self.site_url or own)

    @property
    def allowed_origins(self) -> frozenset[csrf.Origin]:
        """The origins whose pages may send unsafe requests."""
        return self.site | csrf.origins(self.csrf_allowed_origins)

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over https, so that cookies of ours must be `Secure`."""
        return all(scheme == "https" for scheme, _, _ in self.site)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
