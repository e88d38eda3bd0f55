"""The readable pages say what the documents say: every operation, channel, member and answer."""

import json
from pathlib import Path
from typing import Any

import pytest

import contracts
from services.gateway.reference import Entry, Type, events_reference, http_reference, types

FOLDER = Path(contracts.__file__).parent
HTTP: dict[str, Any] = json.loads((FOLDER / "openapi.json").read_text("utf-8"))
EVENTS: dict[str, Any] = json.loads((FOLDER / "asyncapi.json").read_text("utf-8"))


def named(entries: Any, title: str) -> Entry:
    (found,) = [entry for entry in entries if entry.title == title]
    assert isinstance(found, Entry)
    return found


def test_every_operation_channel_and_schema_has_an_entry_of_its_own() -> None:
    http, events = http_reference(HTTP), events_reference(EVENTS)
    operations = {f"{method.upper()} {path}" for path, item in HTTP["paths"].items() for method in item}
    assert {entry.title for entry in http.entries} == operations
    assert [entry.title for entry in events.entries] == list(EVENTS["channels"])
    for page, document in ((http, HTTP), (events, EVENTS)):
        anchors = [entry.anchor for entry in (*page.entries, *page.schemas)]
        assert len(set(anchors)) == len(anchors)
        linked = {
            part.schema
            for entry in (*page.entries, *page.schemas)
            for _, rows in entry.tables
            for row in rows
            for part in row.types
            if part.schema
        }
        assert linked <= document["components"]["schemas"].keys()
        assert linked <= set(anchors)


def test_an_operation_tells_access_parameters_body_and_answers() -> None:
    entry = named(http_reference(HTTP).entries, "POST /api/exams/{examId}/export/pdf")
    tables = dict(entry.tables)
    assert list(tables) == ["Access", "Parameters", "Body", "Answers"]
    assert [(row.name, row.note) for row in tables["Access"]][-1] == ("service", "exports:start")
    assert [(row.name, row.note) for row in tables["Parameters"]] == [
        ("examId", "path, needed"),
        ("Idempotency-Key", "header"),
    ]
    assert tables["Answers"][0].types == [Type("Accepted", "Accepted")]


def test_a_stream_tells_its_events() -> None:
    entry = named(events_reference(EVENTS).entries, "sse.exports")
    ((heading, rows),) = entry.tables
    assert heading == "At /api/exports/events"
    assert [row.name for row in rows] == [
        *("progress", "completed", "failed", "cancelled", "expired"),
        *("forecast", "alive", "reset"),
    ]


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "uuid"}, "uuid"),
        ({"const": "pdf"}, "“pdf”"),
        ({"enum": ["a", "b"], "type": "string"}, "“a” or “b”"),
        ({"anyOf": [{"$ref": "#/components/schemas/File"}, {"type": "null"}]}, "File or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/File"}}, "list of File"),
        ({"type": "array"}, "list of any value"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object of integer"),
        ({"type": "object", "additionalProperties": False}, "object"),
        ({}, "any value"),
    ],
)
def test_a_type_is_written_in_words(schema: dict[str, Any], written: str) -> None:
    assert "".join(part.text for part in types(schema)) == written
