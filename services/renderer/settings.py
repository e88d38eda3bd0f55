"""The renderer's settings, by environment only. Times are in seconds, sizes in bytes.

`LIMIT_<NAME>` overrides any field of `limits.Limits`, for instance `LIMIT_COPIES=500`.
"""

import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, create_model, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.common.settings import CommonSettings
from services.renderer.limits import Limits
from services.renderer.workers.cache import CAPACITY_BYTES, RETENTION_SECONDS
from services.renderer.workers.confinement import available_cores


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


class _LimitSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="LIMIT_", env_ignore_empty=True)


def limits() -> Limits:
    """The limits with the environment's overrides. Only `__main__` and the command line call this."""
    bounds: dict[str, Any] = {bound.name: (bound.type, Field(default=bound.default, gt=0)) for bound in fields(Limits)}
    return Limits(**create_model("_Bounds", __base__=_LimitSettings, **bounds)().model_dump())
