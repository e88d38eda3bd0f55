"""Whatever bytes the properties of a message are, it arrives; what can be decoded, unchanged."""

import struct
from datetime import UTC, datetime
from unittest.mock import Mock

import aio_pika
import pytest
from aio_pika.message import IncomingMessage
from aiormq.abc import DeliveredMessage
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from services.common import amqp_properties

HEADERS, TIMESTAMP = 1 << 13, 1 << 6
REFUSED_BY_THE_BROKER = 1 << 12 | 1 << 8 | 1
"""A delivery mode that is none, an expiration that is no number; and the flag that more flags follow."""

NO_UTF8 = struct.pack(">IB2scI", 9, 2, b"\xff\xfe", b"S", 1) + b"x"
"""A table with one header, whose name is not UTF-8."""


@pytest.fixture(autouse=True)
def _tolerant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Basic.Properties, "unmarshal", Basic.Properties.unmarshal)  # put back after the test
    amqp_properties.tolerate()


def arrived(flags: int, properties: bytes) -> IncomingMessage:
    header = ContentHeader()
    header.unmarshal(struct.pack(">HHQH", Basic.frame_id, 0, 2, flags) + properties)
    delivery = Basic.Deliver(consumer_tag="c", delivery_tag=1, exchange="", routing_key="q")
    return IncomingMessage(DeliveredMessage(delivery=delivery, header=header, body=b"{}", channel=Mock()))


def nested(levels: int) -> bytes:
    table = b""
    for _ in range(levels):
        table = b"\x01aF" + struct.pack(">I", len(table)) + table
    return struct.pack(">I", len(table)) + table


@pytest.mark.parametrize(
    ("flags", "properties"),
    [
        (HEADERS, NO_UTF8),
        (HEADERS, nested(10_000)),
        (HEADERS, struct.pack(">I", 2**31)),
        (HEADERS, struct.pack(">I", 3) + b"\x01a?"),
        (TIMESTAMP, struct.pack(">Q", 2**63)),
        (TIMESTAMP, struct.pack(">Q", 2**64 - 1)),
    ],
)
def test_properties_that_cannot_be_taken_are_as_if_none_had_been_sent(flags: int, properties: bytes) -> None:
    message = arrived(flags, properties)
    assert (message.headers, message.timestamp, message.body) == ({}, None, b"{}")


def test_properties_that_can_be_taken_are_unchanged() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    sent = aio_pika.Message(b"{}", headers={"a": "é", "n": 1}, delivery_mode=2, timestamp=now, message_id="m")
    header = ContentHeader(properties=sent.properties)
    read = ContentHeader()
    read.unmarshal(header.marshal())
    assert read.properties == sent.properties


@given(st.integers(0, 2**16 - 1).map(lambda flags: flags & ~REFUSED_BY_THE_BROKER), st.binary(max_size=60))
def test_any_properties_make_a_message(flags: int, properties: bytes) -> None:
    arrived(flags, properties)
