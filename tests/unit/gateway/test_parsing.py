"""What a body may ask for, and the small things a request may carry."""

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.options import Audience, Order, ReportOptions
from services.gateway import parsing
from services.gateway.errors import (
    ExportNotFound,
    GatewayError,
    InvalidIdempotencyKey,
    InvalidOption,
    MissingJobId,
    UnknownOption,
)
from services.gateway.parsing import ExportRequestBody


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b'{"classIds":null,"options":null}', b'{"classIds":[]}'])
def test_nothing_asked_is_everything_as_usual(body: bytes) -> None:
    assert parsing.export_request(body) == ExportRequestBody()


def test_every_option_is_understood() -> None:
    body = {
        "classIds": ["b", "a", "b"],
        "options": {"audience": "jury", "statements": False, "duplex": True, "order": "score", "language": "en"},
    }
    parsed = parsing.export_request(json.dumps(body).encode())
    assert parsed.class_ids == ("b", "a")
    assert (parsed.options.audience, parsed.options.order, parsed.options.statements) == (
        Audience.JURY,
        Order.SCORE,
        False,
    )


def test_the_option_at_fault_is_named() -> None:
    with pytest.raises(UnknownOption) as unknown:
        parsing.export_request(b'{"options":{"stats":true}}')
    assert unknown.value.extra == {"option": "stats"}
    with pytest.raises(InvalidOption) as invalid:
        parsing.export_request(b'{"options":{"duplex":1}}')
    assert invalid.value.extra == {"option": "duplex"}


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
)


@given(st.one_of(st.binary(max_size=200), json_values.map(lambda value: json.dumps(value).encode())))
def test_any_body_is_a_request_or_an_error_of_ours(body: bytes) -> None:
    found: ExportRequestBody | GatewayError
    try:
        found = parsing.export_request(body)
    except GatewayError as error:
        found = error
    assert isinstance(found, ExportRequestBody) or 400 <= found.status < 500


@given(st.dictionaries(st.sampled_from([*ReportOptions.model_fields, "other"]), json_values, min_size=1))
def test_an_option_never_means_something_it_does_not_say(options: dict[str, object]) -> None:
    try:
        parsed = parsing.export_request(json.dumps({"options": options}).encode())
    except GatewayError:
        return
    for name, value in options.items():
        assert parsed.options.model_dump(mode="json")[name] == value
        assert type(parsed.options.model_dump(mode="json")[name]) is type(value)


@pytest.mark.parametrize("key", ["k", "a b", "k" * 200, "!~"])
def test_keys_as_sent(key: str) -> None:
    assert parsing.idempotency_key(key) == key
    assert parsing.idempotency_key(None) is None


@pytest.mark.parametrize("key", ["", " k", "k" * 201, "é", "a\tb", "a\x7f"])
def test_keys_that_are_none(key: str) -> None:
    with pytest.raises(InvalidIdempotencyKey):
        parsing.idempotency_key(key)


def test_a_job_id_is_required_and_what_is_no_id_is_nobodys() -> None:
    job = uuid4()
    assert parsing.job_id(str(job)) == job
    for absent in (None, ""):
        with pytest.raises(MissingJobId):
            parsing.job_id(absent)
    for strange in ("1", "../x", "0" * 33, "\0"):
        with pytest.raises(ExportNotFound):
            parsing.job_id(strange)


@pytest.mark.parametrize(("text", "allowed"), [("x", True), ("", False), ("a\0b", False), ("x" * 501, False)])
def test_what_postgresql_could_hold(text: str, allowed: bool) -> None:
    assert parsing.storable(text) is allowed
