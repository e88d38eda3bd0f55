from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from contracts import envelope
from contracts.envelope import Envelope, UnreadableMessage
from contracts.events import EVENT_TYPES
from tests.builders import AS_OF, an_export_completed, an_export_requested


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


@pytest.mark.parametrize(("header", "attempt"), [(None, 1), ("2", 2), (2, 2), ("0", 1), ("-3", 1), ("two", 1)])
def test_the_attempt_is_one_where_its_header_says_no_number(header: object, attempt: int) -> None:
    assert envelope.attempt_of({} if header is None else {envelope.ATTEMPT_HEADER: header}) == attempt
