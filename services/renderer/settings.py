"""The renderer's settings, by environment only. Times are in seconds, sizes in bytes.

`LIMIT_<NAME>` overrides any limit of `limits.Limits`, for instance `LIMIT_COPIES=500`.
"""

import tempfile
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Annotated, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, AliasPath, Field, SecretBytes, SecretStr, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from contracts.timezones import DEFAULT_ZONE
from contracts.topology import Role
from services.common import tokens
from services.common.addresses import check_http
from services.common.settings import CommonSettings, DatabaseUrl, HttpUrl, KnowsAll, read
from services.common.tokens import Tokens
from services.renderer.cores import available_cores
from services.renderer.limits import CAPACITY_BYTES, RETENTION_SECONDS, Limits
from services.renderer.modes import Confinement, RendererTask, Typesetting

FOREIGN_SECRETS = frozenset(
    {
        "DATABASE_URL",
        "MIGRATION_DATABASE_URL",
        "SESSION_SECRET",
        "SESSION_SECRET_PREVIOUS",
        "STORAGE_DELETE_TOKEN",
        "STORAGE_GET_TOKEN",
    }
)
"""Variables of other services that hold a secret: one environment may serve all of them."""

PROVIDERS = ("AWS_", "AZURE_", "GOOGLE_")
"""How the variables begin by which a bucket's provider passes credentials to storage."""


def _own_folder() -> Path:
    return Path(tempfile.gettempdir()) / "correcta-renderer"


class WorkerSettings(BaseSettings):
    """How worker processes run, in the service and for the command line."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    confinement: Confinement = Confinement.AUTO
    """How worker processes are confined: `auto` by the layers that the kernel has, `require` not without all of them,
    `off` by the limits of resources only.
    """

    typesetter: Typesetting = Typesetting.TUNED
    """`tuned`, or `plain` for WeasyPrint as it was released: the same bytes, more slowly."""


class RendererSettings(WorkerSettings, CommonSettings):
    """What a renderer needs to know."""

    role = Role.RENDERER
    heard = (Role.GATEWAY, Role.RENDERER)

    correcta_database_url: DatabaseUrl
    """Correcta's tables, read only."""

    storage_url: HttpUrl
    """Where storage answers."""

    storage_put_token: Tokens = ()
    """The token of its requests to storage, which may store files only: 16 characters at least; without it,
    `INTERNAL_TOKEN`.
    """

    storage_blobs_token: Tokens = ()
    """The token by which renderers share copies through storage; without it, `INTERNAL_TOKEN`; without either, each
    renderer makes its exports alone.
    """

    tasks: Annotated[frozenset[RendererTask], NoDecode] = Field(
        default=frozenset(RendererTask), validation_alias="ROLE"
    )
    """What this renderer does: `coordinate` exports, `typeset` copies of others' exports, or both, separated by a
    comma.
    """

    workers: int = Field(default_factory=available_cores, ge=1)
    """Worker processes; by default one for each core this process may use."""

    work_folder: Path = Field(default_factory=_own_folder)
    """Where exports are made and typeset copies kept; private to this user, shared by the renderers of a machine. By
    default a folder of the temporary one.
    """

    cache_bytes: int = Field(default=CAPACITY_BYTES, ge=0)
    """Room for typeset copies; 0 keeps none."""

    retention_seconds: float = Field(default=RETENTION_SECONDS, gt=0)
    """How long a typeset copy may be kept: as long as files are."""

    image_base_urls: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses below which images may be fetched, the application's own first; separated by commas or spaces."""

    default_timezone: ZoneInfo = DEFAULT_ZONE
    """The zone of the times of institutions whose settings name none; the same for all services."""

    upload_seconds: float = Field(default=120.0, gt=0)
    """How long an upload is tried again while storage is away."""

    @field_validator("image_base_urls", "tasks", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("image_base_urls")
    @classmethod
    def _addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            check_http(url)
        return urls

    @model_validator(mode="after")
    def _has_token(self) -> Self:
        if not self.storage_put_token and not self.internal_token:
            raise ValueError("STORAGE_PUT_TOKEN must be set, or INTERNAL_TOKEN in its place")
        return self

    @property
    def blobs_token(self) -> str | None:
        """What its requests for blobs carry, if it may make any."""
        return tokens.sent(self.storage_blobs_token, self.internal_token) if self._shares else None

    @property
    def _shares(self) -> bool:
        return bool(self.storage_blobs_token or self.internal_token)

    @property
    def storage_token(self) -> str:
        """What its requests to storage carry."""
        return tokens.sent(self.storage_put_token, self.internal_token)


class _LimitSettings(Limits, KnowsAll):
    model_config = SettingsConfigDict(frozen=True, env_prefix="LIMIT_", env_ignore_empty=True)


def limits() -> Limits:
    """The limits with the environment's overrides. Only `__main__` and the command line call this."""
    return Limits(**read(_LimitSettings).model_dump())


def secret_variables(settings: type[BaseSettings]) -> frozenset[str]:
    """The environment variables, in capitals, that a settings class reads a `SecretStr` from."""
    prefix = settings.model_config.get("env_prefix", "")
    names = {
        name
        for field, info in settings.model_fields.items()
        if _is_secret(info.annotation)
        for name in (prefix + field, *_aliases(info))
    }
    return frozenset(name.upper() for name in names)


def forget_secrets(environment: MutableMapping[str, str], settings: type[BaseSettings]) -> None:
    """Remove every secret from an environment: those of the settings class, of other services and of providers."""
    secret = secret_variables(settings) | FOREIGN_SECRETS
    for name in list(environment):
        if name.upper() in secret or name.upper().startswith(PROVIDERS):  # pydantic reads names in any case
            del environment[name]


def _is_secret(annotation: object) -> bool:
    """Whether a type is a secret's, or a union, a container or an annotated type with one inside."""
    is_one = isinstance(annotation, type) and issubclass(annotation, SecretStr | SecretBytes)
    return is_one or any(_is_secret(part) for part in get_args(annotation))


def _aliases(info: FieldInfo) -> Iterator[str]:
    """The names that a field declares for its variable beside its own."""
    declared = info.validation_alias
    for alias in declared.choices if isinstance(declared, AliasChoices) else (declared,):
        if isinstance(alias, AliasPath):
            yield str(alias.path[0])
        elif alias is not None:
            yield alias
