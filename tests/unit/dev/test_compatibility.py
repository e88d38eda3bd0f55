"""Changes of an interface that break who uses it are found, and additions are none."""

import copy
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from dev.contracts import compatibility
from dev.contracts.compatibility import CONTRACTS, breaks_of_events, breaks_of_http

EVENTS: Any = json.loads((CONTRACTS / "asyncapi.json").read_text(encoding="utf-8"))
HTTP: Any = json.loads((CONTRACTS / "openapi.json").read_text(encoding="utf-8"))
START = "/api/exams/{examId}/export/pdf"
STATUS = "/api/exams/{examId}/export/status"

Edit = Callable[[Any], object]


def found(breaks: Callable[[Any, Any], Iterable[str]], document: Any, edit: Edit) -> list[str]:
    changed = copy.deepcopy(document)
    edit(changed)
    return list(breaks(document, changed))


def schema(document: Any, name: str) -> Any:
    return document["components"]["schemas"][name]


def test_nothing_breaks_who_uses_the_released_interface() -> None:
    assert compatibility.found_breaks() == []


EVENT_BREAKS: dict[str, Edit] = {
    "export.completed.v1: the channel is gone": lambda new: new["channels"].pop("export.completed.v1"),
    "export.failed.v1: the message is gone": lambda new: new["components"]["messages"].pop("export.failed.v1"),
    "export.completed.v1.attempt: is gone": lambda new: schema(new, "ExportCompleted")["properties"].pop("attempt"),
    "export.completed.v1.attempt: may be missing now": lambda new: schema(new, "ExportCompleted")["required"].remove(
        "attempt"
    ),
    "export.completed.v1.file.sha256: may be null now": lambda new: schema(new, "StoredFile")["properties"].update(
        sha256={"anyOf": [{"type": "string"}, {"type": "null"}]}
    ),
    "export.completed.v1.file.size: may be string now": lambda new: schema(new, "StoredFile")["properties"].update(
        size={"type": "string"}
    ),
}


@pytest.mark.parametrize("said", EVENT_BREAKS)
def test_what_breaks_a_subscriber_is_said(said: str) -> None:
    assert said in found(breaks_of_events, EVENTS, EVENT_BREAKS[said])


HTTP_BREAKS: dict[str, Edit] = {
    f"POST {START}: is gone": lambda new: new["paths"].pop(START),
    f"GET {STATUS}: reason is needed now": lambda new: new["paths"][STATUS]["get"]["parameters"].append(
        {"name": "reason", "in": "query", "required": True, "schema": {"type": "string"}}
    ),
    f"GET {STATUS}: jobId is gone": lambda new: new["paths"][STATUS]["get"]["parameters"].pop(1),
    f"GET {STATUS}: is not answered 200 application/json any more": lambda new: new["paths"][STATUS]["get"][
        "responses"
    ].pop("200"),
    f"GET {STATUS} 200.progress: is gone": lambda new: schema(new, "Status")["properties"].pop("progress"),
    f"POST {START} body.classIds: is needed now": lambda new: schema(new, "ExportRequest").update(
        required=["classIds"]
    ),
    f"POST {START} body.options.order: class is not taken any more": lambda new: schema(new, "Order")["enum"].remove(
        "class"
    ),
    f"POST {START} body.options.duplex: may not be boolean now": lambda new: schema(new, "ReportOptions")[
        "properties"
    ].update(duplex={"type": "string"}),
}


@pytest.mark.parametrize("said", HTTP_BREAKS)
def test_what_breaks_a_client_is_said(said: str) -> None:
    assert said in found(breaks_of_http, HTTP, HTTP_BREAKS[said])


def test_additions_break_nobody() -> None:
    def more_events(new: Any) -> None:
        new["channels"]["export.sealed.v1"] = new["channels"]["export.completed.v1"]
        schema(new, "ExportCompleted")["properties"]["sealedAt"] = {"type": "string"}
        schema(new, "ExportCompleted")["required"].append("sealedAt")
        schema(new, "Format")["enum"].append("ods")

    def more_addresses(new: Any) -> None:
        new["paths"]["/api/seals"] = new["paths"][STATUS]
        new["paths"][STATUS]["get"]["parameters"].append(
            {"name": "wait", "in": "query", "required": False, "schema": {"type": "integer"}}
        )
        schema(new, "ReportOptions")["properties"]["sealed"] = {"type": "boolean", "default": False}
        schema(new, "Status")["properties"]["sealed"] = {"type": "boolean"}

    assert found(breaks_of_events, EVENTS, more_events) == []
    assert found(breaks_of_http, HTTP, more_addresses) == []
