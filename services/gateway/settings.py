"""The gateway's settings, read from its environment. No secret has a default."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from contracts.states import SHEETS, Format
from contracts.timezones import DEFAULT_ZONE
from contracts.topology import Role
from services.common import tokens
from services.common.settings import CommonSettings, DatabaseSettings, DatabaseUrl
from services.common.tokens import Tokens
from services.gateway import csrf

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class GatewaySettings(CommonSettings, DatabaseSettings):
    """Times are in seconds, sizes in bytes."""

    role = Role.GATEWAY
    heard = (Role.GATEWAY, Role.RENDERER, Role.STORAGE)

    correcta_database_url: DatabaseUrl
    storage_url: str
    storage_get_token: Tokens = ()
    """The token of its requests to storage, which may read files only; without it, `internal_token`."""

    session_secret: SecretStr = Field(min_length=8)
    site_url: Annotated[tuple[str, ...], NoDecode] = ()
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

    exports_per_institution: int = Field(default=20, gt=0)
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
    sweep_seconds: float = Field(default=60.0, gt=0)

    @field_validator("site_url", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part for part in value.replace(",", " ").split() if part) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if not self.storage_get_token and not self.internal_token:
            raise ValueError("STORAGE_GET_TOKEN must be set, or INTERNAL_TOKEN in its place")
        for url in self.site_url:
            if csrf.origin(url) is None:
                raise ValueError(f"SITE_URL must list http or https addresses, not {url!r}")
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
    def secure(self) -> bool:
        """Whether browsers reach us over https, so that cookies of ours must be `Secure`."""
        return all(scheme == "https" for scheme, _, _ in self.site)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
