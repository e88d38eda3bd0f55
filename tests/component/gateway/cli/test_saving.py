"""Only a whole, verified file gets the name it was asked under."""

from pathlib import Path

import pytest

from contracts.http import Result
from services.gateway.cli.errors import BadOutput, Damaged, Refused, UnexpectedAnswer, Unreachable
from services.gateway.cli.saving import check_output, save, target
from services.gateway.cli.server import Server
from tests.component.gateway.cli.fake_gateway import BODY, FakeGateway, completed, problem


def a_result(**overrides: object) -> Result:
    return Result.model_validate(completed()["result"] | overrides)


def test_a_file_arrives_whole(server: Server, tmp_path: Path) -> None:
    done: list[int] = []
    save(server, a_result(), tmp_path / "f.pdf", done.append)
    assert (tmp_path / "f.pdf").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["f.pdf"]
    assert done == sorted(done)
    assert done[-1] == len(BODY)


def test_a_download_that_is_cut_goes_on_where_it_was(server: Server, gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.cut_downloads_at = [300_000, 600_000]
    save(server, a_result(), tmp_path / "f.pdf")
    assert (tmp_path / "f.pdf").read_bytes() == BODY
    assert gateway.ranges == [None, "bytes=300000-", "bytes=600000-"]


def test_a_file_that_is_not_what_was_made_is_not_saved(server: Server, gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.body = BODY[:-1] + b"!"
    (tmp_path / "f.pdf").write_bytes(b"the old one")
    with pytest.raises(Damaged):
        save(server, a_result(), tmp_path / "f.pdf")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"the old one"]


def test_more_than_was_promised_is_not_taken(server: Server, gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.body = BODY * 20
    with pytest.raises(Damaged):
        save(server, a_result(), tmp_path / "f.pdf")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file(server: Server, gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.body = b""
    save(server, Result.model_validate(completed(b"")["result"]), tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_bytes() == b""


def test_a_file_that_expired_meanwhile(server: Server, gateway: FakeGateway, tmp_path: Path) -> None:
    gateway.refusals["download"] = [problem(410, "export_expired", "Le fichier a expiré.")]
    with pytest.raises(Refused, match="expiré") as caught:
        save(server, a_result(), tmp_path / "f.pdf")
    assert caught.value.exit_code == 1


def test_a_server_that_restarts_is_waited_for_and_not_for_ever(
    server: Server, gateway: FakeGateway, tmp_path: Path
) -> None:
    gateway.refusals["download"] = [problem(503, "unavailable", "Réessayez.")] * 2
    save(server, a_result(), tmp_path / "f.pdf")
    gateway.refusals["download"] = [problem(503, "unavailable", "Réessayez.")] * 1000
    with pytest.raises(Unreachable):
        save(server, a_result(), tmp_path / "g.pdf")


@pytest.mark.parametrize("url", ["http://elsewhere.example/f.pdf", "//elsewhere.example/f.pdf", "https://127.0.0.1/f"])
def test_the_token_goes_to_no_other_server(server: Server, gateway: FakeGateway, tmp_path: Path, url: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        save(server, a_result(downloadUrl=url), tmp_path / "f.pdf")
    assert gateway.calls == {}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("Relevé – 2nde B.pdf", "Relevé – 2nde B.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\nb\x1b[31m.pdf", "ab[31m.pdf"),
    ],
)
def test_the_servers_name_stays_in_the_folder(tmp_path: Path, named: str, expected: str) -> None:
    assert target(tmp_path, a_result(filename=named)) == tmp_path / expected


@pytest.mark.parametrize("named", ["", "..", ".", "a/", " "])
def test_a_name_that_is_none_is_replaced(tmp_path: Path, named: str) -> None:
    result = a_result(filename=named)
    assert target(tmp_path, result) == tmp_path / f"export-{result.sha256[:12]}"


def test_a_name_that_was_asked_for_is_taken(tmp_path: Path) -> None:
    assert target(tmp_path / "mine.pdf", a_result()) == tmp_path / "mine.pdf"
    assert target(None, a_result()) == Path("Relevé – 2nde B.pdf")


def test_a_folder_that_is_not_there_is_told_before_any_work(server: Server, tmp_path: Path) -> None:
    check_output(tmp_path / "f.pdf", server)
    check_output(tmp_path, server)
    with pytest.raises(BadOutput) as caught:
        check_output(tmp_path / "missing" / "f.pdf", server)
    assert caught.value.exit_code == 2
