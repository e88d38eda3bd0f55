"""The shape every message shares: frozen, camelCase on the wire, unknown fields ignored so that additive change is
safe.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints
from pydantic.alias_generators import to_camel

LONGEST_ID = 500
LARGEST_COUNT = 2**31 - 1
LARGEST_SIZE = 2**53 - 1


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _iso_z(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc), PlainSerializer(_iso_z, return_type=str, when_used="json")]
"""An aware moment, always held in UTC; written as ISO 8601 with milliseconds and `Z`."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ID, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An id of Correcta's or ours: text without control characters that PostgreSQL and an HTTP header can hold."""

Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
"""A number that PostgreSQL's `integer` holds."""

Size = Annotated[int, Field(ge=0, le=LARGEST_SIZE)]
"""Bytes: what JavaScript counts exactly, and PostgreSQL's `bigint` holds."""


class Wire(BaseModel):
    """A frozen value that crosses a process boundary."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    def to_json(self) -> bytes:
        """The value as UTF-8 JSON with the wire's camelCase names."""
        return self.model_dump_json(by_alias=True).encode()
