"""An export is followed to its end whatever the network does."""

import pytest
from starlette.responses import PlainTextResponse

from contracts.states import ExportStatus
from services.gateway.cli.errors import Refused, Unreachable
from services.gateway.cli.following import MAX_EMPTY_STREAMS, follow
from services.gateway.cli.server import PollIntervals, Server
from services.gateway.cli.words import FRENCH
from tests.component.gateway.cli.fake_gateway import EXAM, TOKEN, Cut, FakeGateway, completed, failed, problem, running


def shown(server: Server) -> list[tuple[ExportStatus, int]]:
    return [(state.status, state.progress) for state in follow(server, EXAM, "e")]


def test_a_stream_is_read_to_the_end_of_the_export(server: Server, gateway: FakeGateway) -> None:
    assert shown(server) == [
        (ExportStatus.ACTIVE, 10),
        (ExportStatus.ACTIVE, 60),
        (ExportStatus.COMPLETED, 100),
    ]
    assert gateway.calls == {"events": 1}


def test_a_stream_that_is_cut_goes_on_where_it_was(server: Server, gateway: FakeGateway) -> None:
    gateway.script = [[running(10), Cut()], [running(30)], [running(60), completed()]]
    assert [progress for _, progress in shown(server)] == [10, 30, 60, 100]
    assert gateway.last_event_ids == [None, "10001", "30001"]
    assert gateway.calls == {"events": 3}


def test_what_is_told_of_the_time_left_is_shown_and_is_no_place_to_go_on_from(
    server: Server, gateway: FakeGateway
) -> None:
    job = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
    other = {"jobId": "00000000-0000-4000-8000-000000000000", "queuePosition": 9}
    told = {"jobs": [other, {"jobId": job, "queuePosition": 2, "etaSeconds": 40}]}
    waiting = running(0, status="queued", phase="queued")
    gateway.script = [[told, waiting, told, Cut()], [running(30, etaSeconds=7), completed()]]
    states = list(follow(server, EXAM, job))
    assert [(state.progress, state.queue_position, state.eta_seconds) for state in states] == [
        (0, None, None),
        (0, 2, 40),
        (30, None, 7),
        (100, None, None),
    ]
    assert gateway.last_event_ids == [None, "2"]


def test_a_failure_is_an_end(server: Server, gateway: FakeGateway) -> None:
    gateway.script = [[running(10), failed()]]
    assert shown(server)[-1] == (ExportStatus.FAILED, 40)


def test_polling_takes_over_where_streams_bring_nothing(server: Server, gateway: FakeGateway) -> None:
    gateway.script = [[Cut()]]
    assert shown(server) == [(ExportStatus.COMPLETED, 100)]
    assert gateway.calls == {"events": MAX_EMPTY_STREAMS, "status": 1}


def test_polling_takes_over_at_once_where_something_else_answers(server: Server, gateway: FakeGateway) -> None:
    gateway.refusals["events"] = [PlainTextResponse("a proxy's page")]
    assert shown(server) == [(ExportStatus.COMPLETED, 100)]
    assert gateway.calls == {"events": 1, "status": 1}


def test_a_server_that_restarts_is_waited_for(server: Server, gateway: FakeGateway) -> None:
    gateway.refusals["events"] = [problem(503, "unavailable", "Réessayez.", Retry_After="0")] * 2
    assert shown(server)[-1] == (ExportStatus.COMPLETED, 100)
    assert gateway.calls["status"] == 0


def test_polling_takes_over_where_too_many_streams_are_open(server: Server, gateway: FakeGateway) -> None:
    gateway.refusals["events"] = [problem(429, "too_many_streams", "Trop de pages ouvertes.")]
    assert shown(server) == [(ExportStatus.COMPLETED, 100)]


@pytest.mark.parametrize(("status", "code"), [(401, "not_signed_in"), (404, "export_not_found")])
def test_a_no_ends_it_with_the_servers_sentence(server: Server, gateway: FakeGateway, status: int, code: str) -> None:
    gateway.refusals["events"] = [problem(status, code, "Voici pourquoi.")]
    with pytest.raises(Refused, match="Voici pourquoi") as caught:
        shown(server)
    assert (caught.value.code, caught.value.exit_code) == (code, 2)


def test_without_any_server_patience_ends() -> None:
    with (
        Server("http://127.0.0.1:1", TOKEN, FRENCH, PollIntervals(budget=0.1, first=0.01, poll=0.01)) as nobody,
        pytest.raises(Unreachable),
    ):
        shown(nobody)
