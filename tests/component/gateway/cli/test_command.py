"""The command as it is typed: what it asks for, prints and exits with."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.responses import PlainTextResponse
from typer.testing import CliRunner, Result

from services.gateway.cli.command import app
from tests.component.gateway.cli.fake_gateway import (
    BODY,
    EXAM,
    TOKEN,
    FakeGateway,
    completed,
    failed,
    job_of,
    problem,
    running,
)


def typed(gateway: FakeGateway, *arguments: str, **environment: str) -> Result:
    values = {"CORRECTA_URL": gateway.url, "CORRECTA_TOKEN": TOKEN, "LC_ALL": "fr_FR.UTF-8"} | environment
    return CliRunner().invoke(app, list(arguments), env=values)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out.pdf"


def test_an_export_from_the_asking_to_the_file(gateway: FakeGateway, output: Path) -> None:
    result = typed(gateway, "pdf", EXAM, "-o", str(output))
    assert result.exit_code == 0, result.output
    assert output.read_bytes() == BODY
    assert result.stdout == f"{output} : {len(BODY)} octets, 34 copies, sha256 vérifié, 102 pages\n"
    assert result.stderr == "attention, copie s : Formule non dessinée\n"
    (start,) = gateway.starts
    assert (start["exam"], start["format"], start["language"]) == (EXAM, "pdf", "fr")
    assert start["key"]


def test_one_copy_and_one_page_are_told_in_the_singular(gateway: FakeGateway, output: Path) -> None:
    one = completed()
    one["result"] |= {"attemptCount": 1, "pages": 1}
    gateway.script = [[one]]
    assert " octets, 1 copie, sha256 vérifié, 1 page\n" in typed(gateway, "pdf", EXAM, "-o", str(output)).stdout


def test_the_options_are_those_of_the_report(gateway: FakeGateway, output: Path) -> None:
    arguments = "--audience jury --no-statements --no-statistics --no-comments --duplex --order score --language en"
    typed(gateway, "zip", EXAM, *arguments.split(), "--class", "a", "--class", "b", "-o", str(output))
    assert gateway.starts[0]["format"] == "zip"
    assert gateway.starts[0]["body"] == {
        "options": {
            "audience": "jury",
            "statements": False,
            "statistics": False,
            "comments": False,
            "duplex": True,
            "compact": False,
            "order": "score",
            "language": "en",
        },
        "classIds": ["a", "b"],
    }


def test_nothing_chosen_asks_for_every_class(gateway: FakeGateway, output: Path) -> None:
    typed(gateway, "csv", EXAM, "-o", str(output))
    assert "classIds" not in gateway.starts[0]["body"]


def test_json_is_one_object_and_nothing_else(gateway: FakeGateway, output: Path) -> None:
    result = typed(gateway, "pdf", EXAM, "-o", str(output), "--json", "--idempotency-key", "k")
    said = json.loads(result.stdout)
    assert (said["jobId"], said["status"], said["file"]) == (str(job_of("k")), "completed", str(output))
    assert (said["size"], said["attemptCount"], said["pages"]) == (len(BODY), 34, 102)
    assert said["warnings"][0]["message"] == "Formule non dessinée"
    assert result.stderr == ""


def test_a_failed_export_says_why(gateway: FakeGateway, output: Path) -> None:
    gateway.script = [[failed()]]
    result = typed(gateway, "pdf", EXAM, "-o", str(output))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Aucune copie à exporter. [no_copies]\n"
    assert not output.exists()
    said = json.loads(typed(gateway, "pdf", EXAM, "-o", str(output), "--json").stdout)
    assert (said["status"], said["errorCode"], said["error"]) == ("failed", "no_copies", "Aucune copie à exporter.")


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_an_end_without_a_file(gateway: FakeGateway, output: Path, status: str) -> None:
    gateway.script = [[running(10, status=status)]]
    result = typed(gateway, "pdf", EXAM, "-o", str(output), LC_ALL="C.UTF-8")
    assert (result.exit_code, result.stderr) == (1, f"The export ended without a file ({status}). [{status}]\n")


@pytest.mark.parametrize(
    ("status", "exit_code"), [(400, 2), (401, 2), (403, 2), (404, 2), (413, 2), (422, 2), (429, 1), (500, 1)]
)
def test_what_the_server_refuses(gateway: FakeGateway, output: Path, status: int, exit_code: int) -> None:
    gateway.refusals["start"] = [problem(status, "some_code", "Voici pourquoi.")]
    result = typed(gateway, "pdf", EXAM, "-o", str(output))
    assert (result.exit_code, result.stderr) == (exit_code, "Voici pourquoi. [some_code]\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["docx", EXAM],
        ["pdf"],
        ["pdf", EXAM, "--order", "height"],
        ["pdf", EXAM, "--url", "ftp://x"],
        ["pdf", EXAM, "--url", "localhost"],
        ["pdf", EXAM, "-o", "/nowhere/at/all.pdf"],
        ["pdf", EXAM, "--unknown"],
    ],
)
def test_what_is_typed_wrongly(gateway: FakeGateway, arguments: list[str]) -> None:
    assert typed(gateway, *arguments).exit_code == 2
    assert gateway.calls == {}


def test_a_page_that_is_not_the_interface(gateway: FakeGateway, output: Path) -> None:
    gateway.refusals["start"] = [PlainTextResponse("<html>", 404), PlainTextResponse("fine", 200)]
    for _ in range(2):
        result = typed(gateway, "pdf", EXAM, "-o", str(output))
        assert result.exit_code == 1
        assert "--url" in result.stderr


def test_a_wrong_token_is_not_shown(gateway: FakeGateway, output: Path) -> None:
    result = typed(gateway, "pdf", EXAM, "-o", str(output), CORRECTA_TOKEN="not-this-one")
    assert (result.exit_code, result.stderr) == (2, "Reconnectez-vous. [not_signed_in]\n")


def test_the_asking_is_repeated_under_one_key_while_the_server_is_away(gateway: FakeGateway, output: Path) -> None:
    gateway.refusals["start"] = [problem(503, "unavailable", "Réessayez.")]
    assert typed(gateway, "pdf", EXAM, "-o", str(output)).exit_code == 0
    assert gateway.calls["start"] == 2
    assert len(gateway.starts) == 1


def test_resume_takes_up_an_export_without_starting_one(gateway: FakeGateway, output: Path) -> None:
    assert typed(gateway, "pdf", EXAM, "--resume", "e", "-o", str(output)).exit_code == 0
    assert gateway.starts == []
    assert output.read_bytes() == BODY


def test_text_from_the_server_is_only_text(gateway: FakeGateway, output: Path) -> None:
    gateway.refusals["start"] = [problem(422, "c", "[bold]a[/bold] \x1b[31mb\nc [/]")]
    assert typed(gateway, "pdf", EXAM, "-o", str(output)).stderr == "[bold]a[/bold]  [31mb c [/] [c]\n"


def a_job(job_id: str, state: dict[str, Any]) -> dict[str, Any]:
    moment = "2026-01-20T10:00:00.000Z"
    return {"jobId": job_id, "examId": EXAM, "format": "pdf", "position": 1, "requestedAt": moment, **state}


def test_watch_lists_all_until_none_runs(gateway: FakeGateway) -> None:
    first, second = str(uuid4()), str(uuid4())
    one, other = a_job(first, completed()), a_job(second, running(40))
    gateway.jobs = [[one, other], [one, a_job(second, failed())]]
    result = typed(gateway, EXAM, "--watch", "--json")
    assert [(job["jobId"], job["status"]) for job in json.loads(result.stdout)] == [
        (first, "completed"),
        (second, "failed"),
    ]
    assert gateway.calls == {"jobs": 2}
    table = typed(gateway, "pdf", EXAM, "--watch", COLUMNS="160").stdout
    assert "terminé" in table
    assert "Aucune copie à exporter." in table


def test_a_narrow_terminal_shows_whole_ids(gateway: FakeGateway) -> None:
    job_id = str(uuid4())
    gateway.jobs = [[a_job(job_id, completed())]]
    for columns in (80, 110, 200):
        table = typed(gateway, EXAM, "--watch", COLUMNS=str(columns)).stdout
        assert job_id in table
        assert max(map(len, table.splitlines())) <= columns


def test_watching_nothing(gateway: FakeGateway) -> None:
    assert typed(gateway, EXAM, "--watch").stdout == "Aucun export.\n"


def test_ctrl_c_leaves_the_export_running_and_says_how_to_come_back(gateway: FakeGateway, output: Path) -> None:
    gateway.script = [[]]
    command = [sys.executable, "-m", "services.gateway.cli", "pdf", EXAM, "-o", str(output)]
    environment = os.environ | {"CORRECTA_URL": gateway.url, "CORRECTA_TOKEN": TOKEN, "LC_ALL": "C.UTF-8"}
    # What runs in the background may have been told to ignore it.
    default_handler = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        [*command, "--idempotency-key", "k"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=default_handler,
    ) as process:
        try:
            assert gateway.streaming.wait(20)
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, stdout) == (130, "")
    assert f"correcta-export pdf '{EXAM}' --url {gateway.url} --resume {job_of('k')} -o {output}" in stderr
    assert TOKEN not in stderr
    assert "Traceback" not in stderr
