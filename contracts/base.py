"""The shape every message shares: frozen, camelCase on the wire, unknown fields ignored so that additive change is
safe.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _iso_z(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc), PlainSerializer(_iso_z, return_type=str, when_used="json")]
"""An aware moment, always held in UTC; written as ISO 8601 with milliseconds and `Z`."""


class Wire(BaseModel):
    """A frozen value that crosses a process boundary."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    def to_json(self) -> bytes:
        """The value as UTF-8 JSON with the wire's camelCase names."""
        return self.model_dump_json(by_alias=True).encode()
