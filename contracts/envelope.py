"""CloudEvents 1.0, binary mode over AMQP: attributes travel as `cloudEvents:*` headers, the body is the event's JSON.

Source: CloudEvents AMQP Protocol Binding 1.0.2, section 3.1 (the prefix with a colon is the one its AMQP 1.0 text
permits;
RabbitMQ carries it unchanged). `sequence` and `partitionkey` are CloudEvents' own extension attributes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from contracts.events import EVENT_TYPES, AnyEvent
from contracts.positions import position_of
from contracts.strict_json import strict_json
from contracts.topology import MAX_ATTEMPTS
from contracts.validation import summary

CONTENT_TYPE = "application/json"
ATTEMPT_HEADER = "x-attempt"
PREFIX = "cloudEvents:"
PRODUCT = "correcta-exports"
SCHEMAS = "urn:correcta:"
"""What the id of an event's JSON Schema begins with; its type follows."""

SEQUENCE_DIGITS = 16
"""CloudEvents compares `sequence` as text, so each has the same number of digits: those of JavaScript's largest whole
number.
"""

_BROKERS = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count", "x-stream-offset")

_TYPE = re.compile(r"export\.[a-z]{1,20}\.v\d{1,2}", re.ASCII)
"""What a type of a newer version looks like; anything else is a stranger's words, which no error repeats."""

Value = TypeVar("Value")

LONGEST_BODY = 2 * 1024 * 1024
"""Bytes of a body that is read at all: twice what an export with the most warnings says of itself."""


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

    def attributes(self) -> dict[str, str]:
        """Its CloudEvents attributes but for the content type. `subject` is the export's id."""
        return {
            "specversion": "1.0",
            "id": str(self.id),
            "source": self.source,
            "type": self.event.type,
            "time": self.time.astimezone(UTC).isoformat(),
            "subject": str(self.event.export_id),
            "dataschema": SCHEMAS + self.event.type,
            "partitionkey": str(self.event.export_id),
            "sequence": f"{position_of(self.event):0{SEQUENCE_DIGITS}}",
        }

    def headers(self) -> dict[str, str]:
        """Its attributes as AMQP headers; strings only, because AMQP has no UUID."""
        return {PREFIX + name: value for name, value in self.attributes().items()}


def source_of(service: str) -> str:
    """The CloudEvents `source` of what a service publishes: `correcta-exports/<service>`.

    Version 1 of renderer and storage said their bare names. Readers take any source and compare none, so the two may
    run side by side: what changes is additive.
    """
    return f"{PRODUCT}/{service}"


def parse(headers: Mapping[str, object], body: bytes) -> Envelope:
    """The envelope a message carries. Attributes that version 1 did not write are not needed.

    Raises:
        UnknownType: the type is not one of ours.
        UnreadableMessage: an attribute is missing, the subject is not the body's export, or the body does not fit the
            event's model, is larger than `LONGEST_BODY` or says something twice. The error quotes nothing of it.
    """
    kind = str(headers.get(f"{PREFIX}type", ""))
    model = EVENT_TYPES.get(kind)
    if model is None:
        told = kind if _TYPE.fullmatch(kind) else "of no form of ours"
        raise (UnknownType if kind else UnreadableMessage)(f"unknown event type {told}")
    if len(body) > LONGEST_BODY:
        raise UnreadableMessage(f"a {kind} of {len(body)} bytes")
    try:
        event = model.model_validate_json(body, by_alias=True, by_name=False)
        strict_json(body)  # pydantic takes the last of two members of one name, another reader the first
        envelope = Envelope(
            id=UUID(str(headers[f"{PREFIX}id"])),
            source=str(headers[f"{PREFIX}source"]),
            time=datetime.fromisoformat(str(headers[f"{PREFIX}time"])),
            event=event,
        )
    except ValidationError as error:
        raise UnreadableMessage(f"an invalid {kind}: {summary(error)}") from None
    except (KeyError, ValueError, RecursionError) as error:
        raise UnreadableMessage(f"an invalid {kind}: {type(error).__name__}") from None
    if subject(headers) != event.export_id:
        raise UnreadableMessage(f"a {kind} whose subject is not its export")
    return envelope


def subject(headers: Mapping[str, object]) -> UUID | None:
    """The export a message is about, readable even when its body is not; None where the header is absent or
    malformed.
    """
    try:
        return UUID(str(headers[f"{PREFIX}subject"]))
    except (KeyError, ValueError):
        return None


def own_headers(headers: Mapping[str, Value]) -> dict[str, Value]:
    """A message's headers without those that the broker added: copied, they would make it take a message that is
    published again for a loop, and drop it.
    """
    return {name: value for name, value in headers.items() if not name.startswith(_BROKERS)}


def attempt_of(headers: Mapping[str, object]) -> int:
    """Which attempt at an export a message belongs to, from 1 to `MAX_ATTEMPTS`; 1 where its header is absent or
    malformed.
    """
    try:
        return min(max(1, int(str(headers.get(ATTEMPT_HEADER, 1)))), MAX_ATTEMPTS)
    except ValueError:
        return 1
