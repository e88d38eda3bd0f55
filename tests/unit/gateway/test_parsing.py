"""What a body may ask for, and the small things a request may carry."""

import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.options import Audience, Order, ReportOptions
from services.gateway import parsing
from services.gateway.errors import (
    DuplicateMember,
    ExportNotFound,
    GatewayError,
    InvalidIdempotencyKey,
    InvalidJson,
    InvalidOption,
    MissingJobId,
    RepeatedParameter,
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
    for strange in (
        "1",
        "../x",
        "0" * 33,
        "\0",
        "٣" * 32,
        f"{{{job}}}",
        f"urn:uuid:{job}",
        job.hex,
        f"{job}\n",
        f" {job}",
    ):
        with pytest.raises(ExportNotFound):
            parsing.job_id(strange)


@given(st.text(max_size=40) | st.from_regex(r"\A\w{8}(-\w{4}){3}-\w{12}\Z"))
def test_any_text_is_a_job_id_in_its_own_spelling_or_nobodys(text: str) -> None:
    try:
        found = parsing.job_id(text)
    except (ExportNotFound, MissingJobId):
        return
    assert str(found) == text.lower()
    assert found == UUID(text)


def test_a_parameter_that_names_one_thing_is_given_once() -> None:
    assert parsing.single([]) is None
    assert parsing.single(["a"]) == "a"
    for several in (["a", "b"], ["a", "a"]):
        with pytest.raises(RepeatedParameter):
            parsing.single(several)


@pytest.mark.parametrize(
    ("header", "position"),
    [(None, -1), ("", -1), ("12", 12), ("0012", 12), ("²", -1), ("٣", -1), ("-1", -1), ("1" * 16, -1), (" 1", -1)],
)
def test_positions_are_ascii_digits(header: str | None, position: int) -> None:
    assert parsing.last_event_id(header) == position


@pytest.mark.parametrize(
    "body", [b'{"classIds":["one"],"classIds":null}', b'{"options":{"audience":"student","audience":"jury"}}']
)
def test_a_member_given_twice_widens_nothing(body: bytes) -> None:
    with pytest.raises(DuplicateMember):
        parsing.export_request(body)


@pytest.mark.parametrize(
    "body", [b'{"classIds":["\\ud800"]}', b'{"options":NaN}', b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"[" * 60_000]
)
def test_what_only_some_readers_take_is_no_json(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        parsing.export_request(body)


@pytest.mark.parametrize(
    ("text", "allowed"), [("x", True), ("", False), ("a\0b", False), ("x" * 501, False), ("a\ud800", False)]
)
def test_what_postgresql_could_hold(text: str, allowed: bool) -> None:
    assert parsing.storable(text) is allowed
