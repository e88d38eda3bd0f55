"""An answer whose rest was lost is no answer: the request is made again, and makes no second export."""

import pytest
from starlette.responses import PlainTextResponse, Response

from contracts.options import ReportOptions
from contracts.states import ExportStatus, Format
from services.gateway.cli.errors import UnexpectedAnswer, Unreachable
from services.gateway.cli.server import Server
from tests.component.gateway.cli.fake_gateway import EXAM, FakeGateway

CUT_OFF = ["", '{"jobs": [{"jobId": "', '{"status": "compl', "\xff"]


def cut_off(body: str, status: int = 200) -> Response:
    return Response(body.encode("latin-1"), status, media_type="application/json")


@pytest.mark.parametrize("body", CUT_OFF)
def test_a_status_that_is_cut_off_is_asked_for_again(server: Server, gateway: FakeGateway, body: str) -> None:
    gateway.refusals["status"] = [cut_off(body), cut_off(body)]
    assert server.status(EXAM, "e").status is ExportStatus.COMPLETED
    assert gateway.calls["status"] == 3


@pytest.mark.parametrize("body", CUT_OFF)
def test_a_list_that_is_cut_off_is_asked_for_again(server: Server, gateway: FakeGateway, body: str) -> None:
    gateway.refusals["jobs"] = [cut_off(body)]
    assert server.listed(EXAM) == []
    assert gateway.calls["jobs"] == 2


def test_a_start_that_is_cut_off_is_made_again_with_its_key(server: Server, gateway: FakeGateway) -> None:
    gateway.refusals["start"] = [cut_off('{"jobId', 202)]
    assert server.start(EXAM, Format.PDF, ReportOptions(), [], "the key")
    assert gateway.calls["start"] == 2
    assert [start["key"] for start in gateway.starts] == ["the key"]


def test_a_server_that_always_cuts_off_is_given_up(server: Server, gateway: FakeGateway) -> None:
    gateway.refusals["jobs"] = [cut_off("{") for _ in range(10_000)]
    with pytest.raises(Unreachable):
        server.listed(EXAM)


@pytest.mark.parametrize("body", ["null", "[]", "{}", '"a"', "5", '{"jobs": 5}', '{"jobs": [{}]}'])
def test_whole_answers_of_another_shape_are_told_at_once(server: Server, gateway: FakeGateway, body: str) -> None:
    gateway.refusals["status"] = [cut_off(body)]
    with pytest.raises(UnexpectedAnswer):
        server.status(EXAM, "e")
    gateway.refusals["jobs"] = [cut_off("{}" if body == "[]" else body)]
    with pytest.raises(UnexpectedAnswer):
        server.listed(EXAM)


def test_a_page_of_a_proxy_is_told_at_once(server: Server, gateway: FakeGateway) -> None:
    gateway.refusals["status"] = [PlainTextResponse("Portail captif")]
    with pytest.raises(UnexpectedAnswer):
        server.status(EXAM, "e")
    assert gateway.calls["status"] == 1
