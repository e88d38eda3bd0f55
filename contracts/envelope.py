"""CloudEvents 1.0, binary mode over AMQP: attributes travel as `cloudEvents:*` headers, the body is the event's JSON.

Source: CloudEvents AMQP Protocol Binding 1.0.2, section 3.1 (the prefix with a colon is the one its AMQP 1.0 text
permits;
RabbitMQ carries it unchanged).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pydantic import ValidationError

from contracts.events import EVENT_TYPES, AnyEvent

CONTENT_TYPE = "application/json"
ATTEMPT_HEADER = "x-attempt"
PREFIX = "cloudEvents:"
PRODUCT = "correcta-exports"


class UnreadableMessage(ValueError):
    """A message that this version can't read: unknown type, missing attribute or invalid body."""


class UnknownType(UnreadableMessage):
    """An event of a type that a newer version has added. Readers of outcomes and facts pass over it."""


@dataclass(frozen=True)
class Envelope:
    """An event with the id, source and time it was published under. The same `id` means the same event."""

    id: UUID
    source: str
    time: datetime
    event: AnyEvent

    def headers(self) -> dict[str, str]:
        """Its attributes as AMQP headers."""
        return attribute_headers(
            id=self.id, source=self.source, type=self.event.type, time=self.time, subject=self.event.export_id
        )


def source_of(service: str) -> str:
    """The CloudEvents `source` of what a service publishes: `correcta-exports/<service>`.

    Version 1 of renderer and storage said their bare names. Readers take any source and compare none, so the two may
    run side by side: what changes is additive.
    """
    return f"{PRODUCT}/{service}"


def attribute_headers(*, id: UUID, source: str, type: str, time: datetime, subject: UUID) -> dict[str, str]:
    """CloudEvents attributes as AMQP headers; strings only, because AMQP has no UUID. `subject` is the export's id."""
    return {
        f"{PREFIX}specversion": "1.0",
        f"{PREFIX}id": str(id),
        f"{PREFIX}source": source,
        f"{PREFIX}type": type,
        f"{PREFIX}time": time.astimezone(UTC).isoformat(),
        f"{PREFIX}subject": str(subject),
    }


def parse(headers: Mapping[str, object], body: bytes) -> Envelope:
    """The envelope a message carries.

    Raises:
        UnknownType: the type is not one of ours.
        UnreadableMessage: an attribute is missing or the body does not fit the event's model.
    """
    kind = str(headers.get(f"{PREFIX}type", ""))
    model = EVENT_TYPES.get(kind)
    if model is None:
        raise (UnknownType if kind else UnreadableMessage)(f"unknown event type {kind[:100]!r}")
    try:
        return Envelope(
            id=UUID(str(headers[f"{PREFIX}id"])),
            source=str(headers[f"{PREFIX}source"]),
            time=datetime.fromisoformat(str(headers[f"{PREFIX}time"])),
            event=model.model_validate_json(body),
        )
    except (KeyError, ValueError, ValidationError) as error:
        raise UnreadableMessage(f"invalid {kind}: {error}") from error


def subject(headers: Mapping[str, object]) -> UUID | None:
    """The export a message is about, readable even when its body is not; None where the header is absent or
    malformed.
    """
    try:
        return UUID(str(headers[f"{PREFIX}subject"]))
    except (KeyError, ValueError):
        return None


def attempt_of(headers: Mapping[str, object]) -> int:
    """Which attempt at an export a message belongs to, from 1; 1 where its header is absent or malformed."""
    try:
        return max(1, int(str(headers.get(ATTEMPT_HEADER, 1))))
    except ValueError:
        return 1
