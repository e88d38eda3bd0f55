import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from contracts import envelope
from contracts.envelope import Envelope, UnknownType, UnreadableMessage
from contracts.events import EVENT_TYPES, AnyEvent, ExportCompleted, ExportExpired
from tests.builders import AS_OF, an_export_completed, an_export_progress, an_export_requested


def _an_envelope() -> Envelope:
    return Envelope(id=uuid4(), source=envelope.source_of("gateway"), time=AS_OF, event=an_export_requested())


def test_an_envelope_comes_back_as_it_was_sent() -> None:
    sent = _an_envelope()
    assert envelope.parse(sent.headers(), sent.event.to_json()) == sent


def test_headers_are_cloudevents_in_strings() -> None:
    sent = _an_envelope()
    headers = sent.headers()
    assert headers["cloudEvents:specversion"] == "1.0"
    assert headers["cloudEvents:type"] == "export.requested.v1"
    assert headers["cloudEvents:subject"] == str(sent.event.export_id)
    assert all(isinstance(value, str) for value in headers.values())


def test_headers_tell_time_in_utc() -> None:
    paris = datetime(2026, 1, 20, 11, 0, tzinfo=timezone(timedelta(hours=1)))
    sent = Envelope(id=uuid4(), source=envelope.source_of("gateway"), time=paris, event=an_export_requested())
    assert sent.headers()["cloudEvents:time"] == "2026-01-20T10:00:00+00:00"


def test_an_unknown_type_is_unreadable() -> None:
    headers = _an_envelope().headers() | {"cloudEvents:type": "export.requested.v2"}
    with pytest.raises(UnreadableMessage, match=r"export\.requested\.v2"):
        envelope.parse(headers, b"{}")


@pytest.mark.parametrize("name", ["id", "source", "time"])
def test_a_missing_attribute_is_unreadable(name: str) -> None:
    sent = _an_envelope()
    headers = {key: value for key, value in sent.headers().items() if key != f"cloudEvents:{name}"}
    with pytest.raises(UnreadableMessage):
        envelope.parse(headers, sent.event.to_json())


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"{}", b"\xff", b'{"exportId":"x"}'])
def test_an_invalid_body_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableMessage):
        envelope.parse(_an_envelope().headers(), body)


@pytest.mark.parametrize("headers", [{}, {"cloudEvents:subject": "not an id"}])
def test_a_message_without_a_readable_subject_is_about_nothing(headers: dict[str, str]) -> None:
    assert envelope.subject(headers) is None


def test_the_subject_is_readable_without_the_body() -> None:
    sent = _an_envelope()
    assert envelope.subject(sent.headers()) == sent.event.export_id


def test_every_event_is_found_by_its_own_type() -> None:
    assert all(model.type == kind for kind, model in EVENT_TYPES.items())
    assert all(kind.startswith("export.") and kind.endswith(".v1") for kind in EVENT_TYPES)


def test_times_travel_in_utc_with_milliseconds() -> None:
    later = datetime(2026, 1, 20, 12, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=2)))
    event = an_export_completed(completed_at=later)
    assert event.completed_at.tzinfo is UTC
    assert b'"completedAt":"2026-01-20T10:00:00.123Z"' in event.to_json()


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone"):
        an_export_completed(completed_at=datetime(2026, 1, 20))


def test_a_source_names_product_and_service() -> None:
    assert envelope.source_of("renderer") == "correcta-exports/renderer"


def test_the_bare_source_of_version_1_is_read_all_the_same() -> None:
    sent = _an_envelope()
    headers = sent.headers() | {"cloudEvents:source": "renderer"}
    assert envelope.parse(headers, sent.event.to_json()).event == sent.event


@pytest.mark.parametrize(
    ("header", "attempt"),
    [(None, 1), ("2", 2), (2, 2), ("0", 1), ("-3", 1), ("two", 1), ("3", 2), (2**40, 2), ("9" * 5000, 1)],
)
def test_the_attempt_is_one_where_its_header_says_no_number(header: object, attempt: int) -> None:
    assert envelope.attempt_of({} if header is None else {envelope.ATTEMPT_HEADER: header}) == attempt


def test_extension_attributes_order_and_group_the_events_of_an_export() -> None:
    headers = _an_envelope().headers()
    assert headers["cloudEvents:partitionkey"] == headers["cloudEvents:subject"]
    assert headers["cloudEvents:dataschema"] == "urn:correcta:export.requested.v1"
    assert headers["cloudEvents:sequence"] == "0" * 16


def test_sequences_compare_as_text_as_the_states_follow_each_other() -> None:
    asked = an_export_requested()
    events: list[AnyEvent] = [
        asked,
        an_export_progress(sequence=0),
        an_export_progress(sequence=7),
        an_export_progress(attempt=2, sequence=0),
        an_export_progress(attempt=2**31 - 1, sequence=2**31 - 1),
        an_export_completed(),
        ExportExpired(**asked.identity, expired_at=AS_OF),
    ]
    texts = [Envelope(uuid4(), "s", AS_OF, event).headers()["cloudEvents:sequence"] for event in events]
    assert texts == sorted(set(texts))
    assert {len(text) for text in texts} == {16}


