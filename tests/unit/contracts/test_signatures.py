"""Two different messages never have the same signed bytes, and a signature has one spelling."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import ATTEMPT_HEADER, PREFIX
from contracts.signatures import (
    MalformedSignature,
    Signature,
    Unsignable,
    attempt,
    parse_signature,
    signed_message,
    signed_retry,
)

VALUE = b"\xfb\xff" * 32
KEY = "0123456789abcdef"

short_texts = st.text(alphabet="ab:,\0é", max_size=3)
attributes = st.dictionaries(short_texts.map(lambda name: PREFIX + name), short_texts, max_size=3)
bodies = st.binary(max_size=4)
attempts = st.integers(1, 3)


def with_attempt(headers: Mapping[str, str], number: int) -> dict[str, str]:
    return {**headers, ATTEMPT_HEADER: str(number)}


@given(attributes, bodies, attributes, bodies)
def test_messages_that_differ_are_signed_apart(
    headers: dict[str, str], body: bytes, others: dict[str, str], other: bytes
) -> None:
    same = signed_message(headers, body) == signed_message(others, other)
    assert same == ((headers, body) == (others, other))


@given(attributes, bodies, attempts, attributes, bodies, attempts)
def test_attempts_that_differ_are_signed_apart(
    headers: dict[str, str], body: bytes, number: int, others: dict[str, str], other: bytes, another: int
) -> None:
    same = signed_retry(with_attempt(headers, number), body) == signed_retry(with_attempt(others, another), other)
    assert same == ((headers, body, number) == (others, other, another))


@given(attributes, bodies, attributes, bodies, attempts)
def test_a_message_is_no_attempt(
    headers: dict[str, str], body: bytes, others: dict[str, str], other: bytes, number: int
) -> None:
    """Whoever may sign attempts only can't have signed a message."""
    assert signed_message(headers, body) != signed_retry(with_attempt(others, number), other)


@given(attributes, bodies, st.lists(short_texts, min_size=2, max_size=4))
def test_bytes_cannot_move_between_an_attribute_and_its_neighbours(
    headers: dict[str, str], body: bytes, texts: list[str]
) -> None:
    one = {f"{PREFIX}{number}": text for number, text in enumerate(texts)}
    joined = {f"{PREFIX}0": "".join(texts)}
    assert signed_message(headers | one, body) != signed_message(headers | joined, body)


def test_what_others_add_on_the_way_is_outside_and_order_does_not_matter() -> None:
    sent = {f"{PREFIX}id": "1", f"{PREFIX}type": "t"}
    arrived = {"x-death": [{"count": 1}], f"{PREFIX}type": "t", "traceparent": "00", f"{PREFIX}id": "1"}
    assert signed_message(sent, b"{}") == signed_message(arrived, b"{}")
    assert signed_message(sent, b"{}") != signed_message({**sent, f"{PREFIX}more": ""}, b"{}")


@pytest.mark.parametrize("value", [None, 1, b"\xff", "\ud800", ["a"], {"a": "b"}, True])
def test_an_attribute_that_is_not_text_cannot_be_signed(value: object) -> None:
    with pytest.raises(Unsignable):
        signed_message({f"{PREFIX}id": value}, b"")


WRONG_ATTEMPTS = ["0", "01", "-1", "+1", "1.0", " 1", "1 ", "²", "١", "1" * 10, "", 2, None, b"2", "1\n"]


@pytest.mark.parametrize("value", WRONG_ATTEMPTS)
def test_an_attempt_has_one_spelling(value: object) -> None:
    with pytest.raises(Unsignable):
        attempt({ATTEMPT_HEADER: value})


def test_a_message_without_attempt_is_the_first() -> None:
    assert (attempt({}), attempt({ATTEMPT_HEADER: "2"})) == (1, 2)
    assert signed_retry({}, b"") == signed_retry({ATTEMPT_HEADER: "1"}, b"")


@given(st.binary(min_size=64, max_size=64))
def test_a_signature_is_read_as_it_was_written(value: bytes) -> None:
    signature = Signature(KEY, value)
    assert parse_signature(str(signature)) == signature


WRITTEN = str(Signature(KEY, VALUE))


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"",
        "",
        WRITTEN + "=",
        WRITTEN[:-1],
        WRITTEN[:-1] + chr(ord(WRITTEN[-1]) + 1),
        WRITTEN.replace("ed25519", "none"),
        WRITTEN.replace(KEY, KEY.upper()),
        WRITTEN.replace(KEY, ""),
        WRITTEN.replace("-", "+").replace("_", "/"),
        f" {WRITTEN}",
        f"{WRITTEN}\n",
        WRITTEN.encode(),
        "x" * 1_000_000,
    ],
)
def test_what_is_no_signature_is_refused(text: object) -> None:
    with pytest.raises(MalformedSignature):
        parse_signature(text)
