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
    """Correcta's tables, read only."""

    storage_url: HttpUrl
    """Where storage answers."""

    storage_get_token: Tokens = ()
    """The token of its requests to storage, which may read files only: 16 characters at least; without it,
    `INTERNAL_TOKEN`.
    """

    session_secret: SecretStr = Field(min_length=8)
    """Correcta's `NEXTAUTH_SECRET` (`AUTH_SECRET` of Auth.js 5)."""

    session_secret_previous: SecretStr | None = Field(default=None, min_length=8)
    """The secret before a rotation: sessions that it made are read until they end."""

    session_cookie_name: Listed = (sessions.COOKIE, sessions.AUTH_JS_COOKIE)
    """The session cookies of NextAuth 4 and of Auth.js, without `__Secure-`: with it they are read, too."""

    jwks_url: str | None = None
    """Where an identity provider publishes the keys of its bearer tokens; issuer and audience are then needed."""

    jwt_issuer: str | None = None
    """What claim `iss` of such a token must be."""

    jwt_audience: str | None = None
    """What claim `aud` of such a token must be or contain."""

    jwt_algorithms: Listed = ("RS256", "ES256", "EdDSA")
    """The signatures of such tokens that are taken."""

    site_url: Listed = ()
    """The addresses that browsers use, separated by commas or spaces; unsafe requests of other origins are refused.
    Without it, this process's own address.
    """

    allowed_hosts: Listed = ()
    """Values of `Host` that are answered, `*.example.org` included; any where none is named. Probes are always."""

    csrf_cookie_name: str = Field(default=csrf.COOKIE, pattern=COOKIE_NAME)
    """The name of the cookie that unsafe requests repeat in a header, as Correcta's own."""

    csrf_enabled: bool = True
    """Whether unsafe requests with a session cookie must repeat it."""

    csrf_allowed_origins: Listed = ()
    """Origins whose pages may send unsafe requests, beside `SITE_URL`."""

    demo: bool = False
    """A sign-in page for the sample school; refused for a public https `SITE_URL`."""

    correcta_audit: bool = False
    """Whether to write `EXPORT_PDF` and `EXPORT_CSV` to Correcta's `AuditLog`, as its worker did; it needs a grant."""

    default_timezone: ZoneInfo = DEFAULT_ZONE
    """The zone of the times of institutions whose settings name none; the same for all services."""

    body_limit: int = Field(default=64 * 1024, gt=0)
    """The greatest body of a request."""

    body_seconds: float = Field(default=10.0, gt=0)
    """How long a request's body may take to arrive."""

    starts_per_minute_user: int = Field(default=30, gt=0)
    """Exports that one user begins within any minute, at each gateway process, and as many cancelled; 429 beyond."""

    starts_per_minute_institution: int = Field(default=300, gt=0)
    """The same for an institution."""

    files_per_minute_service: int = Field(default=300, gt=0)
    """Files that one service fetches within any minute, at each gateway process; 429 beyond."""

    files_per_minute_institution: int = Field(default=1_000, gt=0)
    """The same for all services of an institution."""

    file_address_seconds: int = Field(default=0, ge=0, le=60)
    """How long the presigned address lives to which a service that fetches a file is redirected, where files are in a
    bucket; 0: the file itself is sent.
    """

    exports_per_institution: int = Field(default=20, gt=0)
    """Running exports of one institution; 429 beyond."""

    requests_ahead: int = Field(default=8, gt=0)
    """How many requests of one institution may wait at the broker; the others wait for their turn."""

    documents_per_institution: int = Field(default=50, gt=0)
    """PDF and ZIP files of one institution that are kept or made: each is promised until it expires, so 429 beyond."""

    sheets_per_institution: int = Field(default=200, gt=0)
    """The same for CSV and Excel files."""

    requester_share_percent: int = Field(default=50, gt=0, le=100)
    """How much of these three numbers one teacher or service may have at once, rounded up."""

    export_scope: Literal["institution", "course"] = "institution"
    """Whose exams a teacher may export: the institution's, or their own and those of classes that they teach
    (`course`). It does not narrow administrators.
    """

    streams_per_user: int = Field(default=10, gt=0)
    """Live streams that one user has open at a gateway process; 429 beyond."""

    streams_per_institution: int = Field(default=200, gt=0)
    """The same for an institution."""

    streams_per_process: int = Field(default=10_000, gt=0)
    """Live streams of a gateway process; 503 beyond."""

    stream_recheck_seconds: float = Field(default=15.0, gt=0)
    """How often an open stream's right to be open is looked at again."""

    stream_send_seconds: float = Field(default=10.0, gt=0)
    """How long a stream's reader may take nothing."""

    direct_download_seconds: float = Field(default=20.0, gt=0)
    """How long a link of Correcta's own (`/export/csv`) waits for its file before 503 with `Retry-After`."""

    database_connections: int = Field(default=10, gt=0)
    """Connections of a process to each of its databases."""

    drain_seconds: float = Field(default=0.5, ge=0)
    """How long requests are still served after SIGTERM: as long as a load balancer may take to stop sending any."""

    failed_retention_hours: float = Field(default=24.0, gt=0)
    """How long a failed or cancelled export is listed."""

    failed_retention_count: int = Field(default=100, gt=0)
    """How many of them are listed, the newest of an institution."""

    resend_seconds: float = Field(default=60.0, gt=0)
    """After how long without a sign of a renderer a request is published again, where none waits at the broker."""

    overdue_hours: float = Field(default=2.0, gt=0)
    """After how long without progress an export is ended as failed, `timed_out`."""

    forget_days: float = Field(default=30.0, gt=0)
    """How long the row of an expired export is kept."""

    events_days: float = Field(default=30.0, gt=0)
    """How long a published event can be read again at `/api/events`."""

    sweep_seconds: float = Field(default=60.0, gt=0)
    """How often what is past its time is looked for."""

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