def test_what_version_1_did_not_write_is_not_needed() -> None:
    sent = _an_envelope()
    headers = {name: value for name, value in sent.headers().items() if name.partition(":")[2] not in ADDED}
    assert envelope.parse(headers, sent.event.to_json()).event == sent.event


ADDED = ("sequence", "partitionkey", "dataschema")


@pytest.mark.parametrize("subject", [None, "x", "7b0c9a4e-4c5f-4b8a-9d67-0b7f3f6f6a11"])
def test_a_subject_that_is_not_the_bodys_export_is_unreadable(subject: str | None) -> None:
    sent = _an_envelope()
    headers = {name: value for name, value in sent.headers().items() if name != "cloudEvents:subject"}
    with pytest.raises(UnreadableMessage, match="subject"):
        envelope.parse(headers | ({"cloudEvents:subject": subject} if subject else {}), sent.event.to_json())


def _changed(**values: object) -> bytes:
    return json.dumps(json.loads(an_export_requested().to_json()) | values).encode()


@pytest.mark.parametrize(
    "body",
    [
        _changed(examId="\ud800"),
        _changed(examId="a\0b"),
        _changed(examId=""),
        _changed(examId="e" * 501),
        _changed(classIds=["c"] * 1_001),
        _changed(classIds=["c"]).replace(b'"classIds"', b'"classIds": [], "classIds"'),
        _changed().replace(b'"options": {', b'"options": {"duplex": true, '),
        _changed(later="x" * envelope.LONGEST_BODY),
        b'{"a":' * 10_000,
    ],
    ids=["surrogate", "nul", "empty", "long", "many", "twice", "twice-inside", "huge", "deep"],
)
def test_a_poisoned_body_is_unreadable(body: bytes) -> None:
    asked = an_export_requested()
    headers = Envelope(uuid4(), "s", AS_OF, asked).headers()
    exported = json.loads(body)["exportId"] if body.endswith(b"}") else str(asked.export_id)
    with pytest.raises(UnreadableMessage):
        envelope.parse(headers | {"cloudEvents:subject": exported}, body)


def test_a_field_is_read_by_its_name_on_the_wire_only() -> None:
    asked = an_export_requested(class_ids=("c1",))
    body = json.dumps(json.loads(asked.to_json()) | {"class_ids": []}).encode()
    assert envelope.parse(Envelope(uuid4(), "s", AS_OF, asked).headers(), body).event == asked


def test_an_error_quotes_nothing_of_the_message() -> None:
    asked = an_export_requested()
    body = json.dumps(json.loads(asked.to_json()) | {"format": "Camille Durand", "requestedAt": "hier"}).encode()
    with pytest.raises(UnreadableMessage) as caught:
        envelope.parse(Envelope(uuid4(), "s", AS_OF, asked).headers(), body)
    assert "Camille" not in str(caught.value)
    assert "format: enum" in str(caught.value)


@pytest.mark.parametrize("name", ["attempt", "sequence", "processed", "total"])
def test_a_number_no_column_holds_is_unreadable(name: str) -> None:
    progress = an_export_progress()
    body = json.dumps(json.loads(progress.to_json()) | {name: 2**31}).encode()
    with pytest.raises(UnreadableMessage):
        envelope.parse(Envelope(uuid4(), "s", AS_OF, progress).headers(), body)


def test_of_too_many_warnings_the_first_are_read() -> None:
    done = an_export_completed()
    warnings = [{"code": "image_refused", "message": str(number)} for number in range(3_000)]
    body = json.dumps(json.loads(done.to_json()) | {"warnings": warnings}).encode()
    read = envelope.parse(Envelope(uuid4(), "s", AS_OF, done).headers(), body).event
    assert isinstance(read, ExportCompleted)
    assert [warning.message for warning in read.warnings] == [str(number) for number in range(1_000)]


def test_headers_that_the_broker_added_are_not_a_messages_own() -> None:
    added = {"x-death": [1], "x-first-death-queue": "q", "x-delivery-count": 3}
    assert envelope.own_headers({"x-attempt": 2, "cloudEvents:id": "i"} | added) == {
        "x-attempt": 2,
        "cloudEvents:id": "i",
    }


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("export.sealed.v1", "export.sealed.v1"),
        ("export.completed.v1 Dupont", "of no form of ours"),
        ("Zoé Dupont", "of no form of ours"),
        ("export.dupont.v1\n", "of no form of ours"),
    ],
)
def test_an_unknown_type_is_repeated_only_where_a_newer_version_may_have_written_it(kind: str, told: str) -> None:
    with pytest.raises(UnknownType) as caught:
        envelope.parse({f"{envelope.PREFIX}type": kind}, b"{}")
    assert str(caught.value) == f"unknown event type {told}"
