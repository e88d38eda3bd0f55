"""Messages about shards: references only, small, and read strictly."""

from typing import Any
from uuid import uuid4

import pytest

from contracts.envelope import UnknownType, UnreadableMessage
from contracts.shard_envelope import LONGEST_BODY, fleet_headers, parse_fleet_message
from contracts.shards import (
    FLEET_TYPES,
    MOST_COPIES,
    HelperReady,
    ShardEnded,
    ShardOffered,
    ShardOutcome,
    ShardTaken,
    ShardWithdrawn,
)

DIGEST = "ab" * 32


def an_offer(**overrides: Any) -> ShardOffered:
    values = {"sender": uuid4(), "shard_id": uuid4(), "context": DIGEST, "copies": (DIGEST,), "seconds": 60.0}
    return ShardOffered(**(values | overrides))


MESSAGES = [
    an_offer(),
    ShardTaken(sender=uuid4(), shard_id=uuid4()),
    *(ShardEnded(sender=uuid4(), shard_id=uuid4(), outcome=outcome) for outcome in ShardOutcome),
    ShardWithdrawn(sender=uuid4(), shard_id=uuid4()),
    HelperReady(sender=uuid4(), fingerprint=DIGEST, workers=8),
]


def test_every_type_is_tried() -> None:
    assert {message.type for message in MESSAGES} == set(FLEET_TYPES)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_read_as_it_was_written(message: Any) -> None:
    assert parse_fleet_message(fleet_headers(message, "test"), message.to_json()) == message


def test_the_largest_is_small() -> None:
    assert len(an_offer(copies=(DIGEST,) * MOST_COPIES).to_json()) < LONGEST_BODY


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"not json",
        b"[" * 5_000,
        an_offer().to_json().replace(b"abab", b"ABAB"),
        an_offer().to_json().replace(b'"seconds":60.0', b'"seconds":1e9'),
        an_offer().to_json().replace(b'"seconds":60.0', b'"seconds":60.0,"seconds":1'),
        an_offer(copies=(DIGEST,) * MOST_COPIES).to_json().replace(b'["', b'["' + DIGEST.encode() + b'","', 1),
        an_offer().to_json()[:-1] + b',"more":"' + b"x" * LONGEST_BODY + b'"}',
    ],
)
def test_what_is_no_offer_is_refused_and_not_quoted(body: bytes) -> None:
    with pytest.raises(UnreadableMessage) as caught:
        parse_fleet_message({"cloudEvents:type": ShardOffered.type}, body)
    assert "xxxx" not in str(caught.value)


def test_another_type_is_none_of_these() -> None:
    with pytest.raises(UnknownType):
        parse_fleet_message({"cloudEvents:type": "export.requested.v1"}, b"{}")
