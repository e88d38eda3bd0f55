"""A reader takes the words that a newer writer has added; a request with one is refused."""

import json
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from contracts import envelope
from contracts.envelope import Envelope, UnknownType, UnreadableMessage
from contracts.events import AnyEvent, ExportCompleted, ExportFailed, ExportProgress, ExportRequested
from contracts.http import Status
from contracts.states import FailureCode, Phase, UnknownWord, WarningCode, word_in
from dev.contracts import schemas
from tests.builders import AS_OF, an_export_completed, an_export_failed, an_export_progress, an_export_requested

NEWER = "sealed_by_nobody"


def body(event: AnyEvent, **changed: Any) -> bytes:
    return json.dumps(json.loads(event.to_json()) | changed).encode()


def test_an_unknown_phase_is_kept_as_it_came() -> None:
    event = ExportProgress.model_validate_json(body(an_export_progress(), phase=NEWER))
    assert event.phase == NEWER
    assert isinstance(event.phase, UnknownWord)
    assert json.loads(event.to_json())["phase"] == NEWER


def test_an_unknown_failure_is_kept_as_it_came() -> None:
    event = ExportFailed.model_validate_json(body(an_export_failed(), code=NEWER))
    assert event.code == NEWER
    assert isinstance(event.code, UnknownWord)


def test_an_unknown_warning_does_not_spoil_a_completion() -> None:
    warnings = [{"code": code, "submissionId": None, "message": "."} for code in (NEWER, "image_refused")]
    event = ExportCompleted.model_validate_json(body(an_export_completed(), warnings=warnings))
    assert [type(each.code) for each in event.warnings] == [UnknownWord, WarningCode]


def test_a_known_word_is_one_of_the_list() -> None:
    assert ExportProgress.model_validate_json(an_export_progress().to_json()).phase is an_export_progress().phase
    assert ExportFailed.model_validate_json(an_export_failed().to_json()).code is an_export_failed().code
    assert word_in(Phase, "saving") is Phase.SAVING
    assert type(word_in(FailureCode, NEWER)) is UnknownWord


@pytest.mark.parametrize("word", ["", "a b", "a\0", "é", "x" * 101, 5, None, ["saving"]])
def test_what_is_no_word_is_unreadable(word: object) -> None:
    with pytest.raises(ValidationError):
        ExportProgress.model_validate_json(body(an_export_progress(), phase=word))


def test_a_client_reads_a_newer_servers_phase() -> None:
    said = {"status": "active", "progress": 3, "phase": NEWER, "processed": 0, "total": 0, "attempt": 1}
    assert Status.model_validate_json(json.dumps(said)).phase == NEWER


def test_published_schemas_are_as_open() -> None:
    for event in (an_export_progress(), an_export_failed(), an_export_completed()):
        name = "phase" if isinstance(event, ExportProgress) else "code"
        value = json.loads(event.to_json())
        place = value["warnings"][0] if isinstance(event, ExportCompleted) and value["warnings"] else value
        place[name] = NEWER
        jsonschema_rs.validator_for(schemas.schema(event.type)).validate(value)


@pytest.mark.parametrize("changed", [{"format": "ods"}, {"options": {"audience": "parents"}}, {"options": {"new": 1}}])
def test_requests_stay_closed(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ExportRequested.model_validate_json(body(an_export_requested(), **changed))


def test_an_unknown_type_is_told_from_what_has_none() -> None:
    sent = Envelope(id=an_export_failed().export_id, source="x", time=AS_OF, event=an_export_failed())
    with pytest.raises(UnknownType):
        envelope.parse(sent.headers() | {"cloudEvents:type": "export.sealed.v1"}, b"{}")
    with pytest.raises(UnreadableMessage) as error:
        envelope.parse({}, b"{}")
    assert not isinstance(error.value, UnknownType)
