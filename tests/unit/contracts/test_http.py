"""The bodies of the HTTP interface: what is left out, what is kept, what a client may count on in an error."""

import json

import pytest

from contracts.http import ExportRequest, Problem, Refusal, Status
from contracts.options import ReportOptions
from contracts.states import ExportStatus, Phase


def a_status(**overrides: object) -> Status:
    values = {"status": ExportStatus.ACTIVE, "progress": 5, "phase": Phase.LOADING, "processed": 0, "total": 9}
    return Status.model_validate(values | {"attempt": 1} | overrides)


def test_a_member_that_is_not_there_is_left_out() -> None:
    assert json.loads(a_status().to_json()).keys() == {"status", "progress", "phase", "processed", "total", "attempt"}
    failed = json.loads(a_status(status="failed", error="Non.", error_code="internal").to_json())
    assert (failed["error"], failed["errorCode"]) == ("Non.", "internal")


@pytest.mark.parametrize("status", ExportStatus)
def test_only_queued_and_active_exports_go_on(status: ExportStatus) -> None:
    assert a_status(status=status).ended is (status not in {ExportStatus.QUEUED, ExportStatus.ACTIVE})


def test_members_that_an_older_client_does_not_know_are_ignored() -> None:
    newer = json.loads(a_status().to_json()) | {"eta": 3}
    assert Status.model_validate(newer) == a_status()


def test_a_start_request_says_only_what_was_asked() -> None:
    assert ExportRequest().to_json() == b"{}"
    asked = json.loads(ExportRequest(class_ids=["a"], options=ReportOptions(duplex=True)).to_json())
    assert asked["classIds"] == ["a"]
    assert asked["options"]["duplex"] is True


def test_a_problem_may_have_members_of_its_own() -> None:
    problem = Problem(title="Conflict", status=409, code="c", detail="d", error="d", jobId="j")
    assert json.loads(problem.to_json())["jobId"] == "j"


@pytest.mark.parametrize(
    ("body", "sentence", "code"),
    [
        ({"title": "T", "detail": "D", "error": "E", "code": "c"}, "D", "c"),
        ({"error": "E"}, "E", ""),
        ({"title": "T", "code": "c"}, "T", "c"),
        ({}, "", ""),
    ],
)
def test_a_clients_sentence_of_an_error(body: dict[str, str], sentence: str, code: str) -> None:
    refusal = Refusal.model_validate(body)
    assert (refusal.sentence, refusal.code) == (sentence, code)
