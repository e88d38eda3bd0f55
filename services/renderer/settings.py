"""The renderer's settings, by environment only. Times are in seconds, sizes in bytes.

`LIMIT_<NAME>` overrides any limit of `limits.Limits`, for instance `LIMIT_COPIES=500`.
"""

import tempfile
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.common.settings import CommonSettings
from services.renderer.cores import available_cores
from services.renderer.limits import CAPACITY_BYTES, RETENTION_SECONDS, Limits


def _own_folder() -> Path:
    return Path(tempfile.gettempdir()) / "correcta-renderer"


class RendererSettings(CommonSettings):
    """What a renderer needs to know."""

    correcta_database_url: SecretStr
    storage_url: str
    workers: int = Field(default_factory=available_cores, ge=1)
    """Worker processes; by default one for each core this process may use."""

    work_folder: Path = Field(default_factory=_own_folder)
    """Where exports are made and typeset copies kept; private to this user, shared by the renderers of a machine."""

    cache_bytes: int = Field(default=CAPACITY_BYTES, ge=0)
    """For typeset copies; 0 keeps none."""

    retention_seconds: float = Field(default=RETENTION_SECONDS, gt=0)
    """How long a typeset copy may be kept: as long as files are."""

    image_base_urls: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses below which images may be fetched, the application's own first; separated by commas or spaces."""

    upload_seconds: float = Field(default=120.0, gt=0)
    """How long an upload is tried again while storage is away."""

    @field_validator("image_base_urls", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


class _LimitSettings(Limits, BaseSettings):
    model_config = SettingsConfigDict(frozen=True, env_prefix="LIMIT_", env_ignore_empty=True)


def limits() -> Limits:
    """The limits with the environment's overrides. Only `__main__` and the command line call this."""
    return Limits(**_LimitSettings().model_dump())
