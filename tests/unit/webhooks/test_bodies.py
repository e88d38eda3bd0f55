"""What is delivered: an event in CloudEvents' JSON format, never too long."""

import json
from uuid import uuid4

from contracts.envelope import Envelope, source_of
from contracts.events import ExportCompleted, Warning
from contracts.states import WarningCode
from services.webhooks.consumer import LONGEST_BODY, body_of
from tests.builders import AS_OF, an_export_completed


def an_envelope(event: ExportCompleted) -> Envelope:
    return Envelope(uuid4(), source_of("gateway"), AS_OF, event)


def test_a_body_is_the_event_with_its_attributes() -> None:
    event = an_export_completed()
    envelope = an_envelope(event)
    told = json.loads(body_of(envelope, event.to_json()))
    assert told["data"] == json.loads(event.to_json())
    assert (told["id"], told["type"], told["specversion"]) == (str(envelope.id), event.type, "1.0")
    assert told["subject"] == told["partitionkey"] == str(event.export_id)


def test_an_event_that_is_too_long_loses_its_warnings_then_its_classes() -> None:
    warnings = [Warning(code=WarningCode.FORMULA_NOT_DRAWN, message="é" * 900) for _ in range(20)]
    classes = tuple(f"class-{'x' * 40}-{n}" for n in range(1_000))
    long = an_export_completed(warnings=warnings, warning_count=20)
    longer = an_export_completed(warnings=warnings, warning_count=20, class_ids=classes)
    for event, kept in ((long, {"classIds"}), (longer, set())):
        body = body_of(an_envelope(event), event.to_json())
        told = json.loads(body)["data"]
        assert len(body.encode()) <= LONGEST_BODY
        assert told.keys() & {"warnings", "classIds"} == kept
        assert told["warningCount"] == 20
