"""The CloudEvents attributes of messages about shards, in AMQP headers, and how a delivery is read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import ValidationError

from contracts.envelope import PREFIX, UnknownType, UnreadableMessage
from contracts.shards import FLEET_TYPES, AnyFleetMessage
from contracts.strict_json import strict_json
from contracts.validation import summary

LONGEST_BODY = 2_000
"""Bytes of a message about a shard."""


def fleet_headers(message: AnyFleetMessage, source: str) -> dict[str, str]:
    """A message's CloudEvents attributes, as AMQP headers."""
    attributes = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": source,
        "type": message.type,
        "time": datetime.now(UTC).isoformat(),
    }
    return {PREFIX + name: value for name, value in attributes.items()}


def parse_fleet_message(headers: Mapping[str, object], body: bytes) -> AnyFleetMessage:
    """The message that a delivery carries.

    Raises:
        UnknownType: the type is not one of these.
        UnreadableMessage: the body does not fit its model, is larger than `LONGEST_BODY` or says something twice. The
            error quotes nothing of it.
    """
    model = FLEET_TYPES.get(str(headers.get(f"{PREFIX}type", "")))
    if model is None:
        raise UnknownType("unknown type of a message about a shard")
    if len(body) > LONGEST_BODY:
        raise UnreadableMessage(f"a {model.type} of {len(body)} bytes")
    try:
        message = model.model_validate_json(body, by_alias=True, by_name=False)
        strict_json(body)
    except ValidationError as error:
        raise UnreadableMessage(f"an invalid {model.type}: {summary(error)}") from None
    except (ValueError, RecursionError) as error:
        raise UnreadableMessage(f"an invalid {model.type}: {type(error).__name__}") from None
    return message
